// SPDX-License-Identifier: Apache-2.0
#include "net/resolver.hpp"

#include "runtime/worker.hpp"

#include <gtest/gtest.h>

namespace gatehouse::net {
namespace {

using namespace std::chrono_literals;

struct ResolverTest : testing::Test {
    // The words of the answer: an address, or why there is none.
    Resolver::Answer note(std::string& answer)
    {
        return [&](Result<Resolver::Addresses> const& found) {
            answer = found ? found->front().to_string() : found.error().message;
        };
    }
    bool answered(std::string const& answer)
    {
        for (auto const limit = clock.read().steady + 30s;
             answer.empty() && clock.read().steady < limit;)
            shard.turn(100ms);
        return !answer.empty();
    }

    runtime::Clock clock;
    runtime::Reactor shard{clock};
    runtime::Worker helper{clock, {.name = "resolver"}};
    Resolver resolver{shard, helper.reactor()};
};

TEST_F(ResolverTest, finds_loopback_by_its_name_and_numbers_without_help)
{
    std::string numeric, named;
    resolver.resolve("192.0.2.7", 80, note(numeric));
    EXPECT_EQ(numeric, "");
    EXPECT_TRUE(answered(numeric)); // The helper does not even turn yet.
    EXPECT_EQ(numeric, "192.0.2.7:80");

    helper.start();
    resolver.resolve("localhost", 9901, note(named));
    EXPECT_EQ(named, "");
    EXPECT_TRUE(answered(named));
    EXPECT_TRUE(named == "127.0.0.1:9901" || named == "[::1]:9901") << named;
    helper.stop();
}

TEST_F(ResolverTest, says_that_a_host_is_unknown)
{
    helper.start();
    std::string answer;
    resolver.resolve("no-such-host.invalid", 80, note(answer));
    EXPECT_TRUE(answered(answer));
    EXPECT_EQ(answer, "the host no-such-host.invalid was not found");
    helper.stop();
}

TEST_F(ResolverTest, asks_once_for_all_who_wait_and_remembers)
{
    std::string first, second, third;
    resolver.resolve("localhost", 1, note(first));
    resolver.resolve("localhost", 2, note(second));
    std::vector<runtime::Task> asked;
    helper.reactor().mailbox().take(asked);
    ASSERT_EQ(asked.size(), 1u);
    asked.front()();
    EXPECT_TRUE(answered(first) && answered(second));
    EXPECT_NE(first, second);

    resolver.resolve("localhost", 3, note(third)); // Nobody turns the helper.
    EXPECT_TRUE(answered(third));
    EXPECT_TRUE(third.ends_with(":3"));
}

TEST_F(ResolverTest, answers_busy_where_too_many_wait)
{
    for (int i = 0; i < 1024; i++)
        resolver.resolve("localhost", 80, [](auto const&) {});
    std::string answer;
    resolver.resolve("localhost", 80, note(answer));
    EXPECT_TRUE(answered(answer));
    EXPECT_EQ(answer, "too many names to look up besides localhost");
}

}  // namespace
}  // namespace gatehouse::net
