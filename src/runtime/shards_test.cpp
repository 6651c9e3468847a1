// SPDX-License-Identifier: Apache-2.0
#include "runtime/shards.hpp"

#include "runtime/dice.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

namespace gatehouse::runtime {
namespace {

TEST(Mailbox, leaves_the_task_with_its_sender_where_it_is_full_but_takes_answers)
{
    Mailbox mailbox(2);
    std::string ran;
    EXPECT_TRUE(mailbox.try_post([&] { ran += '1'; }));
    EXPECT_TRUE(mailbox.try_post([&] { ran += '2'; }));
    Task kept([&] { ran += '4'; });
    EXPECT_FALSE(mailbox.try_post(std::move(kept)));
    ASSERT_TRUE(kept);
    mailbox.post_answer([&] { ran += '3'; });

    std::vector<Task> letters;
    mailbox.take(letters);
    EXPECT_TRUE(mailbox.try_post(std::move(kept)));
    for (auto& letter : letters)
        letter();
    EXPECT_EQ(ran, "123");
    EXPECT_FALSE(mailbox.go_to_sleep());
}

// The reader sleeps whenever it can, so a wake-up that is lost hangs the test.
TEST(Mailbox, keeps_the_order_of_each_of_many_senders)
{
    constexpr int senders = 4;
    constexpr int letters_each = 20'000;
    Clock clock;
    Reactor reactor(clock, {.letters_max = 64});
    std::array<int, senders> seen{};
    int out_of_order = 0;
    std::vector<std::thread> threads;
    for (std::size_t sender = 0; sender < senders; sender++) {
        threads.emplace_back([&, sender] {
            for (int number = 0; number < letters_each; number++) {
                Task letter([&, sender, number] { out_of_order += seen[sender]++ != number; });
                while (!reactor.mailbox().try_post(std::move(letter)))
                    std::this_thread::yield();
            }
        });
    }
    for (int all = 0; all < senders * letters_each;) {
        reactor.turn();
        all = 0;
        for (auto const of_one : seen)
            all += of_one;
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(out_of_order, 0);
}

// Two shards flood each other through tiny mailboxes. Each refuses what it can't take, and answers
// what it took, so all requests end, one way or the other.
TEST(Shards, that_flood_each_other_never_wait_in_a_ring)
{
    constexpr int requests = 20'000;
    struct Side {
        int sent = 0, answered = 0, refused = 0;
        Task send;
        std::promise<void> done;
    };
    Clock clock;
    std::array<Side, 2> sides;
    Shards shards(clock, {.count = 2, .reactor = {.letters_max = 4}});
    for (ShardIndex here = 0; here < 2; here++) {
        auto& side = sides[here];
        auto& mine = shards[here].mailbox();
        auto& theirs = shards[1 - here].mailbox();
        side.send = [&] {
            for (int i = 0; i < 10 && side.sent < requests; i++, side.sent++) {
                bool const taken =
                    theirs.try_post([&] { mine.post_answer([&] { side.answered++; }); });
                side.refused += taken ? 0 : 1;
            }
            if (side.answered + side.refused == requests)
                side.done.set_value();
            else
                mine.post_answer([&] { side.send(); });
        };
        mine.post_answer([&] { side.send(); });
    }
    shards.start();
    for (auto& side : sides)
        side.done.get_future().wait();
    shards.stop();
    for (auto const& side : sides)
        EXPECT_GT(side.answered, 0);
}

TEST(Shards, each_turns_on_a_thread_of_its_own_and_stops_while_it_sleeps)
{
    Clock clock;
    Shards shards(clock, {.count = 3, .pinned_to_cores = true});
    std::array<std::promise<std::thread::id>, 3> threads;
    shards.start();
    std::set<std::thread::id> seen;
    for (ShardIndex shard = 0; shard < 3; shard++) {
        auto& answer = threads[shard];
        ASSERT_TRUE(shards[shard].mailbox().try_post(
            [&] { answer.set_value(std::this_thread::get_id()); }));
        seen.insert(answer.get_future().get());
    }
    shards.stop();
    EXPECT_EQ(seen.size(), 3u);
}

TEST(KernelDice, never_gives_the_same_bytes_twice)
{
    KernelDice dice;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; i++)
        EXPECT_TRUE(seen.insert(dice.bytes(16)).second);
    EXPECT_EQ(dice.bytes(0).size(), 0u);
    EXPECT_EQ(dice.bytes(1000).size(), 1000u);
}

}  // namespace
}  // namespace gatehouse::runtime
