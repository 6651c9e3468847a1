// SPDX-License-Identifier: Apache-2.0
#include "upstream/ejection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace gatehouse::upstream {
namespace {

using namespace std::chrono_literals;
using enum Outcome;

constexpr TimePoint noon{12h};

struct Ejections : ::testing::Test {
    EjectionOptions options{};
    std::vector<std::shared_ptr<Endpoint>> all{};

    void make(std::size_t count)
    {
        all.clear();
        for (std::size_t i = 0; i < count; i++)
            all.push_back(std::make_shared<Endpoint>(Endpoint{.address = std::to_string(i)}));
    }
    bool note(std::size_t which, Outcome outcome, TimePoint now = noon)
    {
        return note_outcome(options, all, *all[which], outcome, now);
    }
    bool fail(std::size_t which, int times, TimePoint now)
    {
        bool ejected = false;
        for (int i = 0; i < times; i++)
            ejected = note(which, connect_failed, now);
        return ejected;
    }
    [[nodiscard]] std::int64_t out(TimePoint now) const
    {
        return std::ranges::count_if(all, [&](auto const& each) { return is_ejected(*each, now); });
    }
};

TEST_F(Ejections, come_after_five_failures_in_a_row)
{
    make(2);
    EXPECT_FALSE(fail(0, 4, noon));
    EXPECT_FALSE(note(0, answered));
    EXPECT_FALSE(note(0, abandoned));
    EXPECT_FALSE(fail(0, 4, noon));
    EXPECT_FALSE(note(0, abandoned)) << "says nothing either way";
    EXPECT_TRUE(note(0, unavailable));
    EXPECT_TRUE(is_ejected(*all[0], noon + 30s - 1ns));
    EXPECT_FALSE(is_ejected(*all[0], noon + 30s));
    EXPECT_EQ(all[0]->warm_since, noon + 30s);
}

TEST_F(Ejections, grow_and_are_forgiven)
{
    make(2);
    TimePoint now = noon;
    for (auto const length :
        {30s, 60s, 90s, 120s, 150s, 180s, 210s, 240s, 270s, 300s, 300s, 300s}) {
        ASSERT_TRUE(fail(0, 5, now));
        EXPECT_EQ(all[0]->standing.ejected_until - now, length);
        now += length;
    }
    now += 5min; // Ten stretches.
    ASSERT_TRUE(fail(0, 5, now));
    EXPECT_LE(all[0]->standing.ejected_until - now, 60s);
    now = all[0]->standing.ejected_until + 1h;
    ASSERT_TRUE(fail(0, 5, now));
    EXPECT_EQ(all[0]->standing.ejected_until - now, 30s);
}

TEST_F(Ejections, take_half_at_most_and_never_the_only_one)
{
    for (std::size_t const count : {1, 2, 3, 4, 5, 10}) {
        make(count);
        for (std::size_t i = 0; i < count; i++)
            fail(i, 100, noon);
        EXPECT_EQ(out(noon), static_cast<std::int64_t>(count / 2));
    }
    make(2);
    fail(0, 5, noon);
    fail(1, 5, noon);
    EXPECT_FALSE(is_ejected(*all[1], noon));
    EXPECT_TRUE(note(1, reset, noon + 30s)) << "there is room again";
}

TEST_F(Ejections, are_not_prolonged_by_what_was_on_its_way)
{
    make(4);
    fail(0, 5, noon);
    EXPECT_FALSE(fail(0, 50, noon + 1s));
    EXPECT_FALSE(is_ejected(*all[0], noon + 30s));
    EXPECT_FALSE(fail(0, 4, noon + 30s)) << "and it begins anew";
}

TEST_F(Ejections, take_whose_success_rate_lies_far_below_the_mean)
{
    make(6);
    auto const serve = [&](std::size_t which, int calls, int failures) {
        for (int i = 0; i < calls; i++)
            note(which, i % calls < failures && i % 4 != 0 ? reset : answered);
    };
    for (std::size_t i = 0; i < 5; i++)
        serve(i, 200, 4);
    serve(5, 200, 120);
    auto const ejected = judge_rates(options, all, noon);
    ASSERT_EQ(ejected.size(), 1u);
    EXPECT_EQ(ejected[0], all[5].get());
    EXPECT_TRUE(judge_rates(options, all, noon).empty()) << "the counts began anew";

    make(6); // All of them are as bad: nobody is odd.
    for (std::size_t i = 0; i < 6; i++)
        serve(i, 200, 120);
    EXPECT_TRUE(judge_rates(options, all, noon).empty());

    make(6); // One had too few calls to be judged, so too few are.
    for (std::size_t i = 0; i < 4; i++)
        serve(i, 200, 4);
    serve(4, 200, 150);
    serve(5, 99, 0);
    options.rate->endpoints_min = 6;
    EXPECT_TRUE(judge_rates(options, all, noon).empty());
}

// Whatever happens: at most half are out, nobody for longer than `longest`, and who is not out for
// what a plain count of failures in a row says is out for want of room.
TEST_F(Ejections, keep_to_their_bounds_whatever_happens)
{
    int ejections = 0;
    for (unsigned seed = 0; seed < 200; seed++) {
        std::mt19937 chance(seed);
        make(1 + chance() % 9);
        std::vector<int> badness(all.size());
        for (auto& each : badness)
            each = static_cast<int>(chance() % 101);
        std::vector<int> in_row(all.size());
        std::vector<TimePoint> until(all.size());
        TimePoint now = noon;
        for (int step = 0; step < 2'000; step++) {
            now += std::chrono::milliseconds(chance() % 1'000);
            auto const which = chance() % all.size();
            bool const failed = static_cast<int>(chance() % 100) < badness[which];
            auto const before = out(now);
            bool const was_out = until[which] > now;
            in_row[which] = was_out ? in_row[which] : failed ? in_row[which] + 1 : 0;
            bool const has_room = (before + 1) * 2 <= std::ssize(all);
            bool const expected = !was_out && in_row[which] >= 5 && has_room;
            ASSERT_EQ(note(which, failed ? timed_out : answered, now), expected) << seed;
            if (expected) {
                ejections++;
                in_row[which] = 0;
                until[which] = all[which]->standing.ejected_until;
                ASSERT_GE(until[which] - now, options.first);
                ASSERT_LE(until[which] - now, options.longest);
            }
            if (step % 100 == 99)
                for (auto* const each : judge_rates(options, all, now))
                    for (std::size_t i = 0; i < all.size(); i++)
                        if (all[i].get() == each) {
                            in_row[i] = 0;
                            until[i] = each->standing.ejected_until;
                        }
            ASSERT_LE(out(now) * 2, std::ssize(all));
        }
    }
    EXPECT_GT(ejections, 500) << "the test shows nothing otherwise";
}

} // namespace
} // namespace gatehouse::upstream
