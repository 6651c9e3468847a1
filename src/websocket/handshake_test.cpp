// SPDX-License-Identifier: Apache-2.0
#include "websocket/handshake.hpp"

#include <gtest/gtest.h>

namespace gatehouse::websocket {
namespace {

constexpr std::string_view example_key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view example_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
constexpr std::array<std::string_view, 2> protocols{"gatehouse.v1.json", "gatehouse.v1.cbor"};

// The request of a browser, with some header lines replaced (or dropped, where the value is empty).
http::RequestHead request(std::vector<http::Header> const& changes = {})
{
    std::vector<http::Header> lines{{"Host", "example.com"}, {"Upgrade", "websocket"},
        {"Connection", "keep-alive, Upgrade"}, {"Sec-WebSocket-Key", example_key},
        {"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Protocol", "chat, gatehouse.v1.cbor"}};
    http::RequestHead head;
    head.method = "GET";
    head.target = head.path = "/v1/connect";
    for (auto& line : lines) {
        for (auto const& change : changes)
            if (change.name == line.name)
                line.value = change.value;
        if (!line.value.empty())
            head.headers.add(line.name, line.value);
    }
    return head;
}

int refusal_of(http::RequestHead const& head)
{
    auto const checked = check_request(head, protocols);
    return checked ? 0 : checked.error().status;
}

TEST(Handshake, computes_the_accept_value_of_rfc_6455)
{
    EXPECT_EQ(accept_for(example_key), example_accept);
}

TEST(Handshake, answers_a_browser)
{
    auto const upgrade = check_request(request(), protocols);
    ASSERT_TRUE(upgrade);
    EXPECT_EQ(upgrade->protocol, "gatehouse.v1.cbor");
    EXPECT_EQ(render_response(*upgrade),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        "Sec-WebSocket-Protocol: gatehouse.v1.cbor\r\n\r\n");
}

TEST(Handshake, picks_the_first_offer_that_both_know_over_all_lines)
{
    auto head = request(
        {{"Sec-WebSocket-Protocol", "chat,,  gatehouse.v1.json ,gatehouse.v1.cbor"}});
    EXPECT_EQ(check_request(head, protocols)->protocol, "gatehouse.v1.json");
    head = request({{"Sec-WebSocket-Protocol", "chat"}});
    EXPECT_EQ(check_request(head, protocols)->protocol, "");
    head.headers.add("sec-websocket-protocol", "gatehouse.v1.json");
    EXPECT_EQ(check_request(head, protocols)->protocol, "gatehouse.v1.json");
    EXPECT_EQ(check_request(request({{"Sec-WebSocket-Protocol", ""}}), protocols)->protocol, "");
}

TEST(Handshake, refuses_what_does_not_follow_the_rules)
{
    EXPECT_EQ(refusal_of(request()), 0);
    EXPECT_EQ(refusal_of(request({{"Upgrade", "WebSocket"}, {"Connection", "upgrade"}})), 0);

    auto post = request();
    post.method = "POST";
    EXPECT_EQ(refusal_of(post), 405);
    auto old = request();
    old.minor_version = 0;
    EXPECT_EQ(refusal_of(old), 400);
    auto with_body = request();
    with_body.framing = http::Framing::length;
    with_body.content_length = 1;
    EXPECT_EQ(refusal_of(with_body), 400);

    EXPECT_EQ(refusal_of(request({{"Upgrade", ""}})), 400);
    EXPECT_EQ(refusal_of(request({{"Upgrade", "h2c"}})), 400);
    EXPECT_EQ(refusal_of(request({{"Connection", "close"}})), 400);
    EXPECT_EQ(refusal_of(request({{"Connection", "upgraded"}})), 400);

    for (std::string_view const bad : {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZR==",
             "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZQ= ", "dGhlIHNhbXBsZSBub25jZTE="})
        EXPECT_EQ(refusal_of(request({{"Sec-WebSocket-Key", bad}})), 400) << bad;
    auto twice = request();
    twice.headers.add("Sec-WebSocket-Key", example_key);
    EXPECT_EQ(refusal_of(twice), 400);

    for (std::string_view const bad : {"", "8", "12", "14", "013", "13, 13"})
        EXPECT_EQ(refusal_of(request({{"Sec-WebSocket-Version", bad}})), 426) << bad;
}

TEST(Handshake, of_a_client_names_its_offer)
{
    EXPECT_EQ(render_request({.host = "a:80", .target = "/v1/connect?x", .key = example_key,
                  .protocols = "gatehouse.v1.json", .extra_lines = "Origin: http://a\r\n"}),
        "GET /v1/connect?x HTTP/1.1\r\nHost: a:80\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: gatehouse.v1.json\r\nOrigin: http://a\r\n\r\n");
}

TEST(Handshake, of_a_client_believes_only_the_right_answer)
{
    ClientRequest const sent{
        .host = "a", .target = "/", .key = example_key, .protocols = "one, two"};
    auto const answer = [&sent](int status, std::vector<http::Header> const& lines) {
        http::ResponseHead head;
        head.status = status;
        for (auto const& [name, value] : lines)
            head.headers.add(name, value);
        return check_response(head, sent);
    };
    http::Header const upgrade{"upgrade", "WebSocket"};
    http::Header const connection{"connection", "Upgrade"};
    http::Header const accept{"Sec-WebSocket-Accept", example_accept};

    EXPECT_EQ(answer(101, {upgrade, connection, accept}), "");
    EXPECT_EQ(answer(101, {upgrade, connection, accept, {"Sec-WebSocket-Protocol", "two"}}), "two");

    EXPECT_FALSE(answer(200, {upgrade, connection, accept}));
    EXPECT_FALSE(answer(101, {connection, accept}));
    EXPECT_FALSE(answer(101, {upgrade, accept}));
    EXPECT_FALSE(answer(101, {upgrade, connection}));
    EXPECT_FALSE(answer(101, {upgrade, connection, {"Sec-WebSocket-Accept", example_key}}));
    EXPECT_FALSE(answer(101, {upgrade, connection, accept, accept}));
    EXPECT_FALSE(answer(101, {upgrade, connection, accept, {"Sec-WebSocket-Protocol", "three"}}));
    EXPECT_FALSE(answer(101, {upgrade, connection, accept, {"Sec-WebSocket-Extensions", "x"}}));
}

}  // namespace
}  // namespace gatehouse::websocket
