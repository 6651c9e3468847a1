// SPDX-License-Identifier: Apache-2.0
#include "runtime/signals.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace gatehouse::runtime {
namespace {

TEST(Signals, come_as_events_of_the_reactor)
{
    Clock clock;
    Reactor reactor(clock);
    std::vector<int> seen;
    Signals const signals(reactor, {SIGTERM, SIGHUP}, [&](int signal) { seen.push_back(signal); });
    ASSERT_EQ(kill(getpid(), SIGHUP), 0);
    while (seen.size() < 1)
        reactor.turn();
    ASSERT_EQ(kill(getpid(), SIGTERM), 0);
    while (seen.size() < 2)
        reactor.turn();
    EXPECT_EQ(seen, (std::vector{SIGHUP, SIGTERM}));
    EXPECT_EQ(raise(SIGPIPE), 0); // And we live.
}

}  // namespace
}  // namespace gatehouse::runtime
