// SPDX-License-Identifier: Apache-2.0
#include "rooms/rules_of.hpp"

#include "rooms/testing.hpp"
#include "rooms/testing_tally.hpp"

#include <gtest/gtest.h>

namespace gatehouse::rooms {
namespace {

using testing::options_bytes;
using testing::Tally;

std::string state_of(Play const& play)
{
    std::string bytes;
    play.write_state(bytes);
    return bytes;
}

// ---- A state as bytes

TEST(Rules, resume_what_was_written_and_play_on_alike)
{
    auto const rules = rules_of<Tally>();
    auto const play = rules->begin(options_bytes(*rules, R"({"first":5})")).value();
    ASSERT_TRUE(play->evolve("whispered", 1, "\xa2\x64seat\x02\x61n\x09"));
    auto const again = rules->resume(state_of(*play)).value();
    EXPECT_EQ(state_of(*again), state_of(*play));

    for (auto const& each : {play.get(), again.get()})
        ASSERT_TRUE(each->evolve("added", 1, "\xa1\x61n\x07"));
    EXPECT_EQ(state_of(*again), state_of(*play));
    EXPECT_NE(state_of(*again), state_of(*rules->begin(options_bytes(*rules)).value()));
}

TEST(Rules, resume_nothing_but_a_whole_state)
{
    auto const rules = rules_of<Tally>();
    auto const whole = state_of(*rules->begin(options_bytes(*rules)).value());
    for (std::size_t size = 0; size < whole.size(); size++)
        EXPECT_EQ(rules->resume(whole.substr(0, size)).error().code, ErrorCode::internal) << size;
    EXPECT_FALSE(rules->resume(whole + '\0'));
    EXPECT_TRUE(rules->resume(whole));
}

}  // namespace
}  // namespace gatehouse::rooms
