// SPDX-License-Identifier: Apache-2.0
#include "matching/queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>

namespace gatehouse::matching {
namespace {

using namespace std::chrono_literals;

// Beside the queue, all that it should know, asked the slow way.
struct Model {
    QueueOptions options;
    std::map<std::uint64_t, Waiter> waiting{};

    [[nodiscard]] int near(Waiter const& who, TimePoint now) const
    {
        auto const window = window_of(options, who, now);
        return static_cast<int>(std::ranges::count_if(waiting, [&](auto const& each) {
            return each.first != who.number && std::abs(each.second.rating - who.rating) <= window;
        }));
    }
    [[nodiscard]] bool can_have_a_group(Waiter const& who, TimePoint now) const
    {
        auto const others = near(who, now);
        bool const is_patient = now - who.since >= options.patience;
        return others >= options.players - 1 || (is_patient && others >= options.players_min - 1);
    }
};

struct Queues : ::testing::Test {
    std::mt19937 chance{11};
    TimePoint now{1h};
    Model model{};
    std::uint64_t last = 0;
    std::size_t matched = 0;

    int below(int end) { return static_cast<int>(chance() % static_cast<unsigned>(end)); }
    QueueOptions draw_options()
    {
        auto const players = 1 + below(6);
        return {.players = players,
            .players_min = 1 + below(players),
            .patience = Milliseconds(below(40'000)),
            .window = below(200),
            .growth = below(30),
            .window_max = below(1'500)};
    }
    void take(std::vector<Queue::Group> const& groups)
    {
        for (auto const& group : groups) {
            matched += group.size();
            expect_is_fair(group);
            for (auto const& each : group)
                EXPECT_EQ(model.waiting.erase(each.number), 1u) << "twice, or after they left";
        }
    }
    // Somebody of them could have just these; nobody else did they wait for.
    void expect_is_fair(Queue::Group const& group)
    {
        auto const& options = model.options;
        bool const is_whole = std::ssize(group) == options.players;
        EXPECT_GE(std::ssize(group), options.players_min);
        EXPECT_LE(std::ssize(group), options.players);
        EXPECT_TRUE(std::ranges::is_sorted(group, {}, &Waiter::number));
        EXPECT_TRUE(std::ranges::any_of(group, [&](Waiter const& seeker) {
            auto const window = window_of(options, seeker, now);
            return (is_whole || now - seeker.since >= options.patience)
                && std::ranges::all_of(group, [&](Waiter const& other) {
                       return std::abs(other.rating - seeker.rating) <= window;
                   });
        })) << "nobody is put together with somebody outside the window";
    }
};

TEST_F(Queues, leave_nobody_who_could_have_a_group_whoever_comes_and_goes)
{
    for (int round = 0; round < 60; round++) {
        model = {draw_options()};
        Queue queue(model.options);
        auto const spread = 1 + below(3'000);
        for (int step = 0; step < 150; step++) {
            if (auto const what = below(10); what < 6) {
                Waiter const who{.number = ++last, .rating = 1'500 + below(spread), .since = now};
                model.waiting[who.number] = who;
                queue.add(who);
            } else if (what < 8 && !model.waiting.empty()) {
                auto const gone = std::next(
                    model.waiting.begin(), below(static_cast<int>(model.waiting.size())));
                EXPECT_TRUE(queue.remove(gone->first));
                EXPECT_FALSE(queue.remove(gone->first));
                model.waiting.erase(gone);
            } else {
                now += Milliseconds(below(20'000));
            }
            take(queue.step(now));
            EXPECT_EQ(queue.size(), model.waiting.size());
            for (auto const& [number, who] : model.waiting)
                EXPECT_FALSE(model.can_have_a_group(who, now)) << round << " " << step;
        }
    }
    EXPECT_GT(matched, 1'000u) << "the test shows nothing otherwise";
}

// Whoever asks the queue only when it says so misses nothing.
TEST_F(Queues, say_when_they_must_be_asked_next)
{
    for (int round = 0; round < 200; round++) {
        model = {draw_options()};
        Queue queue(model.options);
        for (int i = 0; i < 12; i++) {
            Waiter const who{.number = ++last, .rating = 1'500 + below(1'500), .since = now};
            model.waiting[who.number] = who;
            queue.add(who);
            take(queue.step(now));
        }
        while (auto const next = queue.next()) {
            ASSERT_GT(*next, now);
            now = *next - 1ms;
            EXPECT_TRUE(queue.step(now).empty()) << "not before";
            for (auto const& [number, who] : model.waiting)
                EXPECT_FALSE(model.can_have_a_group(who, now));
            now += 1ms;
            auto const before = model.waiting.size();
            take(queue.step(now));
            EXPECT_LT(model.waiting.size(), before) << "then somebody is matched";
        }
        for (auto const& [number, who] : model.waiting)
            EXPECT_FALSE(model.can_have_a_group(who, now + 24h)) << "who is left waits in vain";
        now += 1h;
    }
}

// A stream of newcomers who suit each other does not pass by whoever suits them only by waiting.
TEST_F(Queues, starve_nobody_whose_window_reaches_those_who_come)
{
    model = {{.players = 3, .players_min = 3, .window = 50, .growth = 10, .window_max = 600}};
    Queue queue(model.options);
    Waiter const far{.number = ++last, .rating = 2'000, .since = now};
    model.waiting[far.number] = far;
    queue.add(far);
    auto const came = now;
    while (model.waiting.contains(far.number) && now < came + 1h) {
        now += 1s;
        Waiter const who{.number = ++last, .rating = 1'500 + below(40), .since = now};
        model.waiting[who.number] = who;
        queue.add(who);
        take(queue.step(now));
    }
    EXPECT_LE(now - came, 50s);
}

TEST_F(Queues, put_together_whose_ratings_are_nearest)
{
    model = {{.players = 2, .players_min = 2, .window = 100, .growth = 0, .window_max = 100}};
    Queue queue(model.options);
    for (auto const rating : {1'000, 1'300, 1'190})
        queue.add({.number = ++last, .rating = rating, .since = now});
    EXPECT_TRUE(queue.step(now + 24h).empty()) << "110 is too far, and never nearer";
    queue.add({.number = ++last, .rating = 1'100, .since = now});
    auto const groups = queue.step(now);
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(groups[0][0].rating, 1'000) << "who came first has the first choice";
    EXPECT_EQ(groups[0][1].rating, 1'100);
}

TEST_F(Queues, are_as_deterministic_as_what_they_are_told)
{
    auto const play = [](unsigned seed) {
        std::mt19937 dice(seed);
        Queue queue({.players = 4, .players_min = 2, .patience = 5s});
        TimePoint at{};
        std::vector<std::uint64_t> order;
        for (std::uint64_t number = 1; number <= 400; number++) {
            at += Milliseconds(dice() % 2'000);
            queue.add({.number = number, .rating = static_cast<int>(dice() % 3'000), .since = at});
            for (auto const& group : queue.step(at))
                for (auto const& each : group)
                    order.push_back(each.number);
        }
        return order;
    };
    EXPECT_EQ(play(5), play(5));
    EXPECT_GT(play(5).size(), 100u);
}

} // namespace
} // namespace gatehouse::matching
