// SPDX-License-Identifier: Apache-2.0
// Long rooms: what leaves the store before they are finished, and what comes of it.
#include "storage/archive/archivist.hpp"

#include "events/chain.hpp"
#include "storage/archive/folder.hpp"
#include "storage/archive/testing.hpp"
#include "storage/memory_log.hpp"
#include "storage/testing.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace gatehouse::storage::archive {
namespace {

using namespace std::chrono_literals;
using events::Event;
using events::StreamAppend;
using events::StreamHead;
using events::Version;

constexpr WallTime noon{1'790'337'600'000}; // 2026-09-25T12:00:00Z
constexpr WallTime later{noon.ms + 3'600'000};
constexpr std::string_view day = "2026-09-25";

struct LongRooms : ::testing::Test {
    testing::Folder temporary;
    std::unique_ptr<Folder> folder = Folder::open(temporary.path).value();
    testing::Failing objects{*folder};
    Archive archive{*folder};
    MemoryLog log;
    std::map<std::string, std::vector<Event>> model; // What happened in each room.
    int pieces = 1'000'000; // That the store runs before it is closed.
    Archivist::IsBackedUp is_backed_up{};
    std::function<bool()> after_piece{};

    Archivist archivist(std::optional<Version> compact = 100)
    {
        return {objects, {.others = {.after = 1h, .compact = compact}},
            [this](std::function<void(Log&)> const& piece) -> Result<void> {
                if (pieces-- <= 0)
                    return fail(ErrorCode::unavailable, "The store is closed.");
                piece(log);
                if (after_piece && !after_piece())
                    return fail(ErrorCode::unavailable, "The answer is lost.");
                return {};
            },
            [](Event const&) { return 3; }, is_backed_up};
    }

    void append(std::string const& room, std::size_t count, bool is_finished = false)
    {
        auto& history = model[room];
        StreamAppend append{.stream = room, .category = "liap-tui", .expected = history.size(),
            .events = {}, .state = {.finished = is_finished, .deadline = {}}};
        for (std::size_t i = 0; i < count; i++) {
            Event event{.version = history.size() + 1, .type = "played", .schema = 1, .at = noon,
                .cause = {1, history.size() + 1}, .data = room + std::to_string(salt)};
            event.link = events::chain_link(
                history.empty() ? events::chain_start(room) : history.back().link, event);
            history.push_back(event);
            append.events.push_back(std::move(event));
        }
        ASSERT_TRUE(log.append({std::move(append)}).front());
    }

    void keep(std::string const& room, Version version)
    {
        (void)log.keep({room,
            {.version = version, .link = model[room].at(version - 1).link,
                .state = "s" + std::to_string(version), .hash = std::string(32, 'h')}});
    }

    // Finished, and in the store for long enough.
    void round()
    {
        auto const done = archivist().round(later);
        ASSERT_TRUE(done) << done.error().detail;
        for (auto const& [room, error] : done->refused)
            ADD_FAILURE() << room << ": " << error.message << " " << error.detail;
    }

    std::optional<StreamHead> head_of(std::string const& room)
    {
        auto const found = log.find(room).value();
        return found.empty() ? std::nullopt : std::optional(found.front());
    }

    // From wherever its events are: the parts and the store, or the pack.
    std::vector<Event> history_of(std::string const& room)
    {
        std::vector<Event> all;
        if (auto const head = head_of(room)) {
            Compacted compacted(archive);
            while (all.size() < head->floor) {
                auto const page = compacted.read(room, all.size(), head->floor, 1000);
                EXPECT_TRUE(page) << page.error().detail;
                if (!page)
                    return all;
                all.insert(all.end(), page->begin(), page->end());
            }
            auto const rest = log.read(room, all.size(), 10'000).value();
            all.insert(all.end(), rest.begin(), rest.end());
            return all;
        }
        auto const pack = archive.read(
            PackName{"liap-tui", std::string(day), room}, [&all](Event event) {
                all.push_back(std::move(event));
                return Result<void>{};
            });
        EXPECT_TRUE(pack) << pack.error().detail;
        return all;
    }

    std::vector<std::pair<Version, Version>> parts_of(std::string const& room)
    {
        std::vector<std::pair<Version, Version>> parts;
        auto const found = archive.parts(room).value();
        for (auto const& part : found)
            parts.emplace_back(part.first, part.last);
        return parts;
    }

    int salt = 0; // Makes another history.
};

using Parts = std::vector<std::pair<Version, Version>>;

// The store forgot the room, and nobody heard of it.
TEST_F(LongRooms, leave_no_parts_though_the_answer_of_the_store_was_lost)
{
    append("a.1", 250);
    keep("a.1", 200);
    auto one = archivist();
    ASSERT_TRUE(one.round(later));
    ASSERT_FALSE(parts_of("a.1").empty());
    append("a.1", 1, true);
    bool is_lost = true;
    after_piece = [&] {
        bool const loses = is_lost && !head_of("a.1");
        is_lost = is_lost && !loses;
        return !loses;
    };
    EXPECT_FALSE(one.round(later));
    EXPECT_FALSE(parts_of("a.1").empty());
    ASSERT_TRUE(one.round(later));
    EXPECT_TRUE(parts_of("a.1").empty());
    EXPECT_EQ(history_of("a.1"), model["a.1"]);
}

// What follows in the backup would have nothing to follow on.
TEST_F(LongRooms, and_others_stay_until_the_backup_has_them)
{
    append("a.1", 250);
    keep("a.1", 200);
    append("b.1", 20, true);
    bool is_there = false;
    int asked = 0;
    is_backed_up = [&] {
        asked++;
        return is_there;
    };
    auto const waits = archivist().round(later).value();
    EXPECT_EQ(waits.waiting, 2u);
    EXPECT_EQ(asked, 1) << "it would be asked for long";
    EXPECT_EQ(head_of("a.1")->floor, 0u);
    EXPECT_TRUE(parts_of("a.1").empty());
    EXPECT_TRUE(head_of("b.1"));
    is_there = true;
    auto const goes = archivist().round(later).value();
    EXPECT_EQ(goes.waiting, 0u);
    EXPECT_EQ(goes.rooms, 1u);
    EXPECT_EQ(head_of("a.1")->floor, 200u);
    EXPECT_EQ(history_of("b.1"), model["b.1"]);
}

// The snapshot came after the store told of the room, and perhaps after what was shipped.
TEST_F(LongRooms, are_asked_for_again_where_they_went_on_meanwhile)
{
    append("a.1", 150);
    keep("a.1", 120);
    append("b.1", 150);
    keep("b.1", 120);
    int asked = 0;
    is_backed_up = [&] {
        if (++asked > 1)
            return false;
        append("b.1", 150);
        keep("b.1", 260);
        return true;
    };
    EXPECT_EQ(archivist().round(later)->waiting, 1u);
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(head_of("a.1")->floor, 120u);
    EXPECT_EQ(head_of("b.1")->floor, 0u);
}

TEST_F(LongRooms, leave_the_store_up_to_a_snapshot_that_is_far_enough)
{
    append("a.1", 250);
    round();
    EXPECT_TRUE(parts_of("a.1").empty()) << "no snapshot";
    keep("a.1", 99);
    round();
    EXPECT_TRUE(parts_of("a.1").empty()) << "not worth it";
    keep("a.1", 170);
    EXPECT_EQ(archivist({}).round(later)->compacted, 0u) << "only where that was asked for";
    auto const done = archivist().round(later).value();
    EXPECT_EQ(done.compacted, 1u);
    EXPECT_EQ(done.compacted_events, 170u);
    EXPECT_EQ(parts_of("a.1"), (Parts{{1, 170}}));
    EXPECT_EQ(head_of("a.1")->floor, 170u);
    EXPECT_EQ(history_of("a.1"), model["a.1"]);
    append("a.1", 90);
    keep("a.1", 300);
    round();
    EXPECT_EQ(parts_of("a.1"), (Parts{{1, 170}, {171, 300}}));
    EXPECT_EQ(history_of("a.1"), model["a.1"]);
    auto const part = archive.read(PartName{"a.1", 171, 300}).value();
    EXPECT_EQ(part.snapshot.state, "s300");
}

TEST_F(LongRooms, become_the_pack_that_they_would_have_been)
{
    for (std::string const room : {"a.1", "b.1"}) {
        append(room, 450);
        keep(room, 150);
    }
    round();
    keep("a.1", 400);
    round();
    append("a.1", 10, true);
    append("b.1", 0 + 10, true);
    round();
    EXPECT_FALSE(head_of("a.1"));
    EXPECT_TRUE(parts_of("a.1").empty()) << "the pack has it all";
    EXPECT_EQ(history_of("a.1"), model["a.1"]);
    auto const packed = folder->get(PackName{"liap-tui", std::string(day), "a.1"}.text()).value();
    PackWriter whole({.room = "a.1", .game = "liap-tui", .rules = 3, .finished = noon,
        .events = 460});
    for (auto const& event : model["a.1"])
        ASSERT_TRUE(whole.add(event));
    EXPECT_EQ(packed, whole.finish().value()) << "to the byte";
    EXPECT_EQ(archive.day("liap-tui", day)->size(), 2u);
}

// Whatever call is the last before the power goes, of the archive or of the store.
TEST_F(LongRooms, have_neither_hole_nor_double_wherever_it_is_broken_off)
{
    for (int calls = 0; calls < 48; calls++) {
        auto const room = "r" + std::to_string(calls) + ".1";
        append(room, 1300);
        keep(room, 1200);
        auto& budget = calls % 2 == 0 ? objects.calls : pieces;
        budget = calls / 2;
        (void)archivist().round(later);
        objects.calls = pieces = 1'000'000;
        EXPECT_EQ(history_of(room), model[room]) << calls;
        append(room, 200);
        keep(room, 1400);
        round();
        round(); // What was begun is ended first.
        EXPECT_EQ(head_of(room)->floor, parts_of(room).back().second);
        EXPECT_EQ(reach_of(archive.parts(room).value()), head_of(room)->floor);
        append(room, 1, true);
        budget = calls / 2;
        (void)archivist().round(later);
        objects.calls = pieces = 1'000'000;
        EXPECT_EQ(history_of(room), model[room]) << calls;
        round();
        EXPECT_FALSE(head_of(room));
        EXPECT_EQ(history_of(room), model[room]) << calls;
        EXPECT_TRUE(parts_of(room).empty());
    }
}

TEST_F(LongRooms, stay_whole_where_a_part_came_back_damaged)
{
    append("a.1", 300);
    keep("a.1", 200);
    objects.damages = true;
    EXPECT_EQ(archivist().round(later)->refused.size(), 1u);
    EXPECT_EQ(head_of("a.1")->floor, 0u);
    objects.damages = false;
    PartName const name{"a.1", 1, 200};
    ASSERT_TRUE(folder->put(name.text(), "nonsense"));
    round();
    EXPECT_EQ(head_of("a.1")->floor, 200u) << "what the store still has is written anew";
    EXPECT_EQ(history_of("a.1"), model["a.1"]);
}

TEST_F(LongRooms, whose_parts_are_gone_stay_in_the_store)
{
    append("a.1", 300);
    keep("a.1", 200);
    round();
    ASSERT_TRUE(folder->remove(PartName{"a.1", 1, 200}.text()));
    append("a.1", 300);
    keep("a.1", 500);
    auto one = archivist();
    auto const refused = one.round(later)->refused;
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_TRUE(refused[0].error.detail.contains("up to version 0")) << refused[0].error.detail;
    EXPECT_TRUE(one.round(later)->refused.empty()) << "said once";
    EXPECT_EQ(head_of("a.1")->floor, 200u);
    append("a.1", 1, true);
    EXPECT_EQ(one.round(later)->refused.size(), 1u);
    EXPECT_TRUE(head_of("a.1"));
}

// The store was set back to a moment before the part, and the room took another way since.
TEST_F(LongRooms, that_took_another_way_give_up_the_part_of_the_first_one)
{
    append("a.1", 300);
    keep("a.1", 200);
    pieces = 7; // Up to the part, before it is compacted.
    (void)archivist().round(later);
    pieces = 1'000'000;
    ASSERT_EQ(parts_of("a.1"), (Parts{{1, 200}}));
    log = MemoryLog();
    model.clear();
    salt = 1;
    append("a.1", 150);
    keep("a.1", 150);
    round();
    EXPECT_EQ(parts_of("a.1"), (Parts{{1, 200}})) << "nothing is removed that may be missed";
    EXPECT_EQ(head_of("a.1")->floor, 0u);
    append("a.1", 100);
    keep("a.1", 240);
    round();
    EXPECT_EQ(parts_of("a.1"), (Parts{{1, 240}}));
    EXPECT_EQ(history_of("a.1"), model["a.1"]);
}

// The store was set back to a moment when it was compacted, and not finished.
TEST_F(LongRooms, that_were_finished_once_are_read_from_their_pack)
{
    append("a.1", 300);
    keep("a.1", 200);
    round();
    auto const then = model["a.1"];
    append("a.1", 100, true);
    round();
    ASSERT_TRUE(parts_of("a.1").empty());
    log = MemoryLog();
    model["a.1"] = then;
    ASSERT_TRUE(log.append({{.stream = "a.1", .category = "liap-tui", .events = then}}).front());
    keep("a.1", 200);
    ASSERT_TRUE(log.compact("a.1", 200));
    EXPECT_EQ(history_of("a.1"), then);
    salt = 1;
    append("a.1", 20, true); // Another way, to the same day.
    EXPECT_EQ(archivist().round(later)->refused.size(), 1u);
    EXPECT_TRUE(head_of("a.1")) << "its pack is of the first way";
    EXPECT_EQ(history_of("a.1"), model["a.1"]);
}

TEST_F(LongRooms, may_be_held_before_they_are_finished)
{
    append("a.1", 300);
    keep("a.1", 200);
    round();
    ASSERT_TRUE(archive.hold("a.1", "case 7", noon));
    append("a.1", 1, true);
    Archivist brief(objects, {.others = {.after = 1h, .keep = 2h, .compact = 100}},
        [this](std::function<void(Log&)> const& piece) -> Result<void> {
            piece(log);
            return {};
        },
        [](Event const&) { return 3; });
    EXPECT_EQ(brief.round(noon + 500h)->deleted, 0u);
    EXPECT_EQ(history_of("a.1"), model["a.1"]);
    ASSERT_TRUE(archive.release("a.1"));
    EXPECT_EQ(brief.round(noon + 500h)->deleted, 1u);
}

// Whatever happens, in whatever order: the history is that of the plain model.
TEST_F(LongRooms, keep_their_history_through_everything)
{
    std::mt19937 chance(11);
    auto one = std::unique_ptr<Archivist>(new Archivist(archivist()));
    for (int step = 0; step < 1200; step++) {
        auto const room = "r" + std::to_string(chance() % 4) + ".1";
        auto const head = head_of(room);
        bool const is_archived = !head && model.contains(room);
        switch (chance() % 8) {
        case 0:
        case 1:
        case 2:
            if (!is_archived && !(head && head->state.finished))
                append(room, chance() % 120 + 1, chance() % 12 == 0);
            break;
        case 3:
            if (head)
                keep(room, chance() % head->version + 1);
            break;
        case 4: (void)one->round(later); break;
        case 5: // The process dies in the midst of it.
            objects.calls = static_cast<int>(chance() % 40);
            pieces = static_cast<int>(chance() % 80);
            (void)one->round(later);
            objects.calls = pieces = 1'000'000;
            one.reset(new Archivist(archivist(chance() % 150 + 50)));
            break;
        case 6:
            if (is_archived && chance() % 3 == 0) { // Back into the store.
                auto const events = history_of(room);
                ASSERT_TRUE(archive.note_restored(room, noon));
                ASSERT_TRUE(log.append({{.stream = room, .category = "liap-tui", .events = events,
                                           .state = {.finished = true, .deadline = {}}}})
                                .front());
            } else if (is_archived) { // A new room of the same name.
                ASSERT_TRUE(folder->remove(
                    PackName{"liap-tui", std::string(day), room}.text()));
                auto const parts = archive.parts(room).value();
                for (auto const& part : parts)
                    ASSERT_TRUE(folder->remove(part.text()));
                model.erase(room);
                salt++;
            }
            break;
        default: break;
        }
        for (auto const& [each, events] : model) {
            if (step % 10 == 0 || each == room) {
                ASSERT_EQ(history_of(each), events) << each << " in step " << step;
            }
        }
    }
    for (int i = 0; i < 3; i++)
        round();
    for (auto const& [room, events] : model) {
        auto const head = head_of(room);
        auto const parts = archive.parts(room).value();
        EXPECT_EQ(reach_of(parts), parts.empty() ? 0 : parts.back().last) << "end to end";
        EXPECT_EQ(head ? head->floor : 0, reach_of(parts));
    }
}

} // namespace
} // namespace gatehouse::storage::archive
