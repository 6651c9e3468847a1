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

    Archivist archivist(Policy policy = {.after = 1h}, Leaps leaps = Leaps::are_believed)
    {
        return {objects, {.others = policy, .games = {{"slow", {.after = 48h}}}, .leaps = leaps},
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

TEST_F(ArchivistTest, deletes_nothing_for_a_day_when_the_clock_leaps)
{
    Policy const month{.after = 1h, .keep = 720h};
    room("a.1", noon);
    room("slow.1", noon, true, 3, "slow");
    auto one = archivist(month, Leaps::delete_nothing);
    EXPECT_FALSE(one.round(noon + 1h)->deletes_nothing);
    auto const leapt = noon + 90'000h;
    // A process that starts then has the newest event alone to go by,
    auto other = archivist(month, Leaps::delete_nothing);
    EXPECT_TRUE(other.round(leapt)->deletes_nothing);
    // or the archive's last day.
    ASSERT_TRUE(in_store().empty());
    auto third = archivist(month, Leaps::delete_nothing);
    EXPECT_TRUE(third.round(leapt)->deletes_nothing);

    EXPECT_TRUE(one.round(leapt)->deletes_nothing);
    EXPECT_EQ(one.round(leapt + 23h)->deleted, 0u);
    EXPECT_EQ(in_archive().size(), 2u);
    EXPECT_FALSE(archivist({.after = 1h}, Leaps::delete_nothing).round(leapt)->deletes_nothing)
        << "it never would";
    EXPECT_EQ(one.round(leapt + 24h)->deleted_rooms, std::vector<std::string>{"a.1"});
    EXPECT_EQ(in_archive().size(), 1u);
}

// A fork that was made again, say, after the first one left the store.
TEST_F(ArchivistTest, never_writes_another_history_over_a_pack)
{
    auto const first = room("a.1", noon, true, 4);
    ASSERT_TRUE(archivist().round(noon + 1h));
    auto const second = room("a.1", noon + 1s, true, 5);
    auto one = archivist();
    auto const round = one.round(noon + 2h).value();
    ASSERT_EQ(round.refused.size(), 1u);
    EXPECT_TRUE(round.refused[0].error.message.contains("another history"));
    EXPECT_EQ(one.round(noon + 2h)->refused.size(), 0u) << "once";
    EXPECT_EQ(events_of({"liap-tui", "2026-09-25", "a.1"}), first);
    EXPECT_EQ(log.read("a.1", 0, 100), second);
}

// It was set back, and finished on another day.
TEST_F(ArchivistTest, keeps_the_keys_of_a_room_as_long_as_it_has_another_pack)
{
    room("a.1", noon, true, 4);
    ASSERT_TRUE(archivist().round(noon + 1h));
    room("a.1", noon + 48h, true, 5);
    ASSERT_TRUE(archivist().round(noon + 49h));
    EXPECT_EQ(archive.find("a.1")->size(), 2u);
    EXPECT_EQ(archive.find("a")->size(), 2u);
    EXPECT_EQ(archive.find("a.1@2026-09-27"),
        (std::vector<PackName>{{"liap-tui", "2026-09-27", "a.1"}}));
    EXPECT_EQ(archive.find("a@2026-09-26"), std::vector<PackName>{});
    Policy const month{.after = 1h, .keep = 720h};
    EXPECT_EQ(archivist(month).round(noon + 721h)->deleted, 1u);
    EXPECT_EQ(log.memberships("u:anna", "", 10)->size(), 1u) << "the younger one needs them";
    EXPECT_EQ(archivist(month).round(noon + 769h)->deleted, 1u);
    EXPECT_EQ(log.memberships("u:anna", "", 10)->size(), 0u);
    EXPECT_TRUE(in_archive("").empty());
}

TEST_F(ArchivistTest, passes_over_rooms_that_cannot_be_read_however_many)
{
    for (int i = 10; i < 50; i++)
        room("a" + std::to_string(i) + ".1", noon, true, 3);
    room("z.1", noon, true, 3);
    objects.damages = true; // What is read back, of whichever room.
    auto one = archivist();
    auto const first = one.round(noon + 1h).value();
    EXPECT_TRUE(first.gave_up) << "is it them?";
    EXPECT_EQ(first.refused.size(), 16u);
    EXPECT_EQ(one.round(noon + 1h)->refused.front().room, "a26.1");
    EXPECT_EQ(one.round(noon + 1h)->refused.size(), 16u) << "those that rested, and the last";
    objects.damages = false;
    for (int i = 0; i < 8; i++)
        EXPECT_FALSE(one.round(noon + 1h)->gave_up);
    EXPECT_EQ(in_store().size(), 0u);
}

// Keeping goes on, whatever becomes of moving.
TEST_F(ArchivistTest, deletes_though_many_rooms_in_a_row_cannot_be_moved)
{
    room("old.1", noon, true, 3);
    ASSERT_TRUE(archivist().round(noon + 1h));
    for (int i = 10; i < 30; i++) {
        StreamAppend append{.stream = "b" + std::to_string(i) + ".1", .category = "liap-tui",
            .events = {{.version = 1, .type = "never", .schema = 1, .at = noon, .cause = {},
                .data = ""}},
            .state = {.finished = true, .deadline = {}}};
        ASSERT_TRUE(log.append({append}).front());
    }
    auto const round = archivist({.after = 1h, .keep = 720h}).round(noon + 721h).value();
    EXPECT_TRUE(round.gave_up);
    EXPECT_EQ(round.deleted, 1u);
}

// Whoever is told that a room is held has it.
TEST_F(ArchivistTest, a_hold_in_the_moment_of_deletion_is_in_time_or_says_that_it_may_not_be)
{
    PackName const name{"liap-tui", "2026-09-25", "a.1"};
    for (int calls = 0, ends = 0; ends < 2; calls++) {
        room("a.1", noon, true, 3);
        ASSERT_TRUE(archivist().round(noon + 1h));
        objects.calls = calls; // The server dies there, and before it is back comes the hold.
        auto const round = archivist({.after = 1h, .keep = 720h}).round(noon + 721h);
        objects.calls = 1'000'000;
        auto const held = archive.hold(name, "case 7", noon);
        bool const is_going = !held && held.error().code == ErrorCode::busy;
        EXPECT_TRUE(!round || !is_going) << "it did not die amid it";
        auto const next = archivist({.after = 1h, .keep = 720h}).round(noon + 721h);
        ASSERT_TRUE(next) << next.error().detail;
        bool const is_there = !archive.find("a.1")->empty();
        EXPECT_TRUE(is_there || !held) << calls;
        EXPECT_EQ(log.memberships("u:anna", "", 10)->size(), is_there ? 1u : 0u)
            << calls << ": a pack has its names, and none is left without one";
        EXPECT_TRUE(in_archive("deleting/").empty());
        ASSERT_TRUE(archive.release("a.1"));
        ends += round ? 1 : 0;
        ASSERT_TRUE(archivist({.after = 1h, .keep = 720h}).round(noon + 721h));
    }
}

// What is new, a `keep` say, may be so for a year of days.
TEST_F(ArchivistTest, lists_all_names_once_for_however_many_days_that_are_due)
{
    constexpr int days = 20;
    for (int day = 0; day < days; day++)
        for (auto const* name : {"a", "b"})
            room(name + std::to_string(day) + ".1", noon + std::chrono::days(day), true, 2);
    room("twice.1", noon, true, 2);
    ASSERT_TRUE(archivist().round(noon + std::chrono::days(days)));
    room("twice.1", noon + 48h, true, 2);
    ASSERT_TRUE(archivist().round(noon + std::chrono::days(days)));
    auto const lists_before = objects.lists_of("packs/liap-tui/");
    auto const round
        = archivist({.after = 1h, .keep = 24h}).round(noon + std::chrono::days(days + 1));
    ASSERT_TRUE(round) << round.error().detail;
    EXPECT_EQ(round->deleted, 2u * days + 2);
    EXPECT_EQ(objects.lists_of("packs/liap-tui/") - lists_before, 1u);
    EXPECT_TRUE(in_archive("").empty());
    EXPECT_EQ(log.memberships("u:anna", "", 100)->size(), 0u);
}

TEST_F(ArchivistTest, never_deletes_a_pack_that_is_damaged_though_the_index_says_it_is_not)
{
    room("a.1", noon, true, 3);
    room("b.1", noon, true, 3);
    ASSERT_TRUE(archivist().round(noon + 1h));
    auto const name = PackName{"liap-tui", "2026-09-25", "a.1"}.text();
    auto bytes = folder->get(name).value();
    bytes[bytes.size() / 2] ^= 1;
    ASSERT_TRUE(folder->put(name, bytes));
    auto one = archivist({.after = 1h, .keep = 720h});
    EXPECT_EQ(one.round(noon + 721h)->deleted, 1u);
    EXPECT_EQ(in_archive(), std::vector<std::string>{name});
    EXPECT_TRUE(archive.day("liap-tui", "2026-09-25")->front().is_damaged()) << "and it is known";
    EXPECT_EQ(log.memberships("u:anna", "", 10)->size(), 1u);
    EXPECT_EQ(one.round(noon + 721h)->deleted, 0u);
    EXPECT_TRUE(in_archive("deleting/").empty());
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
