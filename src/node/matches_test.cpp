// SPDX-License-Identifier: Apache-2.0
#include "node/world_test.hpp"

#include "projections/boards.hpp"

#include <gtest/gtest.h>

namespace gatehouse::node {
namespace {

using rooms::testing::Json;

// Ratings, as read models have them.
struct Ratings final : projections::Boards {
    std::map<std::string, int, std::less<>> of{};

    std::string shown_id(std::string_view subject) const override { return std::string(subject); }
    void stats(std::string player, OnPlayers done) override
    {
        std::vector<projections::Player> games(2);
        games[0].game = "chess";
        games[0].rating = 3'000;
        games[1].game = "tally";
        if (auto const found = of.find(player); found != of.end())
            games[1].rating = found->second;
        done(std::move(games));
    }
    void leaders(projections::LeadersQuestion, OnPlayers) override { }
    void finished(projections::FinishedQuestion, OnFinished) override { }
    void forget(std::string_view, OnDone done) override { done({}); }
    void rebuild(projections::Rebuild, OnDone) override { }
    void progress(OnProgress) override { }
};

struct Person {
    std::string token;
    std::string principal;
};

struct MatchesTest : ::testing::Test {
    MatchesTest()
    {
        for (ShardIndex shard = 0; shard < World::shards_count; shard++)
            world.shards[shard] = std::make_unique<TestShard>(world, shard, &ratings);
        world.start();
    }

    static Json body_of(std::string const& answer)
    {
        auto const at = answer.find("\r\n\r\n");
        return at == answer.npos ? Json() : Json::parse(answer.substr(at + 4), nullptr, false);
    }
    static bool has(std::string_view text, std::string_view part)
    {
        return text.find(part) != text.npos;
    }
    Person come(int rating = 1'500)
    {
        auto const made = body_of(world.ask(0, "POST /v1/sessions"));
        Person person{made["token"], made["principal"]};
        ratings.of[person.principal] = rating;
        return person;
    }
    // A question that may be answered later: its connection.
    struct Asked {
        ShardIndex shard;
        ConnectionId id;
    };
    Asked ask(
        ShardIndex shard, Person const& who, std::string_view line, std::string const& body = "")
    {
        auto const id = world.connect(shard);
        world.shards[shard]->node.received(id,
            bytes = fmt::format("{} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {}\r\n"
                                "Content-Length: {}\r\n\r\n{}",
                line, who.token, body.size(), body));
        world.run();
        return {shard, id};
    }
    Asked seek(ShardIndex shard, Person const& who, int first = 0)
    {
        return ask(shard, who, "POST /v1/matches",
            fmt::format(R"({{"game":"tally","options":{{"first":{}}}}})", first));
    }
    std::string heard(Asked const& asked)
    {
        return std::exchange(world.shards[asked.shard]->sockets[asked.id].sent, {});
    }

    World world;
    Ratings ratings;
    std::string bytes;
};

TEST_F(MatchesTest, lead_those_who_suit_each_other_into_a_room_with_their_seats)
{
    auto const ann = come();
    auto const bob = come();
    auto const eve = come();
    auto const first = seek(0, ann);
    EXPECT_EQ(heard(first), "");
    world.advance(3s);
    auto const second = seek(1, bob);
    auto const answer = heard(first);
    EXPECT_TRUE(has(answer, " 200 ")) << answer;
    auto const found = body_of(answer);
    EXPECT_EQ(found["status"], "found");
    EXPECT_EQ(found["waited_ms"], 3'000);
    EXPECT_EQ(found["seat"], 0);
    EXPECT_EQ(found["players"], 2);
    auto const others = body_of(heard(second));
    EXPECT_EQ(others["room"], found["room"]);
    EXPECT_EQ(others["seat"], 1);
    std::string const room = found["room"];
    auto const shown = body_of(world.ask(2, "GET /v1/rooms/" + room));
    EXPECT_EQ(shown["code"], found["code"]);
    EXPECT_EQ(shown["seats"][0]["reserved"], true);
    EXPECT_EQ(shown["seats"][1]["reserved"], true);
    EXPECT_EQ(shown["free"], 1);
    EXPECT_EQ(body_of(world.ask(2, "GET /v1/rooms"))["rooms"].size(), 0u) << "it is theirs";
    auto const give_up = "DELETE /v1/rooms/" + room + "/reservation";
    EXPECT_TRUE(has(heard(ask(2, eve, give_up)), " 404 "));
    EXPECT_TRUE(has(heard(ask(2, bob, give_up)), " 204 "));
    world.advance(21s);
    EXPECT_EQ(body_of(world.ask(2, "GET /v1/rooms/" + room))["free"], 3) << "they did not come";
}

TEST_F(MatchesTest, go_by_what_the_server_knows_of_their_play)
{
    auto const weak = come(1'000);
    auto const strong = come(1'450);
    auto const a = seek(0, weak);
    auto const b = ask(1, strong, "POST /v1/matches", R"({"game":"tally","rating":1000})");
    world.advance(24s);
    EXPECT_EQ(heard(a) + heard(b), "") << "what they say themselves counts for nothing";
    auto const near = seek(2, come(1'010));
    EXPECT_EQ(body_of(heard(near))["seat"], 1);
    EXPECT_EQ(body_of(heard(a))["seat"], 0);
    EXPECT_EQ(heard(b), "");
}

TEST_F(MatchesTest, have_whoever_waits_ask_again_and_keep_the_time)
{
    auto const ann = come();
    auto const asked = seek(0, ann);
    world.advance(25s);
    auto const answer = heard(asked);
    EXPECT_TRUE(has(answer, " 202 ")) << answer;
    auto const waiting = body_of(answer);
    EXPECT_EQ(waiting["status"], "waiting");
    auto const line = "GET /v1/matches/" + std::string(waiting["match"]);
    auto const again = ask(1, ann, line);
    EXPECT_TRUE(has(heard(ask(1, come(), line)), " 404 ")) << "it is hers";
    world.advance(6s);
    auto const alone = body_of(heard(again));
    EXPECT_EQ(alone["status"], "found") << "after 30 s one will do";
    EXPECT_EQ(alone["players"], 1);
    EXPECT_TRUE(
        has(heard(ask(2, ann, "DELETE /v1/matches/" + std::string(waiting["match"]))), " 409 "));
}

TEST_F(MatchesTest, let_people_leave)
{
    auto const ann = come();
    auto const asked = seek(0, ann);
    world.advance(25s);
    std::string const match = body_of(heard(asked))["match"];
    EXPECT_TRUE(has(heard(ask(1, ann, "DELETE /v1/matches/" + match)), " 204 "));
    EXPECT_TRUE(has(heard(ask(1, ann, "GET /v1/matches/" + match)), " 404 "));
    auto const bob = seek(2, come());
    EXPECT_EQ(heard(bob), "");
}

TEST_F(MatchesTest, tell_again_what_was_found_until_the_seat_is_used)
{
    auto const ann = come();
    auto const first = seek(0, ann);
    auto const bob = seek(1, come());
    std::string const room = body_of(heard(bob))["room"];
    ASSERT_EQ(body_of(heard(first))["room"], room);
    for (ShardIndex shard = 0; shard < World::shards_count; shard++) {
        auto const again = heard(seek(shard, ann));
        EXPECT_TRUE(has(again, " 200 ")) << again;
        EXPECT_EQ(body_of(again)["room"], room) << "the answer may have been lost";
    }
    EXPECT_TRUE(has(heard(ask(2, ann, "DELETE /v1/rooms/" + room + "/reservation")), " 204 "));
    EXPECT_EQ(heard(seek(2, ann)), "") << "now she looks for others";
}

TEST_F(MatchesTest, are_not_made_with_who_closed_the_page)
{
    auto const gone = seek(0, come());
    world.shards[0]->node.closed(gone.id, gateway::CloseReason::failed);
    world.run();
    auto const half = seek(1, come(2'900));
    world.shards[1]->node.ended(half.id);
    world.run();
    EXPECT_EQ(body_of(heard(half))["status"], "waiting") << "it hears that it is to ask again";
    world.advance(3s);
    auto const bob = seek(2, come());
    auto const cem = seek(2, come(2'900));
    world.advance(10s);
    EXPECT_EQ(heard(bob) + heard(cem), "");
}

TEST_F(MatchesTest, refuse_what_makes_no_sense)
{
    auto const ann = come();
    struct Case {
        std::string_view line;
        std::string body;
        std::string_view says;
    };
    for (auto const& [line, body, says] : {
             Case{"POST /v1/matches", "{", " 400 "},
             Case{"POST /v1/matches", "{}", "/game: expected"},
             Case{"POST /v1/matches", R"({"game":"chess"})", " 404 "},
             Case{"POST /v1/matches", R"({"game":"tally","options":{"first":"x"}})",
                 "/options/first"},
             Case{"GET /v1/matches", "", "Allow: POST\r\n"},
             Case{"PUT /v1/matches/x", "", "Allow: GET, DELETE\r\n"},
             Case{"GET /v1/matches/x", "", " 404 "},
             Case{"DELETE /v1/matches/ffff0000000000000000000000000000", "", " 404 "},
         }) {
        auto const answer = heard(ask(1, ann, line, body));
        EXPECT_TRUE(has(answer, says)) << line << body << "\n" << answer;
    }
    EXPECT_TRUE(has(world.ask(0, "POST /v1/matches", "", "{}"), " 401 "));
}

TEST_F(MatchesTest, end_when_the_server_stops)
{
    auto const asked = seek(0, come());
    for (auto& each : world.shards)
        each->node.drain(100ms);
    world.run();
    auto const answer = heard(asked);
    EXPECT_TRUE(has(answer, " 503 ") && has(answer, R"("unavailable")")) << answer;
}

TEST_F(MatchesTest, say_so_when_no_room_can_be_kept)
{
    auto const a = seek(0, come());
    world.store.is_failing = true;
    auto const b = seek(1, come());
    EXPECT_TRUE(has(heard(a), " 503 "));
    EXPECT_TRUE(has(heard(b), " 503 "));
}

TEST_F(MatchesTest, are_counted)
{
    static_cast<void>(seek(0, come()));
    auto const metrics
        = [&] { return world.ask(2, "GET /metrics", "", "", gateway::Listener::admin); };
    EXPECT_TRUE(has(metrics(), "gatehouse_matches_waiting{game=\"tally\"} 1"));
    static_cast<void>(seek(1, come()));
    auto const after = metrics();
    EXPECT_TRUE(has(after, "gatehouse_matches_waiting{game=\"tally\"} 0"));
    EXPECT_TRUE(has(after, "gatehouse_matched_players_total{game=\"tally\"} 2")) << after;
    EXPECT_TRUE(has(after, "gatehouse_match_wait_seconds_count{game=\"tally\"} 2"));
}

} // namespace
} // namespace gatehouse::node
