// SPDX-License-Identifier: Apache-2.0
#include "gateway/pipeline.hpp"

#include "gateway/http1_client.hpp"
#include "gateway/world_test.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

// A gateway whose stages are the test's own, where it says so.
struct OwnStages {
    explicit OwnStages(GatewayOptions options)
        : context(world.ports())
    {
        context.plan = make_plan(
            gatehouse::gateway::compile(std::move(options)).value(), nullptr, world.metrics,
            world.now.steady);
        context.stages = stages;
    }
    ~OwnStages() { context.connections.clear(); }

    void put(std::string_view name, Progress (*run)(Exchange&, Context&))
    {
        std::ranges::find(stages, name, &Stage::name)->run = run;
    }
    ConnectionId connect()
    {
        auto const id = world.wire.open();
        context.connections.adopt(
            id, std::make_unique<Http1Client>(context, id, Accepted{.ip = "192.0.2.7"}));
        return id;
    }
    std::string ask(ConnectionId id, std::string_view request)
    {
        context.connections.find(id)->received(request);
        return std::exchange(world.wire.links[id].queued, {});
    }
    Connection& upstream()
    {
        auto& connection = *context.connections.find(world.wire.dialled.back());
        connection.connected();
        return connection;
    }
    std::string heard_upstream() { return world.wire.links[world.wire.dialled.back()].queued; }

    World world{one_service()};
    Context context;
    std::vector<Stage> stages{pipeline().begin(), pipeline().end()};
};

int runs = 0;

Progress take_whole_body(Exchange& exchange, Context&)
{
    runs++;
    if (!exchange.has_body())
        return Progress::needs_body;
    if (exchange.body.collected != "bad")
        return Progress::go_on;
    exchange.refuse(ErrorCode::bad_request, "The body is bad.");
    return Progress::answered;
}

struct NeedsBody : testing::Test {
    NeedsBody()
    {
        runs = 0;
        gate.put("validate", take_whole_body);
    }
    OwnStages gate{one_service()};
    ConnectionId client = gate.connect();
};

TEST_F(NeedsBody, runs_the_stage_again_once_the_body_is_whole)
{
    EXPECT_EQ(
        gate.ask(client, "POST /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\ngo"), "");
    EXPECT_TRUE(gate.world.wire.dialled.empty());
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(gate.ask(client, "od"), "");
    EXPECT_EQ(runs, 2);
    auto& upstream = gate.upstream();
    EXPECT_TRUE(gate.heard_upstream().ends_with("Content-Length: 4\r\n\r\ngood"));
    upstream.received(plain_answer);
    EXPECT_TRUE(gate.ask(client, "").ends_with("hi"));
}

TEST_F(NeedsBody, sends_a_chunked_body_on_with_its_length)
{
    EXPECT_EQ(gate.ask(client,
                  "POST /api/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "2\r\ngo\r\n2\r\nod\r\n0\r\n\r\n"),
        "");
    EXPECT_TRUE(gate.heard_upstream().ends_with("Content-Length: 4\r\n\r\ngood"))
        << gate.heard_upstream();
    EXPECT_FALSE(has(gate.heard_upstream(), "chunked"));
}

TEST_F(NeedsBody, asks_nothing_of_who_sends_none)
{
    EXPECT_EQ(gate.ask(client, plain_get), "");
    EXPECT_EQ(runs, 1);
    EXPECT_FALSE(has(gate.heard_upstream(), "Content-Length"));
}

TEST_F(NeedsBody, refuses_with_the_body_read_and_keeps_the_connection)
{
    auto const refused
        = gate.ask(client, "POST /api/x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nbad");
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 400 ")) << refused;
    EXPECT_TRUE(gate.world.wire.dialled.empty());
    EXPECT_TRUE(gate.world.wire.is_open(client));
}

TEST(NeedsBodyBound, is_the_routes_body_max)
{
    auto options = one_service();
    options.routes[0].max_body = 5;
    OwnStages gate(options);
    gate.put("validate", take_whole_body);
    auto const client = gate.connect();
    auto const refused = gate.ask(client,
        "POST /api/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n");
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 413 ")) << refused;
}

Progress call_the_third_time(Exchange& exchange, Context&)
{
    if (exchange.attempt.number < 3)
        return Progress::again;
    exchange.answer.made = http::Response{.body = "third"};
    return Progress::answered;
}

Progress count(Exchange&, Context&)
{
    runs++;
    return Progress::go_on;
}

TEST(Again, goes_back_to_balance)
{
    OwnStages gate(one_service());
    runs = 0;
    gate.put("call", call_the_third_time);
    gate.put("balance", count);
    EXPECT_TRUE(gate.ask(gate.connect(), plain_get).ends_with("third"));
    EXPECT_EQ(runs, 3);
}

TEST(Again, has_an_end_however_often_it_is_said)
{
    OwnStages gate(one_service());
    runs = 0;
    gate.put("call", [](Exchange&, Context&) { return Progress::again; });
    gate.put("balance", count);
    auto const answer = gate.ask(gate.connect(), plain_get);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ") && has(answer, "SVC_001")) << answer;
    EXPECT_EQ(runs, attempts_max);
}

} // namespace
} // namespace gatehouse::gateway
