// SPDX-License-Identifier: Apache-2.0
#include "runtime/clock.hpp"

#include <gtest/gtest.h>

namespace gatehouse::runtime {
namespace {

using namespace std::chrono_literals;

TEST(WorkTime, counts_what_is_done_and_no_more_than_the_time_that_it_took)
{
    WorkTime time;
    Clock clock;
    auto const begun = clock.read().steady;
    auto const worked = time.read();
    Duration done{};
    while ((done = time.read() - worked) < 30ms)
        ASSERT_LT(clock.read().steady - begun, 60s);
    EXPECT_GE(clock.read().steady - begun, done) << "no longer than it took";
}

}  // namespace
}  // namespace gatehouse::runtime
