// SPDX-License-Identifier: Apache-2.0
#include "node/world_test.hpp"

#include "projections/boards.hpp"

#include <gtest/gtest.h>

namespace gatehouse::node {
namespace {

using namespace projections;

// Notes what it is asked, and answers later what it is given.
struct TestBoards final : Boards {
    explicit TestBoards(World& around)
        : world(around)
    {
        for (auto& each : world.shards)
            each = std::make_unique<TestShard>(
                world, static_cast<ShardIndex>(&each - world.shards.data()), this);
    }

    std::string shown_id(std::string_view) const override { return "0123456789abcdef"; }
    void leaders(LeadersQuestion question, OnPlayers done) override
    {
        asked = fmt::format("leaders {} '{}' {} {}", question.game, question.period,
            enum_names(question.by)[std::to_underlying(question.by)], question.limit);
        answer(std::move(done), players);
    }
    void stats(std::string player, OnPlayers done) override
    {
        asked = "stats " + player;
        answer(std::move(done), players);
    }
    void finished(FinishedQuestion question, OnFinished done) override
    {
        asked = fmt::format("finished {} '{}' {} {}", question.game, question.player,
            question.after ? fmt::format("{} {}", question.after->at.ms, question.after->room)
                           : "-",
            question.limit);
        answer(std::move(done), rooms);
    }
    void forget(std::string_view subject, OnDone done) override
    {
        forgotten.emplace_back(subject);
        answer(std::move(done), forgets);
    }
    void rebuild(projections::Rebuild what, OnDone done) override
    {
        asked = what == projections::Rebuild::unless_archived ? "rebuild" : "rebuild, forget";
        answer(std::move(done), Result<void>());
    }
    void progress(OnProgress done) override
    {
        answer(std::move(done),
            Result<Progress>(Progress{.place = "x.views",
                .rows = {.next = 7, .is_whole = true},
                .end = 9,
                .trouble = "the disk"}));
    }

    template <typename Done, typename Value>
    void answer(Done done, Value value)
    {
        world.later.push_back([done = std::move(done), value = std::move(value)]() mutable {
            done(std::move(value));
        });
    }

    World& world;
    std::string asked;
    std::vector<std::string> forgotten;
    Result<std::vector<Player>> players{};
    Result<std::vector<FinishedRoom>> rooms{};
    Result<void> forgets{};
};

struct BoardsTest : ::testing::Test {
    BoardsTest() { world.start(); }

    std::string get(std::string const& target) { return world.ask(0, "GET " + target); }
    std::string asked_by(std::string const& target)
    {
        boards.asked.clear();
        static_cast<void>(get(target));
        return boards.asked;
    }

    World world;
    TestBoards boards{world};
};

bool has(std::string const& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

TEST_F(BoardsTest, ask_for_what_the_query_says)
{
    EXPECT_EQ(asked_by("/v1/games/tally/leaders"), "leaders tally '' wins 20");
    EXPECT_EQ(asked_by("/v1/games/tally/leaders?by=rating&period=2026-11&limit=100"),
        "leaders tally '2026-11' rating 100");
    EXPECT_EQ(asked_by("/v1/games/tally/finished"), "finished tally '' - 20");
    EXPECT_EQ(
        asked_by("/v1/games/tally/finished?player=abcdefgh01234567&after=1795000.k7.9f&limit=3"),
        "finished tally 'abcdefgh01234567' 1795000 k7.9f 3");
    EXPECT_EQ(asked_by("/v1/players/abcdefgh01234567"), "stats abcdefgh01234567");
}

TEST_F(BoardsTest, refuse_what_makes_no_sense_and_ask_nothing)
{
    for (auto const& [target, status] : std::map<std::string, std::string>{
             {"/v1/games/tally/leaders?by=luck", "400"}, {"/v1/games/tally/leaders?limit=0", "400"},
             {"/v1/games/tally/leaders?limit=101", "400"},
             {"/v1/games/tally/leaders?limit=7x", "400"},
             {"/v1/games/tally/leaders?limit=99999999999999999999", "400"},
             {"/v1/games/tally/leaders?period=2026-13", "400"},
             {"/v1/games/tally/leaders?period=2026", "400"},
             {"/v1/games/tally/leaders?period=2026-1x", "400"},
             {"/v1/games/tally/finished?after=yesterday", "400"},
             {"/v1/games/tally/finished?after=12", "400"},
             {"/v1/games/tally/finished?player=me", "401"},
             {"/v1/games/tally/finished?player=ann", "404"}, {"/v1/games/tally/losers", "404"},
             {"/v1/games/tally/leaders/more", "404"}, {"/v1/games/tally", "404"},
             {"/v1/games/ludo/leaders", "404"}, {"/v1/players/me", "401"},
             {"/v1/players/ABCDEFGH01234567", "404"}, {"/v1/players/", "404"}}) {
        boards.asked.clear();
        EXPECT_TRUE(has(get(target), "HTTP/1.1 " + status)) << target << "\n" << get(target);
        EXPECT_EQ(boards.asked, "") << target;
    }
    EXPECT_TRUE(has(world.ask(0, "POST /v1/games/tally/leaders"), "405"));
    boards.players = fail(ErrorCode::busy, "Too much is asked.");
    EXPECT_TRUE(has(get("/v1/games/tally/leaders"), "\"busy\""));
}

TEST_F(BoardsTest, tell_of_leaders_players_and_rooms)
{
    boards.players = std::vector{Player{.game = "tally",
        .id = "abcdefgh01234567",
        .name = "Ann \"A\"",
        .games = 9,
        .wins = 4,
        .draws = 2,
        .given_up = 1,
        .points = -3,
        .ms = 65'000,
        .rating = 1516,
        .last_at = {1'795'000'000'000}}};
    auto const sums = R"("name":"Ann \"A\"","games":9,"wins":4,"draws":2,"losses":2,"given_up":1,)"
                      R"("points":-3,"rating":1516,"seconds":65,)"
                      R"("last_at":"2026-11-18T11:06:40.000Z"})";
    EXPECT_TRUE(has(get("/v1/games/tally/leaders"),
        R"({"game":"tally","period":"all","by":"wins","leaders":[{"player":"abcdefgh01234567",)"
            + std::string(sums) + "]}"))
        << get("/v1/games/tally/leaders");
    EXPECT_TRUE(has(get("/v1/players/abcdefgh01234567"),
        R"({"player":"abcdefgh01234567","games":[{"game":"tally",)" + std::string(sums) + "]}"));
    Played const won{.room = "r.1",
        .seat = 0,
        .player = "abcdefgh01234567",
        .outcome = Outcome::won,
        .place = 1,
        .points = 7,
        .rating = 16};
    Played const left{.room = "r.1", .seat = 2, .outcome = Outcome::given_up};
    boards.rooms = std::vector{FinishedRoom{.room = "r.1",
        .opened_at = {0},
        .at = {1'795'000'000'000},
        .seats = {{won, "Ann"}, {left, ""}}}};
    EXPECT_TRUE(has(get("/v1/games/tally/finished?limit=1"),
        R"({"game":"tally","finished":[{"room":"r.1","opened_at":"1970-01-01T00:00:00.000Z",)"
        R"("finished_at":"2026-11-18T11:06:40.000Z","seats":[{"seat":0,)"
        R"("player":"abcdefgh01234567","name":"Ann","outcome":"won","place":1,"points":7,)"
        R"("rating":16},{"seat":2,"outcome":"given_up","rating":0}]}],)"
        R"("next":"1795000000000.r.1"})"))
        << get("/v1/games/tally/finished?limit=1");
    EXPECT_FALSE(has(get("/v1/games/tally/finished?limit=2"), "next"));
}

TEST_F(BoardsTest, know_who_asks)
{
    auto const session = world.ask(0, "POST /v1/sessions");
    auto const at = session.find("\"token\":\"") + 9;
    auto const token = session.substr(at, session.find('"', at) - at);
    auto const found
        = world.ask(0, "GET /v1/players/me", "Authorization: Bearer " + token + "\r\n");
    EXPECT_TRUE(has(found, R"("player":"0123456789abcdef")")) << found;
    EXPECT_EQ(boards.asked, "stats 0123456789abcdef");
}

TEST_F(BoardsTest, are_for_operators_to_see_and_to_make_anew)
{
    auto const seen = world.ask(1, "GET /admin/projections", "", "", gateway::Listener::admin);
    EXPECT_TRUE(has(seen, R"({"place":"x.views","position":7,"end":9,"whole":true,"rooms":0,)"))
        << seen;
    EXPECT_TRUE(has(seen, R"("trouble":"the disk")"));
    EXPECT_TRUE(has(world.ask(1, "GET /admin/projections"), "404"));
    auto const told = world.ask(1, "POST /admin/projections/rebuild",
        "Content-Type: application/json\r\n", "{}", gateway::Listener::admin);
    EXPECT_TRUE(has(told, "200 OK")) << told;
    EXPECT_EQ(boards.asked, "rebuild");
    auto const order = [&](std::string_view body) {
        return world.ask(1, "POST /admin/projections/rebuild",
            "Content-Type: application/json\r\n", body, gateway::Listener::admin);
    };
    EXPECT_TRUE(has(order(R"({"forget_archived":true})"), "200 OK"));
    EXPECT_EQ(boards.asked, "rebuild, forget");
    EXPECT_TRUE(has(order(R"({"forget_archived":"yes"})"), "400"));
}

TEST_F(BoardsTest, forget_who_is_erased_before_their_keys_go_and_after)
{
    auto const erase = [&] {
        return world.ask(0, "POST /admin/subjects/erase", "Content-Type: application/json\r\n",
            R"({"id":"g_ann"})", gateway::Listener::admin);
    };
    world.store.on_forget = [&] { EXPECT_FALSE(boards.forgotten.empty()); };
    EXPECT_TRUE(has(erase(), "200 OK"));
    EXPECT_EQ(boards.forgotten, (std::vector<std::string>{"g_ann", "g_ann"}));
    boards.forgets = fail(ErrorCode::unavailable, "The disk is full.");
    EXPECT_TRUE(has(erase(), "ask again"));
}

TEST(Boards, that_are_not_kept_are_not_there)
{
    World world;
    world.start();
    for (auto const* target : {"/v1/games/tally/leaders", "/v1/players/me"})
        EXPECT_TRUE(has(world.ask(0, std::string("GET ") + target), "keeps no leaderboards"));
}

} // namespace
} // namespace gatehouse::node
