// SPDX-License-Identifier: Apache-2.0
#include "storage/backup/segment.hpp"

#include "base/ids.hpp"
#include "storage/archive/compressed_lines.hpp"

#include <gtest/gtest.h>

namespace gatehouse::storage::backup {
namespace {

using events::PositionedEvent;

PositionedEvent event_of(std::string stream, events::Version version, std::uint64_t position,
    std::int64_t at, bool finished = false)
{
    auto const slot = slot_of(stream);
    auto const deadline = finished ? std::nullopt : std::optional(WallTime{at + 5});
    PositionedEvent event{slot, position, std::move(stream), "liap-tui",
        {.finished = finished, .deadline = deadline},
        {.version = version,
            .type = "played",
            .schema = 2,
            .at = {at},
            .cause = {.actor = 3, .action = ~std::uint64_t{0}},
            .data = std::string("\0\xff\n{", 4)}};
    event.event.link.fill(std::byte{static_cast<unsigned char>(position)});
    return event;
}

SegmentHeader const header{.chain = "20261121T110500Z-1f2e3d4c",
    .number = 17,
    .before = std::string(64, 'a'),
    .from = 100,
    .next = 109};

std::vector<PositionedEvent> const some{event_of("a.1", 1, 1, 1000), event_of("a.1", 2, 2, 1000),
    event_of("a.1", 3, 3, 1010), event_of("b.1", 7, 40, 990), event_of("a.2", 1, 4, 1020, true)};

TEST(BackupSegment, what_is_read_is_what_was_written)
{
    auto const read = read_segment(write_segment(header, some)).value();
    auto expected = header;
    expected.events = some.size();
    expected.first_at = {990};
    expected.last_at = {1020};
    EXPECT_EQ(read.header, expected);
    ASSERT_EQ(read.stretches.size(), 4) << "one for each stream and instant";
    std::size_t at = 0;
    for (auto const& [slot, position, append] : read.stretches) {
        EXPECT_EQ(append.expected + 1, append.events.front().version);
        for (std::size_t i = 0; i < append.events.size(); i++, at++) {
            EXPECT_EQ(append.events[i], some[at].event);
            EXPECT_EQ(append.stream, some[at].stream);
            EXPECT_EQ(append.category, some[at].category);
            EXPECT_EQ(append.state, some[at].state);
            EXPECT_EQ(slot, some[at].slot);
            EXPECT_EQ(position + i, some[at].position);
        }
    }
    EXPECT_EQ(at, some.size());
    EXPECT_TRUE(read_segment(write_segment(header, {}))->stretches.empty());
}

TEST(BackupSegment, not_one_bit_can_change_nor_one_byte_be_missing)
{
    auto const whole = write_segment(header, some);
    for (std::size_t i = 0; i < whole.size(); i++) {
        for (int bit = 0; bit < 8; bit++) {
            auto damaged = whole;
            damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
            auto const read = read_segment(damaged);
            // A bit of zstd's header that means nothing may differ, but nothing that is read.
            if (read) {
                EXPECT_EQ(write_segment(read->header, some), whole) << i;
            }
        }
        EXPECT_FALSE(read_segment(whole.substr(0, i))) << i;
    }
    EXPECT_FALSE(read_segment(whole + "x"));
    EXPECT_FALSE(read_segment(whole + whole));
}

TEST(BackupSegment, lines_that_were_moved_removed_or_made_up_break_the_seal)
{
    std::vector<std::string> lines;
    ASSERT_TRUE(archive::each_line(write_segment(header, some), segment_lines_max,
        [&](std::string_view line) {
            lines.emplace_back(line);
            return Result<void>();
        }));
    auto const packed = [](std::vector<std::string> const& all) {
        archive::LineWriter writer;
        for (auto const& line : all)
            writer.add(line + "\n");
        return writer.finish();
    };
    ASSERT_TRUE(read_segment(packed(lines)));
    for (std::size_t i = 0; i < lines.size(); i++) {
        auto without = lines;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_FALSE(read_segment(packed(without))) << lines[i];
        auto twice = lines;
        twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
        EXPECT_FALSE(read_segment(packed(twice))) << lines[i];
        if (i + 1 == lines.size())
            continue;
        auto swapped = lines;
        std::swap(swapped[i], swapped[i + 1]);
        EXPECT_FALSE(read_segment(packed(swapped))) << lines[i];
    }
    auto newer = lines;
    newer[0].replace(newer[0].find("\"format\":1"), 10, "\"format\":2");
    EXPECT_EQ(read_segment(packed(newer)).error().code, ErrorCode::unsupported);
}

} // namespace
} // namespace gatehouse::storage::backup
