// SPDX-License-Identifier: Apache-2.0
#include "gateway/handler.hpp"

#include "gateway/world_test.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

// A client of no protocol: it writes down what it is told.
struct RecordingClient final : Client {
    std::string told;
    std::size_t waiting = 0; // Of the answer, not taken yet.

    void interim(http::ResponseHead const& head) override
    {
        told += "interim " + std::to_string(head.status) + "\n";
    }
    void head(AnswerHead const& head) override
    {
        told += "head " + std::to_string(head.status);
        if (head.framing != http::Framing::none || head.tells_length)
            told += head.framing == http::Framing::chunked ? " until its end"
                                                           : " " + std::to_string(head.length);
        told += head.is_last ? ", the last\n" : "\n";
        for (auto const& field : head.fields)
            if (field.name == "X-Own" || field.name == "Connection")
                told += std::string(field.name) + ": " + std::string(field.value) + "\n";
    }
    void body(std::string_view bytes) override
    {
        told += "body " + std::string(bytes.substr(0, 20)) + "\n";
        waiting += bytes.size();
    }
    void body(Frame bytes) override { body(std::string_view(*bytes)); }
    void end() override { told += "end\n"; }
    void reset() override { told += "reset\n"; }
    HandedOver hand_over() override
    {
        told += "hand over\n";
        return {};
    }
    ConnectionId connection() const override { return {}; }
    void read_on() override { }
    std::size_t backlog() const override { return waiting; }
};

struct HandlerTest : testing::Test {
    HandlerTest()
        : context(world.ports())
    {
        context.plan = make_plan(gatehouse::gateway::compile(one_service()).value(), nullptr,
            world.metrics, world.now.steady);
    }
    ~HandlerTest() override { context.connections.clear(); }

    void begin(
        std::string_view method, std::string_view path, http::Framing framing = http::Framing::none)
    {
        head = {.method = method,
            .target = path,
            .path = path,
            .query = {},
            .host = "h",
            .headers = {},
            .framing = framing};
        handler.begin(head);
        if (framing == http::Framing::none)
            handler.end();
    }
    void say(std::string_view bytes)
    {
        auto& upstream = *context.connections.find(world.wire.dialled.back());
        upstream.connected();
        upstream.received(bytes);
    }
    World world{one_service()};
    Context context;
    RecordingClient client;
    http::RequestHead head;
    Handler handler{context, client, {.ip = "192.0.2.7"}};
};

TEST_F(HandlerTest, tells_a_client_of_any_protocol_head_body_end)
{
    begin("GET", "/api/x");
    say("HTTP/1.1 200 OK\r\nX-Own: 1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(client.told, "head 200 2\nX-Own: 1\nbody hi\nend\n");
    EXPECT_FALSE(handler.is_busy());
}

TEST_F(HandlerTest, leaves_the_framing_of_an_unknown_length_to_the_client)
{
    begin("GET", "/api/x");
    say("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
    EXPECT_EQ(client.told, "interim 103\nhead 200 until its end\nbody hi\nend\n");
}

TEST_F(HandlerTest, says_how_long_a_body_would_be_that_is_not_sent)
{
    begin("HEAD", "/api/x");
    say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(client.told, "head 200 2\nend\n");
}

TEST_F(HandlerTest, resets_what_was_begun_and_is_cut)
{
    begin("GET", "/api/x");
    say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi");
    context.connections.find(world.wire.dialled.back())->closed(CloseReason::failed);
    EXPECT_EQ(client.told, "head 200 9\nbody hi\nreset\n");
}

TEST_F(HandlerTest, refuses_a_body_that_does_not_come_as_the_last_answer)
{
    begin("POST", "/v1/x", http::Framing::chunked);
    EXPECT_TRUE(handler.takes_body());
    world.advance(31s);
    EXPECT_TRUE(client.told.starts_with("head 408")) << client.told;
    EXPECT_TRUE(has(client.told, ", the last\n"));
    EXPECT_TRUE(client.told.ends_with("end\n"));
}

TEST_F(HandlerTest, gives_up_on_a_client_that_reads_nothing)
{
    begin("GET", "/api/x");
    say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 9; i++)
        say("10000\r\n" + std::string(65'536, 'x') + "\r\n");
    EXPECT_TRUE(world.wire.links[world.wire.dialled.back()].is_paused);
    world.advance(29s);
    client.waiting -= 1000; // It reads a little, which counts.
    world.advance(29s);
    EXPECT_TRUE(handler.is_busy());
    world.advance(3s);
    EXPECT_TRUE(client.told.ends_with("reset\n"));
}

TEST_F(HandlerTest, an_answer_for_a_request_that_is_gone_finds_nobody)
{
    begin("GET", "/v1/x");
    handler.gone();
    begin("GET", "/v1/y"); // In the same, recycled exchange.
    world.local.questions.at(0).done({.body = "late"});
    EXPECT_EQ(client.told, "reset\n");
    world.local.questions.at(1).done({.body = "own"});
    EXPECT_EQ(client.told, "reset\nhead 200 3\nbody own\nend\n");
}

} // namespace
} // namespace gatehouse::gateway
