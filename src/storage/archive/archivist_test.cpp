// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/archivist.hpp"

#include "events/chain.hpp"
#include "storage/archive/folder.hpp"
#include "storage/archive/testing.hpp"
#include "storage/memory_log.hpp"
#include "storage/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace gatehouse::storage::archive {
namespace {

using namespace std::chrono_literals;
using events::Event;
using events::StreamAppend;

constexpr WallTime noon{1'790'337'600'000}; // 2026-09-25T12:00:00Z

struct ArchivistTest : ::testing::Test {
    testing::Folder temporary;
    std::unique_ptr<Folder> folder = Folder::open(temporary.path).value();
    testing::Failing objects{*folder};
    Archive archive{*folder};
    MemoryLog log;
    bool is_closed = false;

    Archivist archivist(Policy policy = {.after = 1h})
    {
        return {objects, {.others = policy, .games = {{"slow", {.after = 48h}}}},
            [this](std::function<void(Log&)> const& piece) -> Result<void> {
                if (is_closed)
                    return fail(ErrorCode::unavailable, "The store is closed.");
                piece(log);
                return {};
            },
            [](Event const& event) -> Result<std::uint64_t> {
                if (event.type != "opened")
                    return fail(ErrorCode::unsupported, "This room never opened.");
                return 3;
            }};
    }

    // A room whose last event happened at that instant.
    std::vector<Event> room(std::string const& name, WallTime last, bool is_finished = true,
        std::size_t count = 150, std::string const& game = "liap-tui")
    {
        StreamAppend append{.stream = name, .category = game, .events = {},
            .state = {.finished = is_finished, .deadline = {}}};
        auto before = events::chain_start(name);
        for (std::size_t i = 1; i <= count; i++) {
            Event event{.version = i, .type = i == 1 ? "opened" : "played", .schema = 1,
                .at = {last.ms - static_cast<std::int64_t>(count - i)}, .cause = {1, i},
                .data = name + std::to_string(i)};
            before = event.link = events::chain_link(before, event);
            append.events.push_back(std::move(event));
        }
        append.keys.push_back({.subject = "u:anna", .actor = 1, .key = std::string(32, 'k')});
        auto const events = append.events;
        EXPECT_TRUE(log.append({std::move(append)}).front());
        return events;
    }

    std::vector<std::string> in_store()
    {
        std::vector<std::string> names;
        auto const heads = log.streams("", 10'000);
        for (auto const& head : heads.value())
            names.push_back(head.stream);
        return names;
    }

    std::vector<std::string> in_archive(std::string_view prefix = "packs/")
    {
        std::vector<std::string> names;
        auto const listed = folder->list(prefix, "", 10'000);
        for (auto const& object : listed.value())
            names.push_back(object.name);
        return names;
    }

    std::vector<Event> events_of(PackName const& name)
    {
        std::vector<Event> events;
        auto const pack = archive.read(name, [&events](Event event) {
            events.push_back(std::move(event));
            return Result<void>{};
        });
        EXPECT_TRUE(pack) << pack.error().detail;
        return events;
    }
};

TEST_F(ArchivistTest, moves_rooms_that_are_finished_long_enough_and_no_others)
{
    auto const old = room("old.1", noon);
    room("young.1", noon + 59min);
    room("open.1", noon, false);
    room("slow.1", noon, true, 3, "slow");
    auto const round = archivist().round(noon + 1h);
    ASSERT_TRUE(round) << round.error().detail;
    EXPECT_EQ(round->rooms, 1u);
    EXPECT_EQ(round->events, 150u);
    EXPECT_EQ(in_store(), (std::vector<std::string>{"open.1", "slow.1", "young.1"}));
    EXPECT_EQ(in_archive(),
        std::vector<std::string>{"packs/liap-tui/2026/09/25/old.1.jsonl.zst"});
    EXPECT_EQ(events_of({"liap-tui", "2026-09-25", "old.1"}), old);
    EXPECT_EQ(archivist().round(noon + 1h)->rooms, 0u);
}

TEST_F(ArchivistTest, indexes_each_day_and_makes_the_index_again_from_the_packs)
{
    for (int i = 0; i < 3; i++)
        room("a" + std::to_string(i) + ".1", noon + i * 24h, true, 5);
    ASSERT_TRUE(archivist().round(noon + 100h));
    EXPECT_EQ(in_archive("index/").size(), 3u);
    auto const entries = archive.day("liap-tui", "2026-09-26").value();
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].room, "a1.1");
    EXPECT_EQ(entries[0].at, noon + 24h);
    EXPECT_EQ(entries[0].events, 5u);
    EXPECT_EQ(entries[0].sha256.size(), 64u);

    auto const name = in_archive("index/")[1];
    auto const index = folder->get(name).value();
    ASSERT_TRUE(folder->put(name, "nonsense\n" + index.substr(0, 20)));
    EXPECT_EQ(archive.day("liap-tui", "2026-09-26"), entries);
    EXPECT_EQ(archive.index_day("liap-tui", "2026-09-26", {}), entries);
    EXPECT_EQ(folder->get(name), index);
}

// Whatever call is the last before the power goes: each room is in the store, or whole in the
// archive, and the next round ends what was begun.
TEST_F(ArchivistTest, loses_nothing_wherever_it_is_broken_off)
{
    for (int calls = 0; calls < 40; calls++) {
        auto const name = "r" + std::to_string(calls);
        auto const first = room(name + ".1", noon, true, 70);
        auto const second = room(name + ".2", noon, true, 2);
        objects.calls = calls;
        (void)archivist().round(noon + 1h);
        objects.calls = 1'000'000;
        auto const stored = in_store();
        for (auto const& [room, events] : {std::pair(name + ".1", first), {name + ".2", second}}) {
            if (std::ranges::find(stored, room) != stored.end())
                EXPECT_EQ(log.read(room, 0, 1000), events);
            else
                EXPECT_EQ(events_of({"liap-tui", "2026-09-25", room}), events);
        }
        ASSERT_TRUE(archivist().round(noon + 1h));
        EXPECT_EQ(in_store(), std::vector<std::string>{});
        EXPECT_EQ(events_of({"liap-tui", "2026-09-25", name + ".1"}), first);
        EXPECT_EQ(archive.day("liap-tui", "2026-09-25")->size(), (calls + 1) * 2u);
    }
    EXPECT_EQ(in_archive(".").size(), 0u);
}

TEST_F(ArchivistTest, keeps_a_room_whose_pack_came_back_damaged)
{
    room("a.1", noon);
    objects.damages = true;
    auto const round = archivist().round(noon + 1h);
    ASSERT_TRUE(round);
    ASSERT_EQ(round->refused.size(), 1u);
    EXPECT_EQ(round->refused[0].room, "a.1");
    EXPECT_EQ(in_store(), std::vector<std::string>{"a.1"});
    objects.damages = false;
    EXPECT_EQ(archivist().round(noon + 1h)->rooms, 1u);
}

TEST_F(ArchivistTest, refuses_a_room_that_is_not_whole_once_and_goes_on)
{
    auto& broken = log;
    StreamAppend append{.stream = "b.1", .category = "liap-tui", .events = {},
        .state = {.finished = true, .deadline = {}}};
    append.events.push_back({.version = 1, .type = "opened", .schema = 1, .at = noon, .cause = {},
        .data = "", .link = {std::byte{7}}});
    ASSERT_TRUE(broken.append({append}).front());
    append.stream = "c.1";
    append.events[0].type = "never";
    ASSERT_TRUE(broken.append({append}).front());
    room("d.1", noon);
    auto one = archivist();
    auto const round = one.round(noon + 1h);
    ASSERT_TRUE(round);
    EXPECT_EQ(round->rooms, 1u);
    ASSERT_EQ(round->refused.size(), 2u);
    EXPECT_EQ(round->refused[0].error.message, "The room's history is not whole.");
    EXPECT_EQ(round->refused[1].error.message, "This room never opened.");
    EXPECT_EQ(one.round(noon + 1h)->refused.size(), 0u);
    EXPECT_EQ(in_store(), (std::vector<std::string>{"b.1", "c.1"}));
}

TEST_F(ArchivistTest, ends_the_round_where_service_or_store_are_away)
{
    room("a.1", noon);
    room("b.1", noon);
    objects.calls = 1;
    EXPECT_EQ(archivist().round(noon + 1h).error().message, "The archive is away.");
    objects.calls = 1'000'000;
    is_closed = true;
    EXPECT_EQ(archivist().round(noon + 1h).error().message, "The store is closed.");
    EXPECT_EQ(in_store().size(), 2u);
}

TEST_F(ArchivistTest, leaves_a_restored_room_alone_until_it_was_back_for_long_enough)
{
    auto const events = room("a.1", noon, true, 4);
    ASSERT_TRUE(archivist().round(noon + 1h));
    ASSERT_TRUE(archive.note_restored("a.1", noon + 10h));
    room("a.1", noon, true, 4);
    EXPECT_EQ(archivist().round(noon + 10h + 59min)->rooms, 0u);
    EXPECT_EQ(archivist().round(noon + 11h)->rooms, 1u);
    EXPECT_EQ(events_of({"liap-tui", "2026-09-25", "a.1"}), events);
    EXPECT_TRUE(archive.restored()->empty());
}

TEST_F(ArchivistTest, deletes_what_was_kept_long_enough_but_never_what_is_held)
{
    for (std::string const name : {"a.1", "b.1", "c.1"})
        room(name, noon, true, 3);
    room("late.1", noon + 1min, true, 3);
    ASSERT_TRUE(archivist().round(noon + 2h));
    ASSERT_TRUE(archive.hold({"liap-tui", "2026-09-25", "b.1"}, "case 7", noon));
    EXPECT_EQ(archive.hold({"liap-tui", "2026-09-24", "b.2"}, "", noon).error().code,
        ErrorCode::not_found);
    auto const holds = archive.holds().value();
    ASSERT_EQ(holds.size(), 1u);
    EXPECT_EQ(holds.at("b.1").reason, "case 7");

    auto const rooms_of_anna = [&] {
        std::vector<std::string> rooms;
        auto const found = log.memberships("u:anna", "", 10).value();
        for (auto const& each : found)
            rooms.push_back(each.stream);
        return rooms;
    };
    using Rooms = std::vector<std::string>;
    Policy const month{.after = 1h, .keep = 720h};
    EXPECT_EQ(archivist(month).round(noon + 719h)->deleted, 0u);
    EXPECT_EQ(rooms_of_anna(), (Rooms{"a.1", "b.1", "c.1", "late.1"})) << "as long as packs are";
    EXPECT_EQ(archivist(month).round(noon + 720h)->deleted, 2u);
    EXPECT_EQ(rooms_of_anna(), (Rooms{"b.1", "late.1"}));
    auto const left = archive.day("liap-tui", "2026-09-25").value();
    ASSERT_EQ(left.size(), 2u);
    EXPECT_EQ(left[0].room, "b.1");
    EXPECT_EQ(left[1].room, "late.1");

    ASSERT_TRUE(archive.release("b.1"));
    EXPECT_EQ(archivist(month).round(noon + 900h)->deleted, 2u);
    EXPECT_TRUE(in_archive("").empty());
    EXPECT_TRUE(rooms_of_anna().empty());
    EXPECT_EQ(archivist().round(noon + 90'000h)->deleted, 0u);
}

TEST_F(ArchivistTest, finds_rooms_by_id_and_code_and_says_what_is_damaged)
{
    room("k7qxm.1", noon, true, 3);
    room("k7qxm.2", noon, true, 3);
    room("k7q.1", noon, true, 3);
    ASSERT_TRUE(archivist().round(noon + 1h));
    EXPECT_EQ(archive.find("k7qxm.2")->size(), 1u);
    EXPECT_EQ(archive.find("k7qxm")->size(), 2u);
    EXPECT_EQ(archive.find("k7")->size(), 0u);

    PackName const name{"liap-tui", "2026-09-25", "k7q.1"};
    ASSERT_TRUE(folder->put(name.text(), folder->get(name.text())->substr(0, 50)));
    auto const ignore = [](Event) { return Result<void>{}; };
    EXPECT_TRUE(archive.read(name, ignore).error().detail.contains(name.text()));
    auto const entries = archive.day("liap-tui", "2026-09-25").value();
    EXPECT_TRUE(entries[0].is_damaged());
    EXPECT_FALSE(entries[1].is_damaged());

    PackName const elsewhere{"liap-tui", "2026-09-24", "k7qxm.1"};
    ASSERT_TRUE(folder->put(
        elsewhere.text(), folder->get("packs/liap-tui/2026/09/25/k7qxm.1.jsonl.zst").value()));
    EXPECT_TRUE(archive.read(elsewhere, ignore).error().message.contains("wrong place"));
}

TEST(PackName, says_the_same_both_ways)
{
    PackName const name{"liap-tui", "2026-11-21", "k7qxm.9f0c2ab1"};
    EXPECT_EQ(name.text(), "packs/liap-tui/2026/11/21/k7qxm.9f0c2ab1.jsonl.zst");
    EXPECT_EQ(PackName::parse(name.text()), name);
    for (std::string const other : {"", "packs/", "packs/a/2026/11/21/.jsonl.zst",
             "packs/a/2026-11/21/b.jsonl.zst", "packs/a/2026/11/21/b.json",
             "index/a/2026/11/21/b.jsonl.zst", "packs/2026/11/21/b.jsonl.zst"})
        EXPECT_EQ(PackName::parse(other), std::nullopt) << other;
}

} // namespace
} // namespace gatehouse::storage::archive
