// SPDX-License-Identifier: Apache-2.0
#include "limits/lease.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

namespace gatehouse::limits {
namespace {

using namespace std::chrono_literals;
using Answer = LeaseHolder::Answer;

constexpr TimePoint noon{12h};

TEST(Lease, grants_what_it_was_given_and_then_asks_again)
{
    LeaseHolder holder({.block_max = 10});
    EXPECT_EQ(holder.ask(noon), Answer::fetch);
    EXPECT_EQ(holder.ask(noon), Answer::wait);
    EXPECT_EQ(holder.wanted(2, noon), 2);
    holder.receive({.tokens = 2}, noon, noon + 1ms);
    EXPECT_EQ(holder.ask(noon + 1ms), Answer::granted);
    EXPECT_EQ(holder.ask(noon + 1ms), Answer::granted);
    EXPECT_EQ(holder.ask(noon + 1ms), Answer::fetch);
    holder.give_up();
    EXPECT_EQ(holder.ask(noon + 2ms), Answer::fetch);
    holder.receive({.tokens = 5}, noon + 1ms, noon + 3ms);
    EXPECT_EQ(holder.tokens(noon + 3ms), 0) << "nobody waits for that answer any more";
}

TEST(Lease, refuses_by_itself_until_the_owner_said)
{
    LeaseHolder holder({});
    EXPECT_EQ(holder.ask(noon), Answer::fetch);
    holder.receive({.tokens = 0, .retry_after = 3s}, noon, noon);
    EXPECT_EQ(holder.ask(noon + 3s - 1ns), Answer::refused);
    EXPECT_EQ(holder.retry_after(noon + 1s), 2s);
    EXPECT_EQ(holder.ask(noon + 3s), Answer::fetch);
}

TEST(Lease, loses_what_is_not_used_in_its_time)
{
    LeaseHolder holder({.block_max = 10, .lasts = 500ms});
    EXPECT_EQ(holder.ask(noon), Answer::fetch);
    holder.receive({.tokens = 9}, noon, noon + 100ms);
    EXPECT_EQ(holder.ask(noon + 500ms - 1ns), Answer::granted);
    EXPECT_EQ(holder.ask(noon + 500ms), Answer::fetch);
}

TEST(Lease, asks_for_as_much_as_it_used_lately)
{
    LeaseHolder holder({.block_max = 50, .lasts = 1s});
    for (int i = 0; i < 30; i++) {
        if (holder.ask(noon) == Answer::fetch) {
            holder.receive({.tokens = 40}, noon, noon);
            EXPECT_EQ(holder.ask(noon), Answer::granted);
        }
    }
    EXPECT_EQ(holder.wanted(1, noon + 999ms), 30);
    EXPECT_EQ(holder.wanted(1, noon + 1'999ms), 30);
    EXPECT_EQ(holder.wanted(1, noon + 2s), 1);
    EXPECT_EQ(holder.wanted(99, noon), 50);
}

TEST(Lease, takes_from_the_limit_what_can_be_had_at_once)
{
    Gcra gcra({.burst = 10, .period = 10s}, 10);
    LeaseOptions const options{.block_max = 7};
    EXPECT_EQ(lease(gcra, "ann", 9, options, noon).tokens, 7);
    EXPECT_EQ(lease(gcra, "ann", 9, options, noon).tokens, 3);
    auto const none = lease(gcra, "ann", 9, options, noon + 500ms);
    EXPECT_EQ(none.tokens, 0);
    EXPECT_EQ(none.retry_after, 500ms);
    EXPECT_EQ(lease(gcra, "ann", 0, options, noon + 1s).tokens, 1);
}

struct Holder {
    LeaseHolder holder;
    int waiting = 0;
    struct Letter {
        LeaseBlock block;
        TimePoint asked_at;
        TimePoint at;
    };
    std::deque<Letter> letters{}; // On their way back.
};

// Holders that ask whenever they like, over letters that take their time: in every stretch the
// grants stay within what the limit allows and `block_max` for each holder, and in all they use
// what the owner took, but for what ran out.
TEST(Lease, never_grants_more_than_the_limit_and_its_slack)
{
    std::size_t grants = 0;
    for (unsigned seed = 0; seed < 60; seed++) {
        std::mt19937 chance(seed);
        auto const below
            = [&](int bound) { return static_cast<int>(chance() % static_cast<unsigned>(bound)); };
        RateLimit const limit{.burst = 1 + below(40), .period = 1s * (1 + below(5))};
        LeaseOptions const options{.block_max = 1 + below(10), .lasts = 100ms * (1 + below(5))};
        Gcra gcra(limit, 10);
        std::vector<Holder> holders(
            static_cast<std::size_t>(1 + below(6)), Holder{LeaseHolder(options)});
        std::vector<TimePoint> granted;
        int taken = 0;
        TimePoint now = noon;
        auto const ask = [&](Holder& each) {
            auto const answer = each.holder.ask(now);
            if (answer == Answer::granted)
                granted.push_back(now);
            else if (answer != Answer::refused)
                each.waiting++;
            if (answer != Answer::fetch)
                return;
            // The owner is asked at once, and its answer takes a while.
            auto const block
                = lease(gcra, "ann", each.holder.wanted(each.waiting, now), options, now);
            taken += block.tokens;
            each.letters.push_back({block, now, now + 1ms * below(20)});
        };
        for (int step = 0; step < 3'000; step++) {
            now += 1us * below(10'000);
            for (auto& each : holders)
                while (!each.letters.empty() && each.letters.front().at <= now) {
                    auto const letter = each.letters.front();
                    each.letters.pop_front();
                    each.holder.receive(letter.block, letter.asked_at, now);
                    for (auto again = std::exchange(each.waiting, 0); again > 0; again--)
                        ask(each);
                }
            ask(holders[static_cast<std::size_t>(below(static_cast<int>(holders.size())))]);
        }
        grants += granted.size();
        ASSERT_LE(std::ssize(granted), taken);
        auto const slack = std::ssize(holders) * options.block_max;
        for (std::size_t from = 0; from < granted.size(); from += 3)
            for (auto to = from; to < granted.size(); to++) {
                auto const stretch = granted[to] - granted[from];
                ASSERT_LE(static_cast<Duration::rep>(to - from) + 1,
                    limit.burst + stretch / limit.price() + slack)
                    << seed;
            }
    }
    EXPECT_GT(grants, 5'000u) << "the test shows nothing otherwise";
}

// With enough to do, leases cost little of the limit: nine tenths of it and more are used.
TEST(Lease, wastes_little_where_there_is_enough_to_do)
{
    RateLimit const limit{.burst = 100, .period = 1s};
    LeaseOptions const options{.block_max = 10, .lasts = 500ms};
    Gcra gcra(limit, 10);
    std::vector<LeaseHolder> holders(4, LeaseHolder(options));
    int granted = 0;
    for (auto now = noon; now < noon + 10s; now += 1ms)
        for (auto& holder : holders) {
            auto answer = holder.ask(now);
            if (answer == Answer::fetch) {
                holder.receive(lease(gcra, "ann", holder.wanted(1, now), options, now), now, now);
                answer = holder.ask(now);
            }
            granted += answer == Answer::granted ? 1 : 0;
        }
    EXPECT_GE(granted, 990);
    EXPECT_LE(granted, 1'100);
}

} // namespace
} // namespace gatehouse::limits
