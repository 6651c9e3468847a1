// SPDX-License-Identifier: Apache-2.0
#include "gateway/world_test.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

// Who has had enough. One limit and one shard: gateway_test.cpp.
namespace gatehouse::gateway {
namespace {

std::string get(std::string_view path, std::string_view fields = "")
{
    return fmt::format("GET {} HTTP/1.1\r\nHost: h\r\n{}\r\n", path, fields);
}

constexpr std::string_view as_ann = "Authorization: Bearer ann-token\r\n";

// A route that is answered here, under these limits.
GatewayOptions limited(std::vector<LimitOptions> limits, std::string_view path = "/v1/**")
{
    auto options = one_service();
    for (auto const& each : limits)
        options.routes[1].limits.push_back(each.name);
    options.routes[1].path = path;
    options.limits = std::move(limits);
    return options;
}

struct Limited {
    explicit Limited(GatewayOptions options)
        : world(std::move(options))
    {
        world.local.prompt = http::Response{};
    }
    std::string ask(
        std::string_view path, std::string_view ip = "192.0.2.7", std::string_view fields = as_ann)
    {
        return world.ask(world.connect(ip), get(path, fields));
    }
    bool passes(
        std::string_view path, std::string_view ip = "192.0.2.7", std::string_view fields = as_ann)
    {
        return has(ask(path, ip, fields), " 200 ");
    }
    World world;
};

LimitOptions of(std::string name, int burst, std::vector<LimitBy> by)
{
    return {.name = std::move(name),
        .rate = burst,
        .per = burst * 10s,
        .burst = burst,
        .by = std::move(by)};
}

TEST(LimitBy, an_address_is_of_ipv6_the_64)
{
    Limited gate(limited({of("few", 1, {LimitBy::ip})}));
    EXPECT_TRUE(gate.passes("/v1/a", "2001:db8::1"));
    EXPECT_FALSE(gate.passes("/v1/a", "2001:db8::ffff:2"));
    EXPECT_TRUE(gate.passes("/v1/a", "2001:db8:0:1::1"));
    EXPECT_TRUE(gate.passes("/v1/a", "192.0.2.7"));
    EXPECT_FALSE(gate.passes("/v1/a", "::ffff:192.0.2.7")) << "the same as IPv4";
}

TEST(LimitBy, a_room_is_what_the_path_names)
{
    Limited gate(limited({of("few", 1, {LimitBy::room})}));
    EXPECT_TRUE(gate.passes("/v1/rooms/KALE"));
    EXPECT_FALSE(gate.passes("/v1/rooms/KALE/seats", "192.0.2.8"));
    EXPECT_TRUE(gate.passes("/v1/rooms/LEEK", "192.0.2.8"));
    EXPECT_TRUE(gate.passes("/v1/rooms")) << "none is named: by address";
    EXPECT_FALSE(gate.passes("/v1/games"));

    Limited named(limited({of("few", 1, {LimitBy::room})}, "/g/:room/x/**"));
    EXPECT_TRUE(named.passes("/g/KALE/x/1"));
    EXPECT_FALSE(named.passes("/g/KALE/x/2", "192.0.2.8"));
    EXPECT_TRUE(named.passes("/g/LEEK/x/1"));
}

TEST(LimitBy, several_things_is_by_all_of_them_together)
{
    Limited gate(limited({of("few", 1, {LimitBy::principal, LimitBy::room})}));
    EXPECT_TRUE(gate.passes("/v1/rooms/KALE"));
    EXPECT_FALSE(gate.passes("/v1/rooms/KALE", "192.0.2.8"));
    EXPECT_TRUE(gate.passes("/v1/rooms/LEEK"));
    EXPECT_TRUE(gate.passes("/v1/rooms/KALE", "192.0.2.8", "")) << "nobody: by address";
}

TEST(Limits, take_from_all_or_from_none_and_tell_of_each)
{
    Limited gate(limited({of("quick", 2, {LimitBy::ip}), of("fair", 5, {LimitBy::principal})}));
    auto const granted = gate.ask("/v1/a");
    EXPECT_TRUE(has(granted, "RateLimit-Policy: \"quick\";q=2;w=20, \"fair\";q=5;w=50\r\n"))
        << granted;
    EXPECT_TRUE(has(granted, "RateLimit: \"quick\";r=1;t=10, \"fair\";r=4;t=10\r\n")) << granted;
    EXPECT_TRUE(gate.passes("/v1/a"));
    for (int i = 0; i < 10; i++) {
        auto const refused = gate.ask("/v1/a");
        EXPECT_TRUE(has(refused, " 429 ") && has(refused, "Retry-After: 10\r\n")) << refused;
        EXPECT_TRUE(has(refused, "\"quick\";r=0;t=20, \"fair\";r=3;t=20")) << refused;
    }
    EXPECT_TRUE(gate.passes("/v1/a", "192.0.2.8")) << "it cost nothing there";
}

// Ann's account is that of another shard.
TEST(Limits, ask_one_shard_after_the_other_and_give_back_what_is_not_used)
{
    Limited gate(limited({of("fair", 5, {LimitBy::principal}), of("quick", 1, {LimitBy::ip})}));
    auto& there = gate.world.other_shard;
    there.others = "p ann";
    auto const client = gate.world.connect();
    EXPECT_EQ(gate.world.ask(client, get("/v1/a", as_ann)), "");
    EXPECT_EQ(there.asked, std::vector<std::string>{"fair p ann"});
    there.answer_all({{.allowed = true, .remaining = 4, .reset_after = 10s}});
    EXPECT_TRUE(has(gate.world.hear(client), "\"fair\";r=4;t=10, \"quick\";r=0;t=10"));

    there.asked.clear();
    EXPECT_FALSE(gate.passes("/v1/a")) << "quick is asked first, for it is here";
    EXPECT_TRUE(there.asked.empty());

    auto const refused = gate.world.connect("192.0.2.8");
    EXPECT_EQ(gate.world.ask(refused, get("/v1/a", as_ann)), "");
    there.answer_all({{.allowed = false, .retry_after = 7s, .remaining = 0, .reset_after = 20s}});
    EXPECT_TRUE(has(gate.world.hear(refused), "Retry-After: 7\r\n"));
    EXPECT_EQ(gate.world.ask(refused, get("/v1/a", as_ann)), "") << "its 1 is given back";
    there.answer_all({{.allowed = true, .remaining = 0, .reset_after = 20s}});
    EXPECT_TRUE(has(gate.world.hear(refused), " 200 "));
    EXPECT_TRUE(there.given_back.empty());
}

TEST(Limits, that_are_all_elsewhere_are_given_back_there)
{
    Limited gate(limited({of("fair", 5, {LimitBy::principal}), of("quick", 1, {LimitBy::ip})}));
    auto& there = gate.world.other_shard;
    there.owns_all = true;
    auto const client = gate.world.connect();
    EXPECT_EQ(gate.world.ask(client, get("/v1/a", as_ann)), "");
    EXPECT_EQ(there.asked, (std::vector<std::string>{"fair p ann", "quick 192.0.2.7"}));
    there.answer_all({{.allowed = true, .remaining = 4, .reset_after = 10s},
        {.allowed = false, .retry_after = 7s, .remaining = 0, .reset_after = 20s}});
    EXPECT_TRUE(has(gate.world.hear(client), " 429 "));
    EXPECT_TRUE(there.given_back.empty()) << "that shard took all or none itself";

    gate.world.local.prompt.reset();
    EXPECT_EQ(gate.world.ask(client, get("/v1/a", as_ann)), "");
    gate.world.gateway.closed(client, CloseReason::failed);
    there.answer_all({{}, {}});
    EXPECT_TRUE(gate.world.local.questions.empty()) << "nobody waits for this answer any more";
}

TEST(Limits, judge_for_other_shards_and_take_back_what_they_do_not_use)
{
    Limited gate(limited({of("few", 2, {LimitBy::ip}), of("fair", 3, {LimitBy::principal})}));
    auto& gateway = gate.world.gateway;
    std::vector<LimitAccount> const both{{"few", "1"}, {"fair", "p 1"}, {"gone", "x"}};
    auto const remaining = [&] {
        auto const verdicts = gateway.judge_all(both);
        return std::pair(verdicts[0].remaining, verdicts[1].remaining);
    };
    EXPECT_EQ(remaining(), std::pair(1, 2));
    gateway.give_back(both, gate.world.now.steady);
    EXPECT_EQ(remaining(), std::pair(1, 2));
    EXPECT_EQ(remaining(), std::pair(0, 1));
    EXPECT_FALSE(gateway.judge_all(both)[0].allowed);
    EXPECT_TRUE(gateway.judge_all(both)[2].allowed);
}

TEST(Limits, keep_what_each_owes_when_they_change)
{
    auto options = limited({of("few", 2, {LimitBy::ip})});
    Limited gate(options);
    EXPECT_TRUE(gate.passes("/v1/a") && gate.passes("/v1/a"));
    EXPECT_FALSE(gate.passes("/v1/a"));
    auto const change = [&](LimitOptions const& to) {
        options.limits = {to};
        gate.world.gateway.reload(compile(options).value());
    };
    change(of("few", 3, {LimitBy::ip}));
    EXPECT_TRUE(has(gate.ask("/v1/a"), "RateLimit: \"few\";r=0;t=30\r\n")) << "one more, not three";
    EXPECT_FALSE(gate.passes("/v1/a"));
    change(of("few", 3, {LimitBy::route}));
    EXPECT_TRUE(gate.passes("/v1/a")) << "these accounts are others";
}

TEST(Limits, tell_older_clients_in_their_own_way)
{
    auto legacy = of("few", 2, {LimitBy::ip});
    legacy.tells_legacy = true;
    Limited gate(limited({of("fair", 9, {LimitBy::ip}), legacy}));
    auto const answer = gate.ask("/v1/a");
    EXPECT_TRUE(has(answer, "X-RateLimit-Limit: 2\r\n")
        && has(answer, "X-RateLimit-Remaining: 1\r\n") && has(answer, "X-RateLimit-Reset: 10\r\n"))
        << answer;
}

// ---- Limits that all nodes share

LimitOptions shared(std::string name, int burst, int nodes = 1)
{
    auto options = of(std::move(name), burst, {LimitBy::principal});
    options.store = LimitStore::shared;
    options.nodes = nodes;
    return options;
}

limits::SharedVerdict let_through(int remaining)
{
    return {.verdict = {.allowed = true, .remaining = remaining, .reset_after = 10s}};
}

TEST(SharedLimits, are_asked_of_their_store_in_one_question)
{
    Limited gate(limited({shared("fair", 5), shared("slow", 7), of("quick", 9, {LimitBy::ip})}));
    auto& nodes = gate.world.other_nodes;
    auto const client = gate.world.connect();
    EXPECT_EQ(gate.world.ask(client, get("/v1/a", as_ann)), "");
    EXPECT_EQ(nodes.asked, (std::vector<std::string>{"fair:p ann 5", "slow:p ann 7"}));
    nodes.answer(let_through(4));
    auto const answer = gate.world.hear(client);
    EXPECT_TRUE(has(answer, "RateLimit: \"fair\";r=4;t=10, \"quick\";r=8;t=10\r\n")) << answer;

    nodes.prompt = limits::SharedVerdict{
        .verdict = {.allowed = false, .retry_after = 7s, .remaining = 0, .reset_after = 20s},
        .which = 1};
    auto const refused = gate.ask("/v1/a");
    EXPECT_TRUE(has(refused, " 429 ") && has(refused, "Retry-After: 7\r\n")) << refused;
    EXPECT_TRUE(has(refused, "RateLimit: \"slow\";r=0;t=20, \"quick\";r=8;")) << refused;
    nodes.prompt = let_through(3);
    EXPECT_TRUE(has(gate.ask("/v1/a"), "\"quick\";r=7;")) << "given back when it was refused";
}

TEST(SharedLimits, are_not_asked_of_the_store_what_is_refused_here)
{
    Limited gate(limited({shared("fair", 5), of("quick", 1, {LimitBy::ip})}));
    auto& nodes = gate.world.other_nodes;
    nodes.prompt = let_through(4);
    EXPECT_TRUE(gate.passes("/v1/a"));
    EXPECT_FALSE(gate.passes("/v1/a"));
    EXPECT_EQ(nodes.asked.size(), 1u);
}

TEST(SharedLimits, are_counted_here_by_a_share_while_their_store_is_away)
{
    Limited gate(limited({shared("fair", 6, 3), of("quick", 90, {LimitBy::ip})}));
    auto& nodes = gate.world.other_nodes;
    nodes.prompt = fail(ErrorCode::unavailable, "away");
    EXPECT_TRUE(gate.passes("/v1/a"));
    auto const second = gate.ask("/v1/a");
    EXPECT_TRUE(has(second, "RateLimit: \"fair\";r=0;t=60, \"quick\";r=88;")) << second;
    EXPECT_TRUE(has(gate.ask("/v1/a"), " 429 "));
    EXPECT_TRUE(has(gate.ask("/v1/a"), "\"quick\";r=88;")) << "refused, and given back";
    EXPECT_EQ(gate.world.metrics.counter("gatehouse_limits_judged_alone", "").count(), 4u);
    nodes.prompt = let_through(5);
    EXPECT_TRUE(gate.passes("/v1/a"));
}

TEST(SharedLimits, have_their_share_on_the_shard_that_owns_the_account)
{
    Limited gate(limited({shared("fair", 6)}));
    gate.world.other_shard.owns_all = true;
    auto const client = gate.world.connect();
    EXPECT_EQ(gate.world.ask(client, get("/v1/a", as_ann)), "");
    gate.world.other_nodes.answer(fail(ErrorCode::unavailable, "late"));
    EXPECT_EQ(gate.world.other_shard.asked, std::vector<std::string>{"fair p ann"});
    gate.world.other_shard.answer_all({{.allowed = true, .remaining = 5, .reset_after = 10s}});
    EXPECT_TRUE(has(gate.world.hear(client), " 200 "));

    gate.world.local.prompt.reset();
    auto const gone = gate.world.connect();
    EXPECT_EQ(gate.world.ask(gone, get("/v1/a", as_ann)), "");
    gate.world.gateway.closed(gone, CloseReason::failed);
    gate.world.other_nodes.answer(let_through(1));
    EXPECT_TRUE(gate.world.local.questions.empty()) << "nobody waits for this answer any more";
}

} // namespace
} // namespace gatehouse::gateway
