// SPDX-License-Identifier: Apache-2.0
#include "runtime/reactor.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <thread>

namespace gatehouse::runtime {
namespace {

using namespace std::chrono_literals;

struct Bell : Watcher {
    explicit Bell(Reactor& its_reactor) : reactor(its_reactor)
    {
        reactor.watch(fd.get(), EPOLLIN, *this, 7);
    }
    ~Bell()
    {
        if (fd)
            reactor.unwatch(fd.get());
    }
    void ready(std::uint32_t tag, std::uint32_t events) override
    {
        EXPECT_EQ(tag, 7u);
        EXPECT_EQ(events, EPOLLIN);
        rung++;
        if (then)
            then();
    }
    Reactor& reactor;
    Descriptor fd{eventfd(1, EFD_NONBLOCK)};
    int rung = 0;
    Task then;
};

struct ReactorTest : testing::Test {
    Clock clock;
    Reactor reactor{clock};
};

TEST_F(ReactorTest, tells_in_every_turn_until_there_is_nothing_left_to_hear)
{
    Bell bell(reactor);
    reactor.turn();
    reactor.turn();
    EXPECT_EQ(bell.rung, 2);
    eventfd_t count = 0;
    eventfd_read(bell.fd.get(), &count);
    reactor.turn(0ns);
    EXPECT_EQ(bell.rung, 2);
}

// Both are ready in one turn; whichever comes first closes the other, whose number is used again.
TEST_F(ReactorTest, tells_nothing_to_a_descriptor_unwatched_in_the_same_turn)
{
    Bell one(reactor);
    Bell two(reactor);
    auto const replace = [&](Bell& other) {
        auto const number = other.fd.get();
        reactor.unwatch(number);
        other.fd = Descriptor();
        other.fd = Descriptor(eventfd(1, EFD_NONBLOCK));
        EXPECT_EQ(other.fd.get(), number);
        reactor.watch(number, EPOLLIN, other, 7);
    };
    one.then = [&] { replace(two); };
    two.then = [&] { replace(one); };
    reactor.turn();
    EXPECT_EQ(one.rung + two.rung, 1);
    one.then = nullptr;
    two.then = nullptr;
    reactor.turn();
    EXPECT_EQ(one.rung + two.rung, 3);
}

TEST_F(ReactorTest, sleeps_until_the_next_alarm_and_no_shorter)
{
    auto const due = reactor.now().steady + 3ms;
    TimePoint rung{};
    Timer alarm([&] { rung = reactor.now().steady; });
    reactor.timers().arm(alarm, due);
    int turns = 0;
    for (; rung == TimePoint{}; turns++)
        reactor.turn();
    EXPECT_GE(rung, due);
    EXPECT_LE(turns, 2);
}

TEST_F(ReactorTest, a_turn_has_one_order_and_one_time)
{
    std::string order;
    std::vector<TimePoint> times;
    auto const note = [&](char what) {
        order += what;
        times.push_back(reactor.now().steady);
    };
    Bell bell(reactor);
    bell.then = [&] { note('w'); };
    Timer alarm([&] { note('t'); });
    reactor.timers().arm(alarm, reactor.now().steady);
    EXPECT_TRUE(reactor.mailbox().try_post([&] { note('m'); }));
    reactor.at_end_of_turn([&] { note('e'); });
    reactor.turn();
    EXPECT_EQ(order, "wmte");
    EXPECT_EQ(std::set(times.begin(), times.end()).size(), 1u);
}

TEST_F(ReactorTest, a_task_that_throws_is_reported_and_harms_no_other)
{
    std::vector<std::string> reports;
    reactor.on_exception([&](std::string_view what) { reports.emplace_back(what); });
    bool ran = false;
    EXPECT_TRUE(reactor.mailbox().try_post([] { throw std::runtime_error("broken"); }));
    EXPECT_TRUE(reactor.mailbox().try_post([] { throw 1; }));
    EXPECT_TRUE(reactor.mailbox().try_post([&] { ran = true; }));
    reactor.turn();
    EXPECT_TRUE(ran);
    EXPECT_EQ(reports, (std::vector<std::string>{"broken", "an exception of an unknown type"}));
}

TEST_F(ReactorTest, a_letter_posted_by_a_letter_waits_for_the_next_turn_which_does_not_sleep)
{
    int ran = 0;
    reactor.mailbox().post_answer([&] {
        ran++;
        reactor.mailbox().post_answer([&] { ran++; });
    });
    reactor.turn();
    EXPECT_EQ(ran, 1);
    reactor.turn();
    EXPECT_EQ(ran, 2);
}

TEST_F(ReactorTest, leaves_all_but_mail_to_the_kernel_when_told_to)
{
    Bell bell(reactor);
    int heard = 0;
    reactor.hear_only_mail(true);
    reactor.mailbox().post_answer([&] { heard++; });
    reactor.turn();
    reactor.turn(0ns);
    EXPECT_EQ(heard, 1);
    EXPECT_EQ(bell.rung, 0);
    std::jthread const other([&] { reactor.mailbox().post_answer([&] { heard++; }); });
    while (heard < 2)
        reactor.turn();
    reactor.hear_only_mail(false);
    reactor.turn();
    EXPECT_EQ(bell.rung, 1);
}

TEST(Mailbox, takes_as_many_as_it_has_room_for_in_their_order)
{
    Mailbox mailbox(3);
    std::vector<int> ran;
    std::deque<Task> tasks;
    for (int i = 0; i < 5; i++)
        tasks.emplace_back([&ran, i] { ran.push_back(i); });
    mailbox.post_some(tasks);
    EXPECT_EQ(tasks.size(), 2u);
    mailbox.post_some(tasks);
    EXPECT_EQ(tasks.size(), 2u);
    std::vector<Task> letters;
    for (int round = 0; round < 2; round++) {
        mailbox.take(letters);
        for (auto& letter : letters)
            letter();
        mailbox.post_some(tasks);
    }
    EXPECT_EQ(ran, (std::vector{0, 1, 2, 3, 4}));
}

TEST(Clock, never_runs_backwards)
{
    Clock clock;
    auto before = clock.read();
    for (int i = 0; i < 1000; i++) {
        auto const now = clock.read();
        ASSERT_GE(now.steady, before.steady);
        ASSERT_GE(now.wall, before.wall);
        before = now;
    }
    EXPECT_GT(before.wall.ms, 1'700'000'000'000);
}

}  // namespace
}  // namespace gatehouse::runtime
