// SPDX-License-Identifier: Apache-2.0
#include "upstream/queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace gatehouse::upstream {
namespace {

using namespace std::chrono_literals;
using Place = Queue::Place;
using Tickets = std::vector<Queue::Ticket>;

constexpr TimePoint noon{12h};

struct Queues : ::testing::Test {
    OwnPermits permits{2};
    Queue queue{permits, 3};

    // All permits are out, and calls take a second.
    void occupy()
    {
        EXPECT_EQ(queue.ask(1001, noon, noon + 1h), Place::go);
        queue.done(1s);
        EXPECT_EQ(queue.ask(1001, noon, noon + 1h), Place::go);
        EXPECT_EQ(queue.ask(1002, noon, noon + 1h), Place::go);
    }
    void expect_step(TimePoint now, Tickets const& go, Tickets const& shed)
    {
        auto const step = queue.step(now);
        EXPECT_EQ(step.go, go);
        EXPECT_EQ(step.shed, shed);
    }
};

TEST_F(Queues, let_so_many_go_and_the_others_wait_in_order)
{
    occupy();
    for (Queue::Ticket who = 1; who <= 3; who++)
        EXPECT_EQ(queue.ask(who, noon, noon + 1h), Place::wait);
    EXPECT_EQ(queue.ask(4, noon, noon + 1h), Place::shed) << "the line is full";
    expect_step(noon, {}, {});
    queue.done(1s);
    EXPECT_EQ(queue.ask(5, noon, noon + 1h), Place::shed) << "nobody passes those who wait";
    expect_step(noon, {1}, {});
    EXPECT_TRUE(queue.leave(2));
    EXPECT_FALSE(queue.leave(2));
    queue.done(std::nullopt);
    queue.done(std::nullopt);
    expect_step(noon, {3}, {});
    EXPECT_EQ(permits.taken(), 1);
}

TEST_F(Queues, send_away_at_the_door_who_cannot_be_answered_in_time)
{
    occupy();
    EXPECT_EQ(queue.ask(1, noon, noon + 1s), Place::shed);
    EXPECT_EQ(queue.ask(1, noon, noon + 1500ms), Place::shed);
    EXPECT_EQ(queue.ask(1, noon, noon + 1501ms), Place::wait) << "half a second, and a call";
    EXPECT_EQ(queue.ask(2, noon, noon + 2s), Place::shed);
    EXPECT_EQ(queue.ask(2, noon, noon + 2001ms), Place::wait);
    EXPECT_EQ(queue.ask(3, noon, noon), Place::shed);
}

TEST_F(Queues, shed_first_who_cannot_make_it_any_more)
{
    occupy();
    EXPECT_EQ(queue.ask(1, noon, noon + 1600ms), Place::wait);
    EXPECT_EQ(queue.ask(2, noon, noon + 1h), Place::wait);
    EXPECT_EQ(queue.ask(3, noon, noon + 2600ms), Place::wait);
    EXPECT_EQ(queue.next(), noon + 600ms);
    // At 400 ms the first would be done at 1900; the third, as the second then, at 2400.
    EXPECT_EQ(queue.ask(4, noon + 400ms, noon + 1h), Place::wait);
    expect_step(noon + 400ms, {}, {1});
    EXPECT_EQ(queue.waiting(), 3u);
}

TEST_F(Queues, shed_at_the_head_who_has_less_left_than_a_call_takes)
{
    occupy();
    EXPECT_EQ(queue.ask(1, noon, noon + 1501ms), Place::wait);
    EXPECT_EQ(queue.ask(2, noon, noon + 1h), Place::wait);
    queue.done(std::nullopt);
    expect_step(noon + 501ms, {2}, {1});
    EXPECT_EQ(queue.next(), std::nullopt);
}

TEST_F(Queues, know_nothing_before_the_first_call_ended)
{
    EXPECT_EQ(queue.ask(1, noon, noon + 1h), Place::go);
    EXPECT_EQ(queue.ask(2, noon, noon + 1h), Place::go);
    EXPECT_EQ(queue.ask(3, noon, noon + 1ns), Place::wait);
    EXPECT_EQ(queue.next(), noon + 1ns);
    expect_step(noon + 1ns, {}, {3});
}

TEST_F(Queues, learn_how_long_calls_take)
{
    occupy();
    queue.done(9s);
    EXPECT_EQ(queue.service_time(), 2s);
    queue.done(std::nullopt);
    EXPECT_EQ(queue.service_time(), 2s);
}

// The same rules over a plain list.
struct Model {
    struct Waiter {
        Queue::Ticket ticket;
        TimePoint deadline;
    };
    int most;
    std::size_t waiting_max;
    int taken = 0;
    Duration call{};
    std::vector<Waiter> line{};
    Tickets shed{};

    [[nodiscard]] bool is_late(std::size_t before, TimePoint now, TimePoint deadline) const
    {
        auto const turn = now + call / most * static_cast<Duration::rep>(before + 1);
        return turn + call >= deadline;
    }
    void shed_where(auto const& is_to_go)
    {
        for (std::size_t i = 0; i < line.size();) {
            if (is_to_go(i)) {
                shed.push_back(line[i].ticket);
                line.erase(line.begin() + static_cast<std::ptrdiff_t>(i));
            } else {
                i++;
            }
        }
    }
    Place ask(Queue::Ticket who, TimePoint now, TimePoint deadline)
    {
        if (now + call >= deadline)
            return Place::shed;
        if (line.empty() && taken < most) {
            taken++;
            return Place::go;
        }
        if (line.size() == waiting_max)
            shed_where([&](std::size_t i) { return is_late(i, now, line[i].deadline); });
        if (is_late(line.size(), now, deadline) || line.size() == waiting_max)
            return Place::shed;
        line.push_back({who, deadline});
        return Place::wait;
    }
    Queue::Step step(TimePoint now)
    {
        shed_where([&](std::size_t i) { return now + call >= line[i].deadline; });
        Queue::Step step{.shed = std::exchange(shed, {})};
        while (!line.empty() && taken < most) {
            taken++;
            step.go.push_back(line.front().ticket);
            line.erase(line.begin());
        }
        return step;
    }
};

struct ModelledQueue : ::testing::Test {
    std::mt19937 chance{};
    std::size_t went = 0;
    std::size_t shed = 0;

    int below(int bound) { return static_cast<int>(chance() % static_cast<unsigned>(bound)); }
    void run(unsigned seed)
    {
        chance.seed(seed);
        OwnPermits permits(1 + below(6));
        Model model{permits.most(), static_cast<std::size_t>(below(12))};
        Queue real(permits, model.waiting_max);
        auto const typical = std::chrono::milliseconds(1 + below(2'000));
        TimePoint now = noon;
        Queue::Ticket last = 0;
        for (int step = 0; step < 1'000; step++) {
            now += std::chrono::milliseconds(below(300));
            if (below(5) < 3) {
                auto const deadline = now + std::chrono::milliseconds(below(9'000));
                last++;
                ASSERT_EQ(real.ask(last, now, deadline), model.ask(last, now, deadline));
            } else if (model.taken > 0 && below(2) == 0) {
                auto const took = typical / 2 + std::chrono::milliseconds(below(1'000));
                real.done(took);
                model.call
                    = model.call == 0s ? took : model.call + (Duration(took) - model.call) / 8;
                model.taken--;
            } else if (!model.line.empty() && below(4) == 0) {
                auto const at = model.line.begin() + below(static_cast<int>(model.line.size()));
                ASSERT_TRUE(real.leave(at->ticket));
                model.line.erase(at);
            }
            compare(real, model, now);
            ASSERT_LE(permits.taken(), permits.most());
            ASSERT_EQ(permits.taken(), model.taken);
        }
    }
    void compare(Queue& real, Model& model, TimePoint now)
    {
        auto const got = real.step(now);
        auto expected = model.step(now);
        went += got.go.size();
        shed += got.shed.size();
        ASSERT_EQ(got.go, expected.go);
        auto told = got.shed; // In which order they are told is nobody's matter.
        std::ranges::sort(told);
        std::ranges::sort(expected.shed);
        ASSERT_EQ(told, expected.shed);
        ASSERT_EQ(real.waiting(), model.line.size());
        ASSERT_LE(real.waiting(), model.waiting_max);
        auto const first = std::ranges::min_element(model.line, {}, &Model::Waiter::deadline);
        if (first != model.line.end()) {
            ASSERT_EQ(real.next(), first->deadline - model.call);
        }
    }
};

TEST_F(ModelledQueue, agrees_with_a_plain_list)
{
    for (unsigned seed = 0; seed < 200 && !HasFatalFailure(); seed++)
        run(seed);
    EXPECT_GT(went, 5'000u) << "the test shows nothing otherwise";
    EXPECT_GT(shed, 2'000u);
}

// A burst of 1,000 at a service that does ten a second, each of which will wait for ten seconds:
// those who were let in are answered in time, and all that could be are.
TEST(Queue, answers_of_a_burst_all_that_can_be_answered)
{
    constexpr auto call = 1s;
    OwnPermits permits(10);
    Queue queue(permits, 10'000);
    EXPECT_EQ(queue.ask(0, noon, noon + 1h), Place::go);
    queue.done(call);

    std::multiset<TimePoint> ends;
    std::size_t in_time = 0;
    auto const deadline = noon + 10s + 1ns;
    for (Queue::Ticket who = 1; who <= 1'000; who++)
        if (queue.ask(who, noon, deadline) == Place::go)
            ends.insert(noon + call);
    while (!ends.empty()) {
        auto const now = *ends.begin();
        ends.erase(ends.begin());
        in_time += now <= deadline ? 1 : 0;
        queue.done(call);
        auto const step = queue.step(now);
        EXPECT_TRUE(step.shed.empty()) << "whoever was let in can make it";
        for (std::size_t i = 0; i < step.go.size(); i++)
            ends.insert(now + call);
    }
    EXPECT_EQ(in_time, 100u);
}

} // namespace
} // namespace gatehouse::upstream
