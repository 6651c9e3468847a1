// SPDX-License-Identifier: Apache-2.0
#include "gateway/world_test.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

struct HealthTest : testing::Test {
    static GatewayOptions options()
    {
        auto with = one_service({"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"});
        with.services[0].health.path = "/health";
        return with;
    }

    HealthTest()
    {
        world.gateway.on_health_changed([this](HealthChange const& change) {
            changes.push_back(change.endpoint + (change.healthy ? " up" : " down"));
        });
        world.advance(100ms);
    }

    // Lets one interval pass in which the second endpoint answers with this status; 0: refuses.
    void check(int status)
    {
        for (auto const& [id, link] : std::map(world.wire.links)) {
            if (!world.wire.is_open(id) || !has(link.queued, "GET /health HTTP/1.1\r\n"))
                continue;
            static_cast<void>(world.hear(id));
            auto const answer = link.address == "10.0.0.2:80" ? status : 204;
            world.gateway.connected(id);
            if (answer == 0)
                world.gateway.closed(id, CloseReason::refused);
            else
                world.say(id, "HTTP/1.1 " + std::to_string(answer) + " X\r\nContent-Length: "
                        + "0\r\n\r\n");
        }
        world.advance(5s);
    }

    World world{options(), Gateway::Probing::on};
    std::vector<std::string> changes;
};

TEST_F(HealthTest, three_failures_take_an_endpoint_down_and_two_answers_bring_it_back)
{
    check(503);
    check(0);
    check(204); // The streak breaks.
    check(503);
    check(503);
    EXPECT_TRUE(changes.empty());
    check(0);
    EXPECT_EQ(changes, std::vector<std::string>{"10.0.0.2:80 down"});
    changes.clear();
    check(200);
    EXPECT_EQ(changes, std::vector<std::string>{"10.0.0.2:80 down"}); // Told again.
    check(302);
    EXPECT_EQ(changes.back(), "10.0.0.2:80 up");
}

TEST_F(HealthTest, an_endpoint_that_is_down_gets_no_requests)
{
    for (int i = 0; i < 3; i++)
        check(500);
    for (int i = 0; i < 6; i++) {
        auto const client = world.connect();
        world.say(client, plain_get);
    }
    for (auto const& [id, link] : world.wire.links)
        EXPECT_FALSE(link.address == "10.0.0.2:80" && has(link.queued, "/api/x"));
}

TEST_F(HealthTest, a_check_without_an_answer_counts_as_failed)
{
    world.advance(20s); // Connecting takes too long, four times.
    EXPECT_EQ(world.gateway.open_connections(), 0);
    EXPECT_GE(changes.size(), 3);
    auto const answer = world.ask(world.connect(), std::string(plain_get));
    EXPECT_TRUE(has(answer, " 503 ") && has(answer, "SVC_001")) << answer;
}

TEST_F(HealthTest, other_shards_are_told)
{
    World other(options());
    EXPECT_TRUE(other.wire.dialled.empty()); // It does not probe.
    for (auto const* endpoint : {"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"})
        other.gateway.set_health({.service = "users", .endpoint = endpoint, .healthy = false});
    other.gateway.set_health({.service = "unknown", .endpoint = "x", .healthy = false});
    EXPECT_TRUE(has(other.ask(other.connect(), std::string(plain_get)), " 503 "));
    other.gateway.set_health({.service = "users", .endpoint = "10.0.0.3:80", .healthy = true});
    other.say(other.connect(), std::string(plain_get));
    EXPECT_EQ(other.wire.dialled.size(), 1);
}

TEST_F(HealthTest, until_the_first_result_endpoints_count_as_healthy)
{
    world.say(world.connect(), plain_get);
    EXPECT_TRUE(std::ranges::any_of(
        world.wire.links, [](auto const& each) { return has(each.second.queued, "/api/x"); }));
}

}  // namespace
}  // namespace gatehouse::gateway
