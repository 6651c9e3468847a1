// SPDX-License-Identifier: Apache-2.0
#include "gateway/world_test.hpp"

#include <gtest/gtest.h>

// Who is not let in.
namespace gatehouse::gateway {
namespace {

constexpr std::string_view good = "GET /v1/a HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view missing = "GET /none HTTP/1.1\r\nHost: h\r\n\r\n";

GatewayOptions banning(std::vector<limits::Block> never = {})
{
    auto options = one_service();
    options.bans.statuses = {404};
    options.bans.rules
        = {.refusals = {.burst = 2, .period = 60s}, .lasts = 600s, .never = std::move(never)};
    return options;
}

struct Admit : testing::Test {
    explicit Admit(GatewayOptions options = banning())
        : world(std::move(options))
    {
        world.local.prompt = http::Response{};
    }
    std::string ask(std::string_view request, std::string_view ip = "192.0.2.7")
    {
        return world.ask(world.connect(ip), request);
    }
    World world;
};

TEST_F(Admit, bans_an_address_over_its_budget_of_refusals_for_a_while)
{
    for (int i = 0; i < 2; i++)
        EXPECT_TRUE(has(ask(missing), " 404 "));
    EXPECT_TRUE(has(ask(good), " 200 "));
    EXPECT_TRUE(has(ask(missing), " 404 "));
    EXPECT_EQ(world.bans.told, std::vector<std::string>{"192.0.2.7"});

    auto const client = world.connect();
    auto const refused = world.ask(client, good);
    EXPECT_TRUE(has(refused, " 403 ") && has(refused, "AUTH_002")) << refused;
    EXPECT_TRUE(has(refused, "Retry-After: 600\r\n")) << refused;
    EXPECT_TRUE(has(refused, "banned until 2025-11-")) << refused;
    EXPECT_FALSE(world.wire.is_open(client));
    EXPECT_TRUE(has(ask(missing), " 403 ")) << "whatever it asks for";
    EXPECT_TRUE(has(ask(good, "192.0.2.8"), " 200 "));

    ASSERT_EQ(world.gateway.bans().size(), 1u);
    EXPECT_EQ(world.gateway.bans()[0].reason, "more than 2 refusals in 60 s");
    world.advance(600s);
    EXPECT_TRUE(has(ask(good), " 200 "));
    EXPECT_TRUE(world.gateway.bans().empty());
    EXPECT_EQ(world.bans.told.size(), 1u) << "being banned is no refusal";
}

TEST_F(Admit, bans_by_hand_until_it_is_lifted)
{
    auto const block = limits::parse_block("192.0.2.0/24").value();
    ASSERT_TRUE(world.gateway.ban({.block = block, .reason = "spam"}));
    auto const refused = ask(good);
    EXPECT_TRUE(has(refused, " 403 ") && has(refused, "This address is banned.")) << refused;
    EXPECT_FALSE(has(refused, "Retry-After"));
    EXPECT_TRUE(has(ask(good, "198.51.100.1"), " 200 "));
    auto const operators = world.wire.open();
    world.gateway.opened(operators, {.listener = Listener::admin, .ip = "192.0.2.7"});
    EXPECT_TRUE(has(world.ask(operators, good), " 200 ")) << "who may have to lift it";
    EXPECT_TRUE(world.gateway.lift(block));
    EXPECT_FALSE(world.gateway.lift(block));
    EXPECT_TRUE(has(ask(good), " 200 "));
}

TEST_F(Admit, counts_what_the_configuration_says_now)
{
    for (int i = 0; i < 5; i++)
        EXPECT_TRUE(has(ask("GARBAGE\r\n\r\n"), " 400 ")) << "of no status that counts";
    EXPECT_TRUE(world.bans.told.empty());
    for (int i = 0; i < 3; i++)
        static_cast<void>(ask(missing));
    EXPECT_TRUE(has(ask(good), " 403 "));
    world.gateway.reload(compile(banning({limits::parse_block("192.0.2.0/24").value()})).value());
    EXPECT_TRUE(has(ask(good), " 200 ")) << "it is excused now";
    EXPECT_EQ(world.gateway.ban({.block = limits::parse_block("192.0.2.7").value()}).error().code,
        ErrorCode::forbidden);
    for (int i = 0; i < 9; i++)
        EXPECT_TRUE(has(ask(missing), " 404 "));
}

TEST_F(Admit, counts_by_the_address_that_a_trusted_proxy_forwards)
{
    auto options = banning();
    options.trusted_proxies = {"10.0.0.0/8"};
    world.gateway.reload(compile(options).value());
    auto const forwarded = [](std::string_view path, std::string_view client) {
        return "GET " + std::string(path)
            + " HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: " + std::string(client) + "\r\n\r\n";
    };
    for (int i = 0; i < 3; i++)
        static_cast<void>(ask(forwarded("/none", "2001:db8::1"), "10.0.0.1"));
    EXPECT_EQ(world.bans.told, std::vector<std::string>{"2001:db8::/64"});
    EXPECT_TRUE(has(ask(forwarded("/v1/a", "2001:db8::ffff"), "10.0.0.1"), " 403 "));
    EXPECT_TRUE(has(ask(forwarded("/v1/a", "2001:db8:1::1"), "10.0.0.1"), " 200 "));
}

} // namespace
} // namespace gatehouse::gateway
