// SPDX-License-Identifier: Apache-2.0
#include "base/timers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <utility>

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint noon{12h};

TEST(Timers, ring_in_the_order_of_their_instants_and_never_early)
{
    Timers timers(noon);
    std::string rung;
    Timer late([&] { rung += 'l'; });
    Timer early([&] { rung += 'e'; });
    Timer tied([&] { rung += 't'; });
    timers.arm(late, noon + 5ms + 9us);
    timers.arm(early, noon + 5ms + 1us);
    timers.arm(tied, noon + 5ms + 9us);

    timers.run(noon + 5ms + 1us - 1ns);
    EXPECT_EQ(rung, "");
    EXPECT_EQ(timers.next(), noon + 5ms + 1us);
    timers.run(noon + 5ms + 9us);
    EXPECT_EQ(rung, "elt");
    EXPECT_EQ(timers.next(), std::nullopt);
}

TEST(Timers, what_a_callback_arms_for_now_rings_in_the_next_run)
{
    Timers timers(noon);
    int rung = 0;
    Timer again([&] { rung++; timers.arm(again, noon); });
    timers.arm(again, noon);
    for (int run = 1; run <= 3; run++) {
        timers.run(noon);
        EXPECT_EQ(rung, run);
        EXPECT_LE(timers.next(), noon);
    }
    timers.cancel(again);
    EXPECT_EQ(timers.next(), std::nullopt);
}

TEST(Timers, a_callback_may_destroy_its_own_timer_and_others_that_are_due)
{
    Timers timers(noon);
    std::vector<std::unique_ptr<Timer>> owned;
    std::string captured(100, 'x');
    std::string seen;
    for (int i = 0; i < 3; i++) {
        owned.push_back(std::make_unique<Timer>([&, captured] {
            owned.clear();
            seen += captured;
        }));
        timers.arm(*owned.back(), noon + 1ms);
    }
    timers.run(noon + 1ms);
    EXPECT_EQ(seen, captured);
    EXPECT_EQ(timers.next(), std::nullopt);
}

TEST(Timers, a_callback_that_throws_keeps_its_function_and_the_others_their_turn)
{
    Timers timers(noon);
    int rung = 0;
    Timer faulty([&] { rung++; throw 1; });
    Timer sound([&] { rung += 10; });
    timers.arm(faulty, noon);
    timers.arm(sound, noon);
    EXPECT_ANY_THROW(timers.run(noon));
    EXPECT_LE(timers.next(), noon);
    timers.run(noon);
    timers.arm(faulty, noon);
    EXPECT_ANY_THROW(timers.run(noon));
    EXPECT_EQ(rung, 12);
}

// Compares with a sorted table of instants, over random arming, moving, cancelling and destroying,
// from outside and from callbacks, and steps of time from nanoseconds to months.
class Model {
public:
    explicit Model(unsigned seed) : chance_(seed), now_(Duration(chance_() >> 4)), timers_(now_)
    {
        for (std::size_t i = 0; i < alarms_.size(); i++)
            create(i);
    }

    void step()
    {
        for (auto actions = pick(20); actions > 0; actions--)
            act();
        auto const next = timers_.next();
        ASSERT_EQ(next.has_value(), !expected_.empty());
        if (next) {
            ASSERT_LE(*next, expected_.begin()->first.first);
        }
        now_ = next && pick(2) == 0 ? std::max(now_, *next) : now_ + distance();
        run();
    }

    // Following `next` must get there, and in few runs.
    void drain()
    {
        calm_ = true;
        for (int runs = 0; !expected_.empty(); runs++) {
            ASSERT_LT(runs, 3000);
            now_ = std::max(now_, timers_.next().value());
            run();
        }
    }

private:
    using Due = std::pair<TimePoint, std::uint64_t>; // Equal instants ring as they were armed.

    std::uint64_t pick(std::uint64_t count) { return chance_() % count; }

    Duration distance()
    {
        auto const bits = pick(55); // Up to 416 days.
        return Duration(static_cast<std::int64_t>(chance_() & ((std::uint64_t{1} << bits) - 1)));
    }

    void create(std::size_t i)
    {
        alarms_[i] = std::make_unique<Timer>([this, i] { rings(i); });
    }

    void run()
    {
        due_.clear();
        for (auto const& [due, alarm] : expected_)
            if (due.first <= now_)
                due_.insert({due, alarm});
        timers_.run(now_);
        ASSERT_TRUE(due_.empty());
        for (std::size_t i = 0; i < alarms_.size(); i++)
            ASSERT_EQ(alarms_[i]->is_armed(), armed_.contains(i));
    }

    void rings(std::size_t i)
    {
        ASSERT_FALSE(due_.empty());
        EXPECT_EQ(due_.begin()->second, i);
        forget(i);
        if (calm_)
            return;
        if (pick(3) == 0)
            act();
        if (pick(3) == 0)
            arm(i);
        else if (pick(5) == 0)
            replace(i);
    }

    void act()
    {
        auto const i = pick(alarms_.size());
        switch (pick(4)) {
        case 0: timers_.cancel(*alarms_[i]); return forget(i);
        case 1: return replace(i);
        default: return arm(i);
        }
    }

    void arm(std::size_t i)
    {
        forget(i);
        auto const due = pick(8) == 0 ? now_ - distance() : now_ + distance();
        timers_.arm(*alarms_[i], due);
        armed_[i] = {due, ++armed_so_far_};
        expected_[armed_[i]] = i;
    }

    void replace(std::size_t i)
    {
        forget(i);
        create(i);
    }

    void forget(std::size_t i)
    {
        auto const armed = armed_.find(i);
        if (armed == armed_.end())
            return;
        expected_.erase(armed->second);
        due_.erase(armed->second);
        armed_.erase(armed);
    }

    std::mt19937_64 chance_;
    TimePoint now_;
    Timers timers_;
    std::array<std::unique_ptr<Timer>, 50> alarms_;
    std::map<std::size_t, Due> armed_;
    std::map<Due, std::size_t> expected_;
    std::map<Due, std::size_t> due_; // Of this run, not yet rung.
    std::uint64_t armed_so_far_ = 0;
    bool calm_ = false;
};

TEST(Timers, behave_like_a_sorted_table)
{
    for (unsigned seed = 0; seed < 200; seed++) {
        SCOPED_TRACE(seed);
        Model model(seed);
        for (int i = 0; i < 200 && !HasFatalFailure() && !HasNonfatalFailure(); i++)
            model.step();
        model.drain();
        if (HasFailure())
            return;
    }
}

}  // namespace
}  // namespace gatehouse
