// SPDX-License-Identifier: Apache-2.0
#include "projections/projector.hpp"

#include "base/bytes.hpp"
#include "base/seal.hpp"
#include "events/audit.hpp"
#include "projections/testing.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <random>
#include <set>

namespace gatehouse::projections {
namespace {

using events::LogCursor;
using events::LogPage;
using events::PositionedEvent;
using events::Version;
using rooms::Placed;
using testing::MemoryViews;
using Fate = MemoryViews::Fate;

constexpr std::int64_t november = 1'795'000'000'000; // 2026-11-18
constexpr std::int64_t month = std::int64_t{31} * 24 * 3600 * 1000;

// A log as the platform writes it, with nothing of a game in it.
class LogMaker {
public:
    Version record(std::string const& room, rooms::PlatformEvent const& what)
    {
        auto const version = ++versions_[room];
        PositionedEvent event{.stream = room, .category = "chess", .event = {}};
        event.event.version = version;
        std::visit(
            [&](auto const& each) {
                event.event.type = each.name;
                if constexpr (requires { each.schema; })
                    event.event.schema = static_cast<std::uint16_t>(each.schema);
            },
            what);
        event.event.at = WallTime{now_ += 1000};
        event.event.data = rooms::encode_body(what);
        log_.emplace_back(std::move(event));
        return version;
    }

    void open(std::string const& room) { record(room, rooms::Opened{}); }
    // The next actor of the room.
    std::uint32_t bring(std::string const& room, std::string const& who)
    {
        auto& keys = keys_[room];
        auto const actor = static_cast<std::uint32_t>(keys.size() + 1);
        keys.push_back({who, actor, std::string(events::key_size, static_cast<char>(actor))});
        record(room, rooms::Came{});
        auto const sealed = seal(keys.back().key, std::string(seal_nonce_size, 'n'),
            "Name of " + who, rooms::Named::name);
        record(room, rooms::Named{.actor = actor, .sealed = to_hex(sealed)});
        return actor;
    }
    void fork(std::string const& room, std::string const& from, Version version)
    {
        keys_[room] = keys_[from];
        record(room, rooms::Forked{.from = from, .version = version});
    }
    void leave_out(std::string const& room)
    {
        for (auto& each : log_)
            if (each && each->stream == room)
                each.reset();
    }
    void cut_beginning(std::string const& room)
    {
        for (auto& each : log_)
            if (each && each->stream == room)
                return each.reset();
    }
    void forget(std::string const& who)
    {
        for (auto& [room, keys] : keys_)
            std::erase_if(keys, [&](auto const& each) { return each.subject == who; });
    }
    void wait(std::int64_t ms) { now_ += ms; }
    [[nodiscard]] Version version(std::string const& room) { return versions_[room]; }

    LogPage page(LogCursor from, std::size_t events_max) const
    {
        LogPage page{.events = {}, .next = std::max<LogCursor>(from, 1)};
        for (; page.next <= log_.size() && page.events.size() < events_max; page.next++)
            if (auto const& event = log_[page.next - 1])
                page.events.push_back(*event);
        page.is_last = page.next > log_.size();
        return page;
    }
    std::vector<events::MemberKey> keys(std::string const& room) const
    {
        auto const found = keys_.find(room);
        return found == keys_.end() ? std::vector<events::MemberKey>() : found->second;
    }

private:
    std::int64_t now_ = november;
    std::vector<std::optional<PositionedEvent>> log_;
    std::map<std::string, Version> versions_;
    std::map<std::string, std::vector<events::MemberKey>> keys_;
};

Projector projector_of(LogMaker const& log, std::function<std::size_t()> page_size = {},
    std::string history = "h", std::function<void()> meanwhile = {})
{
    return Projector({.page =
                          [&log, page_size, meanwhile](LogCursor from, std::size_t most) {
                              auto page = log.page(from, page_size ? page_size() : most);
                              if (meanwhile)
                                  meanwhile();
                              return Result<LogPage>(std::move(page));
                          },
        .keys = [&log](std::string const& room) -> Result<std::vector<events::MemberKey>> {
            return log.keys(room);
        },
        .shown_id = [](std::string_view subject) { return "id-" + std::string(subject); },
        .history = std::move(history)});
}

void catch_up(Projector projector, Views& views)
{
    for (int i = 0; i < 100'000; i++)
        if (auto const step = projector.step(views); step && step->is_last)
            return;
    FAIL() << "never comes to the end";
}

class Projecting : public ::testing::Test {
protected:
    void open(std::string const& room, std::vector<std::string> const& players)
    {
        log.open(room);
        for (int seat = 0; auto const& who : players)
            log.record(room, rooms::Seated{log.bring(room, who), seat++});
    }
    void project() { catch_up(projector_of(log), views); }
    Player player(std::string const& who, std::string const& period = "")
    {
        return views.contents.player("chess", period, "id-" + who).value_or(Player{});
    }

    LogMaker log;
    MemoryViews views;
};

TEST_F(Projecting, counts_who_won_and_by_what_name)
{
    open("a.1", {"ann", "bob"});
    log.record("a.1", rooms::Finished{{{0, 1, 1, 7}, {1, 2, 2, 3}}});
    project();
    EXPECT_EQ(player("ann").wins, 1);
    EXPECT_EQ(player("ann").points, 7);
    EXPECT_EQ(player("ann").rating, 1516);
    EXPECT_EQ(player("ann").name, "Name of ann");
    EXPECT_EQ(player("bob").games, 1);
    EXPECT_EQ(player("bob").wins, 0);
    EXPECT_EQ(player("bob").rating, 1484);
    EXPECT_EQ(player("bob").ms, 7000) << "from the opening to the end";
    EXPECT_EQ(player("bob", "2026-11").games, 1);
    EXPECT_EQ(player("bob", "2026-10").games, 0);
}

TEST_F(Projecting, adds_up_whatever_points_a_game_gives)
{
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    for (auto const* room : {"a.1", "b.1"}) {
        open(room, {"ann", "bob"});
        log.record(room, rooms::Finished{{{0, 1, 1, most}, {1, 2, 2, -most}}});
    }
    project();
    EXPECT_EQ(player("ann").points, 2'000'000'000'000);
    EXPECT_EQ(player("bob").points, -2'000'000'000'000);
}

TEST_F(Projecting, counts_a_shared_first_place_as_drawn)
{
    open("a.1", {"ann", "bob", "cid"});
    log.record("a.1", rooms::Finished{{{0, 1, 1, 7}, {1, 2, 1, 7}, {2, 3, 3, 0}}});
    project();
    EXPECT_EQ(player("ann").draws, 1);
    EXPECT_EQ(player("ann").wins, 0);
    EXPECT_EQ(player("cid").draws, 0);
}

TEST_F(Projecting, counts_a_room_without_results_as_given_up_by_whoever_sat_there)
{
    open("a.1", {"ann", "bob"});
    log.record("a.1", rooms::SeatLeft{1});
    log.record("a.1", rooms::BotSeated{1});
    log.record("a.1", rooms::Finished{});
    project();
    EXPECT_EQ(player("ann").games, 1);
    EXPECT_EQ(player("ann").given_up, 1);
    EXPECT_EQ(player("ann").rating, 1500);
    EXPECT_EQ(player("bob").games, 0) << "was not there any more";
}

TEST_F(Projecting, has_no_bot_and_nobody_who_is_forgotten)
{
    open("a.1", {"ann", "bob"});
    log.record("a.1", rooms::BotSeated{2});
    log.record("a.1", rooms::Finished{{{0, 1, 2, 0}, {1, 2, 3, 0}, {2, 0, 1, 5}}});
    log.forget("bob");
    project();
    EXPECT_EQ(views.contents.seats.size(), 3u);
    EXPECT_EQ(views.contents.players.size(), 2u) << "ann, ever and in November";
    EXPECT_EQ(player("ann").rating, 1500) << "there was nobody to play against";
}

TEST_F(Projecting, takes_back_what_a_room_brought_when_it_goes_back)
{
    open("a.1", {"ann", "bob"});
    auto const before = log.version("a.1");
    auto const over = log.record("a.1", rooms::Finished{{{0, 1, 1, 7}, {1, 2, 2, 3}}});
    log.record("a.1", rooms::Restored{.version = before});
    project();
    EXPECT_TRUE(views.contents.players.empty());
    EXPECT_TRUE(views.contents.seats.empty());

    log.record("a.1", rooms::Finished{{{0, 1, 2, 1}, {1, 2, 1, 9}}});
    project();
    EXPECT_EQ(player("bob").wins, 1);
    EXPECT_EQ(player("ann").games, 1);

    log.record("a.1", rooms::Restored{.version = over}); // It is over again, as it was first.
    project();
    EXPECT_EQ(player("ann").wins, 1);
    EXPECT_EQ(player("ann").rating, 1516);
    EXPECT_EQ(player("bob").wins, 0);
}

TEST_F(Projecting, counts_a_room_that_comes_back_from_the_archive_once)
{
    open("a.1", {"ann", "bob"});
    log.record("a.1", rooms::Finished{{{0, 1, 1, 7}, {1, 2, 2, 3}}});
    project();
    log.leave_out("a.1");
    open("a.1", {"ann", "bob"});
    log.record("a.1", rooms::Finished{{{0, 1, 1, 7}, {1, 2, 2, 3}}});
    project();
    EXPECT_EQ(player("ann").wins, 1);
    EXPECT_EQ(player("ann").rating, 1516);
    EXPECT_EQ(player("bob").games, 1);
}

TEST_F(Projecting, lets_a_fork_play_its_own_game_with_the_seats_of_the_other)
{
    open("a.1", {"ann", "bob"});
    log.record("a.1", rooms::Finished{{{0, 1, 1, 7}, {1, 2, 2, 3}}});
    log.fork("b.1", "a.1", log.version("a.1"));
    project();
    EXPECT_EQ(player("ann").games, 1) << "one game was played";
    log.record("b.1", rooms::Finished{});
    project();
    EXPECT_EQ(player("ann").games, 2);
    EXPECT_EQ(player("ann").given_up, 1);
    EXPECT_EQ(player("ann").wins, 1);
}

TEST_F(Projecting, is_of_the_month_in_which_a_game_ended)
{
    open("a.1", {"ann", "bob"});
    log.wait(month);
    log.record("a.1", rooms::Finished{{{0, 1, 1, 7}, {1, 2, 2, 3}}});
    open("a.2", {"ann", "bob"});
    log.record("a.2", rooms::Finished{{{0, 1, 1, 7}, {1, 2, 2, 3}}});
    project();
    EXPECT_EQ(player("ann", "2026-12").wins, 2);
    EXPECT_EQ(player("ann", "2026-11").wins, 0);
}

TEST_F(Projecting, begins_anew_with_another_history)
{
    open("a.1", {"ann", "bob"});
    log.record("a.1", rooms::Finished{{{0, 1, 1, 7}, {1, 2, 2, 3}}});
    project();
    LogMaker other;
    other.open("b.1");
    catch_up(projector_of(other, {}, "another"), views);
    EXPECT_EQ(views.checkpoint()->source, "v1 another");
    EXPECT_TRUE(views.contents.players.empty());
    EXPECT_TRUE(views.contents.rooms.contains("b.1"));
}

TEST_F(Projecting, finds_the_end_of_any_log)
{
    for (LogCursor end = 2; end < 70; end++) {
        log.record("a.1", rooms::Acted{});
        if (end % 3 == 0)
            log.leave_out("a.1");
        for (LogCursor from = 1; !log.page(from, 1).is_last; from++)
            ASSERT_EQ(projector_of(log).end(from).value(), end) << from;
    }
}

TEST_F(Projecting, passes_over_what_it_cannot_read)
{
    log.record("a.1", rooms::Seated{1, 0}); // The room's beginning is gone.
    open("a.2", {"ann", "bob"});
    log.record("a.2", rooms::Seated{1, 1'000'000'000});
    log.record("a.2", rooms::Finished{{{0, 1, 1, 7}, {1, 2, 2, 3}}});
    project();
    EXPECT_EQ(views.contents.rooms.size(), 1u);
    EXPECT_EQ(player("ann").wins, 1);
}

TEST_F(Projecting, remembers_a_bounded_part_of_a_rooms_past)
{
    open("a.1", {"ann"});
    for (int i = 0; i < 500; i++) {
        log.record("a.1", rooms::SeatLeft{0});
        log.record("a.1", rooms::Seated{1, 0});
    }
    project();
    EXPECT_EQ(views.contents.rooms["a.1"].past.tables.size(), Room::tables_max);
    log.record("a.1", rooms::Finished{});
    project();
    EXPECT_EQ(player("ann").given_up, 1);
}

// ---- Any log, however it is read

class RandomLog {
public:
    explicit RandomLog(unsigned seed)
        : chance_(seed)
    { }

    LogMaker make()
    {
        for (int i = 0; i < 150; i++)
            record();
        for (auto const& room : rooms_)
            if (one_in(8))
                log.leave_out(room);
            else if (one_in(8))
                log.cut_beginning(room);
        if (one_in(3))
            log.forget(who());
        return std::move(log);
    }

private:
    bool one_in(unsigned n) { return chance_() % n == 0; }
    std::string who() { return std::string(1, static_cast<char>('a' + chance_() % 6)); }
    void record()
    {
        if (rooms_.empty() || one_in(12)) {
            rooms_.push_back("r" + std::to_string(rooms_.size()) + ".1");
            if (rooms_.size() > 1 && one_in(3)) {
                auto const& from = rooms_[chance_() % (rooms_.size() - 1)];
                came_[rooms_.back()] = came_[from];
                log.fork(rooms_.back(), from, 1 + chance_() % log.version(from));
            } else {
                log.open(rooms_.back());
            }
        }
        auto const& room = rooms_[chance_() % rooms_.size()];
        auto& came = came_[room];
        auto const seat = static_cast<int>(chance_() % 4);
        if (one_in(40))
            log.wait(month / 4);
        switch (chance_() % 8) {
        case 0:
        case 1:
        case 2:
            if (came.size() < 6)
                came.push_back(log.bring(room, who()));
            log.record(room, rooms::Seated{came[chance_() % came.size()], seat});
            break;
        case 3: log.record(room, rooms::SeatLeft{seat}); break;
        case 4: log.record(room, rooms::Acted{}); break;
        case 5:
            log.record(room, rooms::Restored{.version = 1 + chance_() % log.version(room)});
            break;
        case 6: log.record(room, rooms::Finished{}); break;
        case 7: {
            rooms::Finished finished;
            for (int i = 0; i < 3; i++)
                finished.results.push_back(
                    {i, static_cast<std::uint32_t>(chance_() % (came.size() + 1)),
                        static_cast<int>(1 + chance_() % 3), static_cast<int>(chance_() % 100)});
            log.record(room, finished);
        }
        }
    }

    std::mt19937 chance_;
    LogMaker log;
    std::vector<std::string> rooms_;
    std::map<std::string, std::vector<std::uint32_t>> came_;
};

// A room as it is at a version, found out by reading its events over again.
struct Then {
    std::map<int, std::uint32_t> seats{};
    std::optional<Ending> ending{};
};
Then as_of(LogMaker const& log, std::string const& room, Version version)
{
    Then then;
    bool has_begun = false;
    for (auto const& each : log.page(0, 100'000).events) {
        has_begun = has_begun || (each.stream == room && each.event.version == 1);
        if (!has_begun || each.stream != room || each.event.version > version)
            continue;
        auto const event = rooms::decode_platform(
            each.event.type, each.event.schema, rooms::split(each.event.data)->body);
        if (auto const* forked = std::get_if<rooms::Forked>(&*event))
            then = {as_of(log, forked->from, forked->version).seats, {}};
        if (auto const* restored = std::get_if<rooms::Restored>(&*event))
            then = as_of(log, room, restored->version);
        auto const* seated = std::get_if<rooms::Seated>(&*event);
        if (seated && !then.ending)
            then.seats[seated->seat] = seated->actor;
        auto const* left = std::get_if<rooms::SeatLeft>(&*event);
        if (left && !then.ending)
            then.seats.erase(left->seat);
        if (auto const* finished = std::get_if<rooms::Finished>(&*event))
            then.ending = Ending{each.event.at, finished->results};
    }
    return then;
}

void expect_what_is_true(LogMaker const& log, MemoryViews const& views)
{
    std::size_t seats = 0;
    std::map<std::string, Player> sums;
    for (auto const& [id, room] : views.contents.rooms) {
        auto const now = as_of(log, id, 1'000'000);
        ASSERT_EQ(room.finished_at.has_value(), now.ending.has_value()) << id;
        auto const keys = log.keys(id);
        int moved = 0;
        std::map<int, std::uint32_t> actors = now.seats;
        if (now.ending && !now.ending->results.empty()) {
            actors.clear();
            for (auto const& placed : now.ending->results)
                actors[placed.seat] = placed.actor;
        }
        for (auto const& [seat, actor] : actors) {
            if (!now.ending)
                continue;
            seats++;
            auto const found = views.contents.seats.find({id, seat});
            ASSERT_NE(found, views.contents.seats.end()) << id << " " << seat;
            auto const& played = found->second;
            auto const key = std::ranges::find(keys, actor, &events::MemberKey::actor);
            EXPECT_EQ(played.player, key == keys.end() ? "" : "id-" + key->subject);
            EXPECT_EQ(played.at, now.ending->at);
            moved += played.rating;
            if (played.player.empty())
                continue;
            auto& sum = sums[played.player];
            sum.games++;
            sum.wins += played.outcome == Outcome::won;
            sum.draws += played.outcome == Outcome::drawn;
            sum.given_up += played.outcome == Outcome::given_up;
            sum.points += played.points;
            sum.ms += played.ms;
            sum.rating += played.rating;
        }
        EXPECT_EQ(moved, 0) << id;
    }
    EXPECT_EQ(views.contents.seats.size(), seats);
    for (auto const& [key, player] : views.contents.players) {
        if (!player.period.empty())
            continue;
        auto expected = sums[player.id];
        expected.game = player.game;
        expected.id = player.id;
        expected.name = player.name;
        expected.last_at = player.last_at;
        EXPECT_EQ(player, expected) << player.id;
        sums.erase(player.id);
    }
    EXPECT_TRUE(sums.empty());
}

TEST(Projections, of_any_log_are_what_reading_it_over_again_finds)
{
    for (unsigned seed = 0; seed < 200; seed++) {
        auto const log = RandomLog(seed).make();
        MemoryViews views;
        catch_up(projector_of(log), views);
        expect_what_is_true(log, views);
        if (::testing::Test::HasFailure())
            FAIL() << "seed " << seed;
    }
}

TEST(Projections, are_the_same_by_any_pages_with_breaks_and_with_two_at_it)
{
    for (unsigned seed = 0; seed < 200; seed++) {
        auto const log = RandomLog(seed).make();
        MemoryViews naive;
        catch_up(projector_of(log), naive);

        MemoryViews views;
        std::mt19937 chance(seed);
        auto const size = [&] { return 1 + chance() % 9; };
        auto const break_off = [&] {
            views.next = std::array{Fate::kept, Fate::kept, Fate::lost, Fate::kept_unknown}[
                chance() % 4];
        };
        auto other = projector_of(log, size);
        auto const meanwhile = [&] {
            break_off();
            if (chance() % 3 == 0)
                static_cast<void>(other.step(views));
            break_off();
        };
        catch_up(projector_of(log, size, "h", meanwhile), views);
        EXPECT_EQ(views.contents.players, naive.contents.players) << "seed " << seed;
        EXPECT_EQ(views.contents.seats, naive.contents.seats) << "seed " << seed;
        EXPECT_EQ(views.checkpoint()->next, naive.checkpoint()->next);
    }
}

} // namespace
} // namespace gatehouse::projections
