// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/views_file.hpp"

#include "projections/testing.hpp"
#include "storage/testing.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <random>
#include <sys/stat.h>

namespace gatehouse::storage::sqlite {
namespace {

namespace fs = std::filesystem;
using projections::By;
using projections::Checkpoint;
using projections::FinishedQuestion;
using projections::FinishedRoom;
using projections::Played;
using projections::Player;
using projections::Room;
using projections::Rows;
using projections::Views;
using projections::testing::MemoryViews;

using Change = std::function<void(Rows&)>;

bool are_same(FinishedRoom const& a, FinishedRoom const& b)
{
    auto const same_seat
        = [](auto const& x, auto const& y) { return x.played == y.played && x.name == y.name; };
    return a.room == b.room && a.opened_at == b.opened_at && a.at == b.at
        && std::ranges::equal(a.seats, b.seats, same_seat);
}

// ---- What all views promise

struct InMaps {
    testing::Folder folder{};
    std::unique_ptr<Views> open() { return std::make_unique<MemoryViews>(); }
};
struct InFile {
    testing::Folder folder{};
    std::unique_ptr<Views> open()
    {
        return ViewsFile::open({.file = folder.path / "store.db"}).value();
    }
};
struct InMemory {
    testing::Folder folder{};
    std::unique_ptr<Views> open() { return ViewsFile::in_memory().value(); }
};

template <typename Place>
class ViewsOf : public ::testing::Test {
protected:
    void change(Change const& how)
    {
        auto const from = views->checkpoint().value();
        auto to = from;
        to.next++;
        ASSERT_TRUE(views->advance(from, to, how).value());
    }

    Place place;
    std::unique_ptr<Views> views = place.open();
};
using Places = ::testing::Types<InMaps, InFile, InMemory>;
TYPED_TEST_SUITE(ViewsOf, Places);

TYPED_TEST(ViewsOf, begin_with_nothing_of_nothing)
{
    EXPECT_EQ(this->views->checkpoint().value(), Checkpoint{});
    EXPECT_TRUE(this->views->leaders({.game = "chess"}).value().empty());
    EXPECT_TRUE(this->views->stats("ann").value().empty());
    EXPECT_TRUE(this->views->finished({.game = "chess"}).value().empty());
}

TYPED_TEST(ViewsOf, change_only_what_is_as_it_was_thought)
{
    auto& rows_of = *this->views;
    ASSERT_TRUE(rows_of.begin("log").has_value());
    Checkpoint const zero{.source = "log"};
    Checkpoint const one{.source = "log", .next = 1, .is_whole = true};
    auto const put = [](Rows& rows) { rows.put(Player{.game = "chess", .id = "ann"}); };
    EXPECT_EQ(rows_of.checkpoint().value(), zero);
    EXPECT_FALSE(rows_of.advance(one, zero, put).value());
    EXPECT_TRUE(rows_of.stats("ann").value().empty()) << "nothing was changed";
    EXPECT_TRUE(rows_of.advance(zero, one, put).value());
    EXPECT_EQ(rows_of.checkpoint().value(), one);
    EXPECT_EQ(rows_of.stats("ann").value().size(), 1u);
    EXPECT_TRUE(rows_of.settle().has_value());
    ASSERT_TRUE(rows_of.begin("another").has_value());
    EXPECT_EQ(rows_of.checkpoint().value(), Checkpoint{.source = "another"});
    EXPECT_TRUE(rows_of.stats("ann").value().empty());
}

TYPED_TEST(ViewsOf, keep_every_part_of_a_row)
{
    Room const room{.id = "r.1",
        .game = "chess",
        .opened_at = {7},
        .finished_at = WallTime{9},
        .past = {.tables = {{.since = 3, .seats = {1, 0, 2}},
                     {.since = 4, .seats = {1}, .ending = {{WallTime{9}, {{0, 1, 2, -3}}}}}},
            .names = {{1, "c0ffee"}}}};
    Played const played{.room = "r.1",
        .seat = 2,
        .game = "chess",
        .player = "ann",
        .outcome = projections::Outcome::drawn,
        .place = 1,
        .points = -5,
        .ms = 6,
        .rating = -7,
        .at = {9}};
    Player const player{.game = "chess",
        .period = "2026-11",
        .id = "ann",
        .name = "Ann \"\n",
        .games = 1,
        .wins = 2,
        .draws = 3,
        .given_up = 4,
        .points = -5,
        .ms = 6,
        .rating = 7,
        .last_at = {8}};
    this->change([&](Rows& rows) {
        rows.put(room);
        rows.put(played);
        rows.put(player);
    });
    this->change([&](Rows& rows) {
        auto const found = rows.room("r.1");
        ASSERT_TRUE(found);
        EXPECT_EQ(found->game, room.game);
        EXPECT_EQ(found->opened_at, room.opened_at);
        EXPECT_EQ(found->finished_at, room.finished_at);
        EXPECT_TRUE(is_same(found->past, room.past));
        EXPECT_EQ(rows.played("r.1"), std::vector{played});
        EXPECT_EQ(rows.player("chess", "2026-11", "ann"), player);
        EXPECT_FALSE(rows.room("r.2"));
        rows.remove_played("r.1");
        rows.remove(player);
        EXPECT_TRUE(rows.played("r.1").empty());
        EXPECT_FALSE(rows.player("chess", "2026-11", "ann"));
    });
}

TYPED_TEST(ViewsOf, forget_who_somebody_was)
{
    this->change([](Rows& rows) {
        rows.put(Room{.id = "r.1",
            .game = "chess",
            .finished_at = WallTime{9},
            .past = {.tables = {{.since = 1}}}});
        rows.put(Played{.room = "r.1", .game = "chess", .player = "ann", .at = {9}});
        rows.put(Played{.room = "r.1", .seat = 1, .game = "chess", .player = "bob", .at = {9}});
        rows.put(Player{.game = "chess", .id = "ann", .name = "Ann"});
        rows.put(Player{.game = "chess", .id = "bob", .name = "Bob"});
    });
    ASSERT_TRUE(this->views->forget("ann").has_value());
    EXPECT_TRUE(this->views->stats("ann").value().empty());
    EXPECT_EQ(this->views->stats("bob").value().size(), 1u);
    auto const rooms = this->views->finished({.game = "chess"}).value();
    ASSERT_EQ(rooms.size(), 1u);
    EXPECT_EQ(rooms[0].seats[0].played.player, "");
    EXPECT_EQ(rooms[0].seats[0].name, "");
    EXPECT_EQ(rooms[0].seats[1].name, "Bob");
    EXPECT_TRUE(this->views->forget("").has_value()) << "nobody";
    EXPECT_EQ(this->views->finished({.game = "chess"}).value()[0].seats.size(), 2u);
}

// Anything, put into both, and anything asked of both.
class AnyRows {
public:
    explicit AnyRows(unsigned seed)
        : chance_(seed)
    { }

    Change change()
    {
        return [drawn = std::mt19937(chance_()), this](Rows& rows) {
            auto const then = std::exchange(chance_, drawn); // The same for each that is changed.
            for (int i = 0; i < 12; i++)
                put(rows);
            chance_ = then;
        };
    }
    std::size_t number(std::size_t below) { return chance_() % below; }
    std::string word(std::size_t words)
    {
        return std::string(1, static_cast<char>('a' + number(words)));
    }
    std::string period() { return number(2) ? "" : "2026-1" + std::to_string(number(2)); }

private:
    void put(Rows& rows)
    {
        WallTime const at{static_cast<std::int64_t>(number(4))};
        auto const room = "r." + std::to_string(number(8));
        auto const game = number(8) < 7 ? "chess" : "go";
        if (number(3) == 0) {
            rows.put(Room{.id = room,
                .game = game,
                .opened_at = {1},
                .finished_at = number(4) ? std::optional(at) : std::nullopt,
                .past = {.tables = {{.since = 1}}}});
            rows.remove_played(room);
            for (int seat = 0; seat < static_cast<int>(number(4)); seat++)
                rows.put(Played{.room = room,
                    .seat = seat,
                    .game = game,
                    .player = number(4) ? word(4) : "",
                    .at = at});
            if (auto const kept = rows.room(room); !kept->finished_at)
                rows.remove_played(room);
        } else {
            Player const player{.game = game,
                .period = period(),
                .id = word(9),
                .name = word(20),
                .wins = static_cast<std::int64_t>(number(3)),
                .points = static_cast<std::int64_t>(number(3)) - 1,
                .rating = static_cast<int>(number(3))};
            if (number(5) == 0)
                rows.remove(player);
            else
                rows.put(player);
        }
    }

    std::mt19937 chance_;
};

TYPED_TEST(ViewsOf, answer_as_a_naive_search_does)
{
    for (unsigned seed = 0; seed < 60; seed++) {
        AnyRows any(seed);
        TypeParam somewhere;
        auto const kept = somewhere.open();
        MemoryViews naive;
        for (int page = 0; page < 6; page++) {
            auto const how = any.change();
            Checkpoint const from = naive.checkpoint().value();
            Checkpoint const to{.source = "log", .next = from.next + 1};
            for (Views* each : {static_cast<Views*>(&naive), kept.get()})
                ASSERT_TRUE(each->advance(from, to, how).value());
            if (any.number(9) == 0) {
                auto const who = any.word(4);
                ASSERT_TRUE(naive.forget(who) && kept->forget(who));
            }
        }
        for (int i = 0; i < 40; i++) {
            projections::LeadersQuestion const leaders{.game = "chess",
                .period = any.period(),
                .by = static_cast<By>(any.number(3)),
                .limit = any.number(12)};
            EXPECT_EQ(kept->leaders(leaders).value(), naive.leaders(leaders).value());
            auto const who = any.word(5);
            EXPECT_EQ(kept->stats(who).value(), naive.stats(who).value());
            FinishedQuestion asked{.game = "chess", .limit = any.number(5)};
            if (any.number(2))
                asked.player = who;
            if (any.number(2))
                asked.after = {{static_cast<std::int64_t>(any.number(4))},
                    "r." + std::to_string(any.number(8))};
            EXPECT_TRUE(std::ranges::equal(
                kept->finished(asked).value(), naive.finished(asked).value(), are_same));
        }
        if (this->HasFailure())
            FAIL() << "seed " << seed;
    }
}

// ---- What a file promises

class ViewsFileTest : public ::testing::Test {
protected:
    fs::path store() const { return folder_.path / "store.db"; }
    auto open() const { return ViewsFile::open({.file = store()}); }
    void advance(
        Views& views, Change const& how = [](Rows&) {})
    {
        auto const from = views.checkpoint().value();
        ASSERT_TRUE(views.advance(from, {.source = "log", .next = from.next + 1}, how).value());
    }
    std::string bytes() const
    {
        std::string all;
        for (auto const* ending : {"", "-wal"}) {
            std::ifstream in(views_of(store()).native() + ending, std::ios::binary);
            all += std::string(std::istreambuf_iterator(in), {});
        }
        return all;
    }

    testing::Folder folder_;
};

TEST_F(ViewsFileTest, remembers_its_rows_and_is_for_nobody_else)
{
    {
        auto const views = open().value();
        advance(*views, [](Rows& rows) { rows.put(Player{.game = "chess", .id = "ann"}); });
        auto const second = open();
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, ErrorCode::unavailable) << "one process at a time";
    }
    auto const views = open().value();
    EXPECT_EQ(views->checkpoint().value().next, 1u);
    EXPECT_EQ(views->stats("ann").value().size(), 1u);
    EXPECT_EQ(views->tally().value().players, 1);
    struct stat status { };
    ASSERT_EQ(::stat(views_of(store()).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(ViewsInMemory, take_no_more_of_it_than_they_may_and_answer_all_the_same)
{
    auto const views = ViewsFile::in_memory(std::size_t{256} * 1024).value();
    ASSERT_TRUE(views->begin("log"));
    Checkpoint at{.source = "log"};
    Result<bool> done = true;
    int put = 0;
    for (; done && put < 10'000; put++) {
        auto to = at;
        to.next++;
        done = views->advance(at, to, [&](Rows& rows) {
            rows.put(Player{.game = "chess", .id = "player " + std::to_string(put), .games = 1});
        });
        if (done)
            at = to;
    }
    ASSERT_FALSE(done) << "all of them fit";
    EXPECT_EQ(done.error().code, ErrorCode::unavailable);
    EXPECT_GT(put, 100);
    EXPECT_EQ(views->checkpoint().value(), at) << "nothing of the last one was kept";
    EXPECT_EQ(views->stats("player 7").value().size(), 1u);
    EXPECT_TRUE(views->forget("player 7")) << "and who is to be forgotten is";
    EXPECT_TRUE(views->stats("player 7").value().empty());
}

TEST_F(ViewsFileTest, leaves_no_trace_of_who_was_forgotten)
{
    auto const views = open().value();
    for (int i = 0; i < 300; i++)
        advance(*views, [&](Rows& rows) {
            auto const id = i % 3 ? "someone" + std::to_string(i) : "annabel-is-her-id";
            rows.put(Player{.game = "game" + std::to_string(i),
                .id = id,
                .name = i % 3 ? "Somebody" : "Annabel Lee"});
            rows.put(Played{
                .room = "r" + std::to_string(i * 7919 % 300), .game = "chess", .player = id});
        });
    ASSERT_NE(bytes().find("Annabel Lee"), std::string::npos);
    ASSERT_TRUE(views->forget("annabel-is-her-id").has_value());
    EXPECT_EQ(bytes().find("Annabel Lee"), std::string::npos);
    EXPECT_EQ(bytes().find("annabel-is-her-id"), std::string::npos);
    EXPECT_NE(bytes().find("someone1"), std::string::npos);
}

TEST_F(ViewsFileTest, that_is_damaged_says_so_and_is_made_anew)
{
    {
        auto const views = open().value();
        for (int i = 0; i < 200; i++)
            advance(*views,
                [&](Rows& rows) { rows.put(Player{.game = "chess", .id = std::to_string(i)}); });
    }
    auto const size = fs::file_size(views_of(store()));
    for (std::uintmax_t page = 0; page < size; page += 4096) {
        std::fstream file(views_of(store()), std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(page));
        file.write(std::string(4096, '\x5a').data(), 4096);
    }
    auto const damaged = open();
    ASSERT_FALSE(damaged);
    EXPECT_NE(damaged.error().code, ErrorCode::unavailable);
    ASSERT_TRUE(remove_views(store()).has_value());
    EXPECT_EQ(open().value()->checkpoint().value(), Checkpoint{});
}

TEST_F(ViewsFileTest, with_a_row_that_cannot_be_is_damaged)
{
    auto const views = open().value();
    advance(*views, [](Rows& rows) {
        rows.put(Room{.id = "r.1", .game = "chess"}); // It never sat at any table.
    });
    auto const from = views->checkpoint().value();
    auto const found
        = views->advance(from, {.source = "log", .next = from.next + 1}, [](Rows& rows) {
              EXPECT_FALSE(rows.room("r.1"));
              rows.put(Player{.game = "chess", .id = "ann"});
          });
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::internal);
    EXPECT_EQ(views->checkpoint().value(), from);
    EXPECT_TRUE(views->stats("ann").value().empty()) << "the transaction failed as a whole";
}

TEST_F(ViewsFileTest, answers_in_the_order_of_its_indexes)
{
    ASSERT_TRUE(open().has_value());
    auto database = Database::open(views_of(store()), SQLITE_OPEN_READWRITE).value();
    auto const asked = view_questions();
    for (auto const& sql : {asked.room, asked.played, asked.player, asked.leaders[0],
             asked.leaders[1], asked.leaders[2], asked.stats, asked.finished, asked.finished_by,
             asked.finished_room, std::string("UPDATE played SET player = '' WHERE player = ?1"),
             std::string("DELETE FROM player WHERE id = ?1")}) {
        auto plan = database.prepare(("EXPLAIN QUERY PLAN " + sql).c_str()).value();
        auto rows = plan.run();
        std::string text;
        while (rows.next())
            text += std::string(rows.bytes(3)) + "; ";
        EXPECT_EQ(text.find("SCAN"), std::string::npos) << sql << ": " << text;
        EXPECT_EQ(text.find("TEMP B-TREE"), std::string::npos) << sql << ": " << text;
        EXPECT_NE(text.find("SEARCH"), std::string::npos) << sql << ": " << text;
    }
}

} // namespace
} // namespace gatehouse::storage::sqlite
