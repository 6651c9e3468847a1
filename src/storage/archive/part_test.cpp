// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/part.hpp"

#include "base/bytes.hpp"
#include "events/chain.hpp"
#include "storage/archive/compressed_lines.hpp"

#include <gtest/gtest.h>

#include <random>

namespace gatehouse::storage::archive {
namespace {

using events::Event;
using events::Link;
using events::Version;

Part part_of(Version first, Version last, std::size_t state_size = 100)
{
    Part part{.name = {"k7qxm.9f0c2ab1", first, last}, .game = "liap-tui"};
    auto before = events::chain_start(part.name.room);
    for (Version version = 1; version <= last; version++) {
        if (version == first)
            part.before = before;
        Event event{.version = version, .type = "played", .schema = 1,
            .at = {static_cast<std::int64_t>(1'790'000'000'000 + version)}, .cause = {1, version},
            .data = "d" + std::to_string(version)};
        before = event.link = events::chain_link(before, event);
        if (version >= first)
            part.events.push_back(std::move(event));
    }
    std::mt19937 random(5);
    std::string state;
    while (state.size() < state_size)
        state.push_back(static_cast<char>(random()));
    part.snapshot = {.version = last, .link = before, .state = std::move(state),
        .hash = std::string(32, 'h')};
    return part;
}

std::vector<std::string> lines_of(std::string_view frame)
{
    std::vector<std::string> lines;
    EXPECT_TRUE(each_line(frame, pack_lines_max, [&lines](std::string_view line) {
        lines.emplace_back(line);
        return Result<void>{};
    }));
    return lines;
}

std::string trouble_of(std::vector<std::string> const& lines)
{
    LineWriter writer;
    for (auto const& line : lines)
        writer.add(line + "\n");
    auto const read = read_part(writer.finish());
    return read ? "" : read.error().message + " " + read.error().detail;
}

TEST(Part, is_read_as_it_was_written)
{
    for (auto const& part : {part_of(1, 1), part_of(1, 70), part_of(71, 140), part_of(5, 9, 0),
             part_of(2, 3, (2 << 20) + 17)}) {
        auto const read = read_part(write_part(part).value());
        ASSERT_TRUE(read) << read.error().detail;
        EXPECT_EQ(*read, part);
    }
}

TEST(Part, has_these_lines)
{
    auto const lines = lines_of(write_part(part_of(2, 3, 3)).value());
    ASSERT_EQ(lines.size(), 6u);
    EXPECT_EQ(lines[0],
        R"({"part":1,"room":"k7qxm.9f0c2ab1","game":"liap-tui","first":2,"last":3,)"
        R"("before":")" + hex_of(part_of(2, 3).before) + R"("})");
    EXPECT_TRUE(lines[1].starts_with(R"({"version":2,"type":"played")"));
    EXPECT_EQ(lines[3], R"({"snapshot":3,"hash":")" + to_hex(std::string(32, 'h')) + R"("})");
    EXPECT_TRUE(lines[4].starts_with(R"({"state":")"));
    EXPECT_TRUE(lines[5].starts_with(R"({"sha256":")"));
}

TEST(Part, is_written_only_where_its_events_lead_to_its_snapshot)
{
    auto other_link = part_of(2, 9);
    other_link.snapshot.link[0] ^= std::byte{1};
    auto other_version = part_of(2, 9);
    other_version.snapshot.version = 8;
    auto gap = part_of(2, 9);
    gap.events.erase(gap.events.begin() + 3);
    auto changed = part_of(2, 9);
    changed.events[4].data = "other";
    auto other_before = part_of(2, 9);
    other_before.before = Link{};
    auto short_of = part_of(2, 9);
    short_of.events.pop_back();
    for (auto const& part : {other_link, other_version, gap, changed, other_before, short_of})
        EXPECT_EQ(write_part(part).error().code, ErrorCode::bad_request);
}

TEST(Part, whose_lines_were_changed_is_damaged)
{
    auto const lines = lines_of(write_part(part_of(2, 4, 9)).value());
    EXPECT_EQ(trouble_of(lines), "");
    for (std::size_t i = 0; i < lines.size(); i++) {
        auto without = lines;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_TRUE(trouble_of(without).contains("damaged")) << i;
        auto twice = lines;
        twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
        EXPECT_TRUE(trouble_of(twice).contains("damaged")) << i;
        for (std::size_t at = 0; at < lines[i].size(); at++) {
            auto changed = lines;
            changed[i][at] = changed[i][at] == '1' ? '2' : '1';
            auto const trouble = trouble_of(changed);
            EXPECT_TRUE(trouble.contains("damaged") || trouble.contains("newer"))
                << i << " " << at;
        }
    }
    auto newer = lines;
    newer[0].replace(newer[0].find(":1"), 2, ":2");
    EXPECT_TRUE(trouble_of(newer).contains("newer gatehouse"));
    auto const frame = write_part(part_of(1, 3)).value();
    for (std::size_t size = 0; size < frame.size(); size++)
        EXPECT_FALSE(read_part(frame.substr(0, size)));
}

TEST(PartName, says_the_same_both_ways)
{
    PartName const name{"k7qxm.9f0c2ab1", 1025, 2048};
    EXPECT_EQ(name.text(), "parts/k7qxm.9f0c2ab1/0000001025-0000002048.jsonl.zst");
    EXPECT_EQ(PartName::parse(name.text()), name);
    for (std::string const other : {"", "parts/", "parts//0000001025-0000002048.jsonl.zst",
             "parts/a/1-2.jsonl.zst", "parts/a/0000000001-000000000x.jsonl.zst",
             "parts/a/0000000001-0000000002.jsonl", "packs/a/0000000001-0000000002.jsonl.zst"})
        EXPECT_EQ(PartName::parse(other), std::nullopt) << other;
}

} // namespace
} // namespace gatehouse::storage::archive
