// SPDX-License-Identifier: Apache-2.0
#include "upstream/breaker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <random>

namespace gatehouse::upstream {
namespace {

using namespace std::chrono_literals;
using State = Breaker::State;
using Ask = Breaker::Ask;
using enum Outcome;

constexpr TimePoint noon{12h};

void fail_calls(Breaker& breaker, int times, TimePoint now)
{
    for (int i = 0; i < times; i++)
        breaker.note(breaker.ask(now), timed_out, now);
}

TEST(Breaker, opens_at_the_fifth_failure_in_a_row)
{
    Breaker breaker({}, 1);
    fail_calls(breaker, 4, noon);
    breaker.note(breaker.ask(noon), answered, noon);
    fail_calls(breaker, 4, noon);
    EXPECT_EQ(breaker.ask(noon).ask, Ask::pass);
    EXPECT_EQ(breaker.retry_after(noon), 0s);
    fail_calls(breaker, 1, noon);
    EXPECT_EQ(breaker.state(noon), State::open);
    EXPECT_FALSE(breaker.ask(noon));
    EXPECT_GE(breaker.retry_after(noon), 54s);
    EXPECT_LE(breaker.retry_after(noon), 66s);
}

TEST(Breaker, stays_open_for_a_minute_give_or_take_a_tenth_and_each_for_another_time)
{
    Duration shortest = 1h;
    Duration longest = 0s;
    for (std::uint64_t seed = 0; seed < 1'000; seed++) {
        Breaker breaker({}, seed);
        fail_calls(breaker, 5, noon);
        auto const wait = breaker.retry_after(noon);
        EXPECT_FALSE(breaker.ask(noon + wait - 1ns));
        EXPECT_EQ(breaker.ask(noon + wait).ask, Ask::probe);
        shortest = std::min(shortest, wait);
        longest = std::max(longest, wait);
    }
    EXPECT_GE(shortest, 54s);
    EXPECT_LT(shortest, 55s);
    EXPECT_GT(longest, 65s);
    EXPECT_LE(longest, 66s);
}

struct HalfOpenBreaker : ::testing::Test {
    Breaker breaker{{}, 7};
    TimePoint now = noon;

    HalfOpenBreaker()
    {
        fail_calls(breaker, 5, now);
        now += breaker.retry_after(now);
    }
};

TEST_F(HalfOpenBreaker, closes_after_three_probes_and_lets_no_fourth_through)
{
    std::vector<Breaker::Permit> probes;
    for (int i = 0; i < 3; i++) {
        probes.push_back(breaker.ask(now));
        EXPECT_EQ(probes.back().ask, Ask::probe);
    }
    EXPECT_FALSE(breaker.ask(now));
    EXPECT_EQ(breaker.retry_after(now), 1s);
    breaker.note(probes[0], answered, now);
    EXPECT_FALSE(breaker.ask(now)) << "one has succeeded, two are under way";
    breaker.note(probes[1], answered, now);
    EXPECT_EQ(breaker.state(now), State::half_open);
    breaker.note(probes[2], answered, now);
    EXPECT_EQ(breaker.state(now), State::closed);
    EXPECT_EQ(breaker.ask(now).ask, Ask::pass);
}

TEST_F(HalfOpenBreaker, opens_again_at_the_first_probe_that_fails)
{
    auto const good = breaker.ask(now);
    auto const bad = breaker.ask(now);
    breaker.note(bad, unavailable, now);
    EXPECT_EQ(breaker.state(now), State::open);
    breaker.note(good, answered, now);
    EXPECT_EQ(breaker.state(now), State::open);
}

TEST_F(HalfOpenBreaker, takes_silence_for_a_failure_and_an_abandoned_probe_for_none)
{
    auto const left = breaker.ask(now);
    breaker.note(left, abandoned, now);
    EXPECT_EQ(breaker.state(now), State::half_open);
    auto const silent = breaker.ask(now);
    EXPECT_EQ(breaker.state(now + 30s - 1ns), State::half_open);
    EXPECT_EQ(breaker.state(now + 30s), State::open);
    EXPECT_EQ(breaker.since(), now + 30s);
    // Nobody asked for an hour: it counts from when it was due, so probes are let through now.
    EXPECT_EQ(breaker.state(now + 1h), State::half_open);
    breaker.note(silent, answered, now + 1h);
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(breaker.ask(now + 1h).ask, Ask::probe) << "an old probe takes no place";
}

TEST_F(HalfOpenBreaker, does_not_listen_to_calls_of_an_earlier_state)
{
    Breaker another({}, 3);
    auto const early = another.ask(noon);
    fail_calls(another, 5, noon);
    now = noon + another.retry_after(noon);
    for (int i = 0; i < 9; i++)
        another.note(early, answered, now);
    EXPECT_EQ(another.state(now), State::half_open);
    another.note(early, timed_out, now);
    EXPECT_EQ(another.state(now), State::half_open);
}

TEST(Breaker, opens_at_half_of_twenty_within_ten_seconds)
{
    Breaker breaker({.failures = 1'000, .rate = FailureRate{}}, 1);
    auto const call
        = [&](Outcome outcome, TimePoint at) { breaker.note(breaker.ask(at), outcome, at); };
    for (int i = 0; i < 9; i++) {
        call(answered, noon);
        call(reset, noon);
    }
    call(answered, noon);
    EXPECT_EQ(breaker.state(noon), State::closed) << "19 calls are too few";
    call(connect_failed, noon + 9s);
    EXPECT_EQ(breaker.state(noon + 9s), State::open);
}

TEST(Breaker, forgets_what_failed_before_the_window)
{
    Breaker breaker({.failures = 1'000, .rate = FailureRate{}}, 1);
    for (int i = 0; i < 19; i++)
        breaker.note(breaker.ask(noon), timed_out, noon);
    for (int i = 0; i < 19; i++)
        breaker.note(breaker.ask(noon + 10s), timed_out, noon + 10s);
    EXPECT_EQ(breaker.state(noon + 10s), State::closed);
}

// Beside it, the slow way: all calls and probes are kept, and looked through each time.
struct Model {
    struct Call {
        TimePoint at;
        bool failed;
    };
    BreakerOptions options;
    QuickDice dice; // Throws what the breaker throws.
    State state = State::closed;
    TimePoint until{};
    std::vector<Call> calls{};
    std::map<std::uint64_t, TimePoint> probes{};
    int succeeded = 0;
    std::uint64_t epoch = 0;
    int opened = 0;

    void go(State to, TimePoint at)
    {
        state = to;
        calls.clear();
        probes.clear();
        succeeded = 0;
        epoch++;
        if (to != State::open)
            return;
        opened++;
        auto const spread = options.open_for / 5;
        auto const drawn = static_cast<double>(spread.count()) * dice.fraction();
        until = at + options.open_for - spread / 2 + Duration(static_cast<Duration::rep>(drawn));
    }
    void settle(TimePoint now)
    {
        while (true) {
            auto const overdue = std::ranges::find_if(
                probes, [&](auto const& probe) { return probe.second + options.patience <= now; });
            if (state == State::open && now >= until)
                go(State::half_open, until);
            else if (overdue != probes.end())
                go(State::open, overdue->second + options.patience);
            else
                return;
        }
    }
    [[nodiscard]] Ask asked() const
    {
        if (state != State::half_open)
            return state == State::closed ? Ask::pass : Ask::refused;
        return std::ssize(probes) + succeeded < options.probes ? Ask::probe : Ask::refused;
    }
    void note(std::uint64_t number, Outcome outcome, TimePoint now)
    {
        bool const failed = outcome != answered && outcome != abandoned;
        if (state == State::closed && outcome != abandoned) {
            calls.push_back({now, failed});
            if (failed && (failed_in_row() || is_over_rate(now)))
                go(State::open, now);
        } else if (state == State::half_open) {
            probes.erase(number);
            succeeded += outcome == answered ? 1 : 0;
            if (failed || succeeded == options.probes)
                go(failed ? State::open : State::closed, now);
        }
    }
    [[nodiscard]] bool failed_in_row() const
    {
        return std::ssize(calls) >= options.failures
            && std::all_of(calls.end() - options.failures, calls.end(), std::mem_fn(&Call::failed));
    }
    [[nodiscard]] bool is_over_rate(TimePoint now) const
    {
        if (!options.rate)
            return false;
        auto const tenth = options.rate->window / 10;
        std::int64_t all = 0;
        std::int64_t bad = 0;
        for (auto const& call : calls)
            if (call.at.time_since_epoch() / tenth >= now.time_since_epoch() / tenth - 9) {
                all++;
                bad += call.failed ? 1 : 0;
            }
        return all >= options.rate->calls_min && bad * 100 >= all * options.rate->percent;
    }
};

struct Sent {
    Breaker::Permit permit;
    std::uint64_t epoch;
};

struct ModelledBreaker : ::testing::Test {
    std::mt19937 chance{};
    int opened = 0;
    std::uint64_t epochs = 0;

    int below(int bound) { return static_cast<int>(chance() % static_cast<unsigned>(bound)); }
    BreakerOptions draw_options()
    {
        BreakerOptions options{.failures = 1 + below(8), .probes = 1 + below(4)};
        if (below(2) == 0)
            options.rate = FailureRate{.percent = 20 + below(60),
                .calls_min = 2 + below(20),
                .window = 1s * (1 + below(20))};
        return options;
    }
    Outcome draw_outcome(int badness)
    {
        if (below(20) == 0)
            return abandoned;
        return below(100) < badness ? static_cast<Outcome>(1 + below(4)) : answered;
    }
    void run(unsigned seed)
    {
        chance.seed(seed);
        auto const options = draw_options();
        auto const badness = below(101);
        Breaker breaker(options, seed);
        Model model{options, QuickDice(seed)};
        std::deque<Sent> sent;
        TimePoint now = noon;
        for (int step = 0; step < 1'500; step++) {
            now += std::chrono::milliseconds(below(step % 100 == 0 ? 200'000 : 700));
            model.settle(now);
            ASSERT_EQ(breaker.state(now), model.state) << seed << " " << step;
            if (below(2) == 0 || sent.empty()) {
                auto const permit = breaker.ask(now);
                ASSERT_EQ(permit.ask, model.asked()) << seed << " " << step;
                if (permit)
                    sent.push_back({permit, model.epoch});
                if (permit.ask == Ask::probe)
                    model.probes[permit.number] = now;
            } else {
                auto const at = sent.begin() + below(static_cast<int>(sent.size()));
                auto const outcome = draw_outcome(badness);
                breaker.note(at->permit, outcome, now);
                if (at->epoch == model.epoch)
                    model.note(at->permit.number, outcome, now);
                sent.erase(at);
                ASSERT_EQ(breaker.state(now), model.state) << seed << " " << step;
            }
            if (model.state == State::open) {
                ASSERT_EQ(breaker.retry_after(now), model.until - now);
            }
        }
        opened += model.opened;
        epochs += model.epoch;
    }
};

TEST_F(ModelledBreaker, agrees_with_a_model_that_remembers_everything)
{
    for (unsigned seed = 0; seed < 300 && !HasFatalFailure(); seed++)
        run(seed);
    EXPECT_GT(opened, 1'000) << "the test shows nothing otherwise";
    EXPECT_GT(epochs, 3'000u);
}

} // namespace
} // namespace gatehouse::upstream
