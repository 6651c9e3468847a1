// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/pack.hpp"

#include "base/bytes.hpp"
#include "events/chain.hpp"
#include "storage/archive/objects.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace gatehouse::storage::archive {
namespace {

using events::Event;
using events::Link;

std::string const room = "k7qxm.9f0c2ab1";

std::vector<Event> history(std::size_t count, std::size_t data_size = 40)
{
    std::mt19937 random(3);
    std::vector<Event> all;
    auto before = events::chain_start(room);
    for (std::size_t i = 1; i <= count; i++) {
        Event event{.version = i, .type = "played", .schema = 1,
            .at = {static_cast<std::int64_t>(1'790'000'000'000 + i)}, .cause = {1, i}, .data = {}};
        for (std::size_t j = 0; j < data_size; j++)
            event.data.push_back(static_cast<char>(random()));
        before = event.link = events::chain_link(before, event);
        all.push_back(std::move(event));
    }
    return all;
}

PackHeader header_of(std::vector<Event> const& all)
{
    return {.room = room, .game = "liap-tui", .rules = 3, .finished = all.back().at,
        .events = all.size()};
}

std::string pack_of(std::vector<Event> const& all)
{
    PackWriter writer(header_of(all));
    for (auto const& event : all)
        EXPECT_TRUE(writer.add(event));
    return writer.finish().value();
}

std::string lines_of(std::string_view frame)
{
    std::string lines;
    EXPECT_TRUE(each_line(frame, pack_lines_max, [&lines](std::string_view line) {
        lines.append(line).append("\n");
        return Result<void>{};
    }));
    return lines;
}

std::string frame_of(std::string_view lines)
{
    LineWriter writer;
    writer.add(lines);
    return writer.finish();
}

// What reading says: nothing where all is well.
std::string trouble_of(std::string_view bytes)
{
    auto const pack = read_pack(bytes, [](Event) { return Result<void>{}; });
    return pack ? "" : pack.error().message + " " + pack.error().detail;
}

std::string replaced(std::string text, std::string_view part, std::string_view by)
{
    EXPECT_TRUE(text.contains(part));
    return text.replace(text.find(part), part.size(), by);
}

TEST(Pack, gives_back_every_event_and_its_header)
{
    for (std::size_t const count : {1, 2, 1000}) {
        auto const all = history(count, 300);
        std::vector<Event> read;
        auto const pack = read_pack(pack_of(all), [&read](Event event) {
            read.push_back(std::move(event));
            return Result<void>{};
        });
        ASSERT_TRUE(pack) << pack.error().detail;
        EXPECT_EQ(pack->header, header_of(all));
        EXPECT_EQ(pack->link, all.back().link);
        EXPECT_EQ(read, all);
    }
}

TEST(Pack, begins_and_ends_the_same_for_ever)
{
    auto const lines = lines_of(pack_of(history(1, 3)));
    EXPECT_TRUE(lines.starts_with(R"({"format":1,"room":"k7qxm.9f0c2ab1","game":"liap-tui",)"
                                  R"("rules":3,"finished":1790000000001,"events":1})"
                                  "\n"))
        << lines;
    auto const seal = lines.substr(lines.rfind('\n', lines.size() - 2) + 1);
    auto const sealed = lines.substr(0, lines.size() - seal.size());
    EXPECT_TRUE(seal.starts_with("{\"sha256\":\"" + to_hex(sha256(sealed)) + "\",\"link\":\""));
}

TEST(Pack, has_a_name_by_game_and_day_that_objects_may_have)
{
    auto const name = pack_name(header_of(history(1)));
    EXPECT_EQ(name, "packs/liap-tui/2026/09/21/k7qxm.9f0c2ab1.jsonl.zst");
    EXPECT_TRUE(check_name(name));
}

TEST(Pack, takes_only_a_whole_history)
{
    auto const all = history(3);
    PackWriter skipping(header_of(all));
    EXPECT_TRUE(skipping.add(all[0]));
    EXPECT_FALSE(skipping.add(all[2]));

    PackWriter unfinished(header_of(all));
    EXPECT_TRUE(unfinished.add(all[0]));
    EXPECT_FALSE(unfinished.finish());

    auto forged = all[1];
    forged.data = "another";
    PackWriter unlinked(header_of(all));
    EXPECT_TRUE(unlinked.add(all[0]));
    EXPECT_FALSE(unlinked.add(forged));

    auto of_another = header_of(all);
    of_another.room = "other.00000000";
    EXPECT_FALSE(PackWriter(of_another).add(all[0]));
}

TEST(Pack, takes_events_without_links_until_links_begin)
{
    auto all = history(4);
    all[0].link = all[1].link = Link{};
    all[2].link = events::chain_link(Link{}, all[2]);
    all[3].link = events::chain_link(all[2].link, all[3]);
    EXPECT_EQ(trouble_of(pack_of(all)), "");
    PackWriter writer(header_of(all));
    all[3].link = Link{};
    for (auto const& event : {all[0], all[1], all[2]})
        EXPECT_TRUE(writer.add(event));
    EXPECT_FALSE(writer.add(all[3]));
}

TEST(Pack, finds_every_bit_that_flipped_and_every_place_it_was_cut)
{
    auto const good = pack_of(history(5));
    ASSERT_EQ(trouble_of(good), "");
    for (std::size_t at = 0; at < good.size(); at++) {
        EXPECT_NE(trouble_of(good.substr(0, at)), "") << "cut at " << at;
        for (int bit = 0; bit < 8; bit++) {
            auto bad = good;
            bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
            auto const pack = read_pack(bad, [](Event) { return Result<void>{}; });
            // A bit that zstd does not use changes no line.
            EXPECT_TRUE(!pack || lines_of(bad) == lines_of(good)) << "at " << at << " " << bit;
        }
    }
    EXPECT_NE(trouble_of(good + "x"), "");
    EXPECT_NE(trouble_of(good + good), "");
}

TEST(Pack, finds_every_change_of_a_line_even_under_a_good_checksum)
{
    auto const lines = lines_of(pack_of(history(3)));
    auto const broken = [&lines](std::string_view part, std::string_view by) {
        return trouble_of(frame_of(replaced(lines, part, by)));
    };
    std::string const damaged = "A pack of the archive is damaged. ";
    EXPECT_EQ(broken("\"version\":2", "\"version\":3"), damaged + "line 3: version 2 is missing");
    EXPECT_EQ(broken("\"at\":1790000000002", "\"at\":1790000000009"),
        damaged + "line 3: version 2 does not follow the one before");
    EXPECT_EQ(broken("\"rules\":3", "\"rules\":4"), damaged + "line 5: its seal is that of other "
                                                              "lines");
    EXPECT_EQ(broken("\"events\":3", "\"events\":4"),
        damaged + "line 5: /version: expected a value, and there is none");
    EXPECT_EQ(broken("\"sha256\":\"", "\"sha256\":\"0"),
        damaged + "line 5: its seal is that of other lines");
    EXPECT_EQ(trouble_of(frame_of(lines + "{}\n")), damaged + "something follows its seal");
    auto const unsealed = lines.substr(0, lines.rfind('\n', lines.size() - 2) + 1);
    EXPECT_EQ(trouble_of(frame_of(unsealed)), damaged + "its end is missing, after line 4");
    EXPECT_EQ(trouble_of(frame_of("")), damaged + "its end is missing, after line 0");
    EXPECT_TRUE(trouble_of(frame_of("nonsense\n")).starts_with(damaged + "line 1: "));
    EXPECT_TRUE(broken("\"room\":\"k", "\"room\":\"").ends_with(
        "line 2: version 1 does not follow the one before"));
}

TEST(Pack, says_that_a_newer_gatehouse_wrote_it)
{
    auto const lines = lines_of(pack_of(history(1)));
    auto const newer = replaced(lines, "{\"format\":1,", "{\"format\":2,\"colour\":\"blue\",");
    EXPECT_EQ(trouble_of(frame_of(newer)),
        "A newer gatehouse wrote this pack. it has format 2; this version reads up to 1");
}

TEST(CompressedLines, bound_what_a_bomb_unpacks_to)
{
    auto const zeros = frame_of(std::string(4 << 20, '\0'));
    EXPECT_LT(zeros.size(), 2000u);
    EXPECT_TRUE(trouble_of(zeros).ends_with("it has a line that is too long"));
    auto const lines = frame_of(std::string(1 << 20, '\n'));
    auto const ignore = [](std::string_view) { return Result<void>{}; };
    EXPECT_TRUE(each_line(lines, 1 << 20, ignore));
    EXPECT_FALSE(each_line(lines, (1 << 20) - 1, ignore));
    EXPECT_FALSE(each_line(frame_of("no end"), 100, ignore));
    EXPECT_FALSE(each_line("", 100, ignore));
}

TEST(CompressedLines, stop_where_the_visitor_fails)
{
    int seen = 0;
    auto const done = each_line(frame_of("a\nb\nc\n"), 100, [&seen](std::string_view line) {
        seen++;
        return line == "b" ? Result<void>(fail(ErrorCode::busy, "b")) : Result<void>{};
    });
    EXPECT_EQ(done.error().message, "b");
    EXPECT_EQ(seen, 2);
}

} // namespace
} // namespace gatehouse::storage::archive
