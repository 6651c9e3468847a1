// SPDX-License-Identifier: Apache-2.0
// What broke the server is set aside, and operators deal with it.
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct Letters : Table {
    // What the process before this one left behind.
    CrashSite const adding{.room = "k7qxm.00000001",
        .doing = Doing::act,
        .principal = "ann",
        .seat = 0,
        .action = 5,
        .name = "add",
        .body = R"({"n":3})",
        .why = "SIGSEGV"};
    std::vector<Result<events::Version>> answers{};

    void SetUp() override
    {
        Table::SetUp();
        bench.act(ann, 1, "begin");
        bench.act(ann, 4, "add", R"({"n":1})");
        bench.settle();
    }
    // A new process finds the crumb; Ann comes back and asks again, as she was never answered.
    void crash_at(CrashSite const& site)
    {
        bench.crash();
        bench.room->set_aside(site);
        bench.settle();
        bench.join(ann);
        bench.join(bob);
        bench.settle();
    }
    void order(Order order)
    {
        bench.room->obey(std::make_shared<Instruction>(std::move(order),
            [this](Result<events::Version> result) { answers.push_back(std::move(result)); }));
    }
    events::Version letter() { return bench.room->state().letters().at(0).number; }
};

TEST_F(Letters, an_action_that_broke_the_server_is_not_tried_again)
{
    crash_at(adding);
    bench.act(ann, 5, "add", R"({"n":3})");
    bench.settle();
    EXPECT_EQ(ann.errors[5], "internal");
    EXPECT_EQ(bench.sum(), 1);
    ASSERT_EQ(bench.room->state().letters().size(), 1u);
    EXPECT_EQ(bench.room->state().letters()[0].about.body, R"({"n":3})");
    EXPECT_EQ(bench.complaints.size(), 1u);

    bench.act(ann, 6, "add", R"({"n":10})"); // The next ones are welcome.
    bench.settle();
    EXPECT_TRUE(ann.acks.contains(6));
    EXPECT_EQ(bench.sum(), 11);
}

TEST_F(Letters, a_retried_letter_is_applied_once_under_its_own_id)
{
    crash_at(adding);
    bench.act(ann, 6, "add", R"({"n":10})");
    bench.settle();
    order(Retry{letter(), {}, {}});
    bench.turn();
    EXPECT_TRUE(answers.empty()) << "not before it is durable";
    bench.settle();
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0], bench.kept.size());
    EXPECT_EQ(bench.sum(), 14);
    EXPECT_TRUE(bench.room->state().letters().empty());

    for (int i = 0; i < 2; i++) { // Sent again, also to the next process: it is known.
        bench.act(ann, 5, "add", R"({"n":3})");
        bench.act(ann, 6, "add", R"({"n":10})");
        bench.settle();
        EXPECT_TRUE(ann.acks.contains(5));
        EXPECT_EQ(bench.sum(), 14);
        bench.crash();
        bench.join(ann);
        bench.settle();
    }
}

TEST_F(Letters, may_be_retried_in_other_words)
{
    crash_at(adding);
    order(Retry{letter(), {}, R"({"n":5})"});
    bench.settle();
    EXPECT_EQ(bench.sum(), 6);
    EXPECT_TRUE(bench.room->state().member(1).applied.find(5));
}

TEST_F(Letters, what_the_game_refuses_stays_a_letter)
{
    crash_at(adding);
    order(Retry{letter(), "fly", {}});
    order(Retry{letter(), {}, "{"});
    order(Retry{999, {}, {}});
    order(Discard{999});
    bench.settle();
    ASSERT_EQ(answers.size(), 4u);
    EXPECT_EQ(answers[0].error().code, ErrorCode::bad_request);
    EXPECT_EQ(answers[1].error().code, ErrorCode::bad_request);
    EXPECT_EQ(answers[2].error().code, ErrorCode::not_found);
    EXPECT_EQ(answers[3].error().code, ErrorCode::not_found);
    EXPECT_EQ(bench.room->state().letters().size(), 1u);
}

TEST_F(Letters, a_discarded_letter_is_gone_and_its_action_never_applied)
{
    crash_at(adding);
    order(Discard{letter()});
    bench.settle();
    ASSERT_TRUE(answers.at(0));
    EXPECT_TRUE(bench.room->state().letters().empty());
    EXPECT_EQ(bench.sum(), 1);
}

TEST_F(Letters, an_order_that_the_store_loses_says_so)
{
    crash_at(adding);
    order(Discard{letter()});
    bench.turn();
    bench.lose();
    bench.reload();
    EXPECT_EQ(answers.at(0).error().code, ErrorCode::unavailable);
    EXPECT_EQ(bench.room->state().letters().size(), 1u);
}

TEST_F(Letters, what_was_kept_was_not_what_broke)
{
    auto kept = adding;
    kept.action = 4;
    crash_at(kept);
    EXPECT_TRUE(bench.room->state().letters().empty());
}

TEST_F(Letters, whose_coming_was_not_kept_has_come_all_the_same)
{
    auto strange = adding;
    strange.principal = "zoe";
    crash_at(strange);
    EXPECT_NE(bench.room->state().actor_of("zoe"), 0u);
    EXPECT_EQ(bench.room->state().letters().size(), 1u);
    order(Retry{letter(), {}, {}});
    EXPECT_EQ(answers.at(0).error().code, ErrorCode::wrong_phase);
}

TEST_F(Letters, the_same_crash_twice_is_one_letter)
{
    crash_at(adding);
    crash_at(adding);
    EXPECT_EQ(bench.room->state().letters().size(), 1u);
}

TEST_F(Letters, a_timer_that_broke_the_server_rings_when_it_is_retried)
{
    bench.act(ann, 5, "arm", R"({"timer":"tick","after":1000})");
    bench.settle();
    crash_at({.room = "k7qxm.00000001", .doing = Doing::ring, .name = "tick", .why = "SIGFPE"});
    EXPECT_TRUE(bench.room->state().timers().empty());
    auto const before = bench.kept.size();
    bench.after(Milliseconds(20'000));
    EXPECT_EQ(bench.kept.size(), before) << "it rings no more";
    order(Retry{letter(), {}, {}});
    bench.settle();
    EXPECT_TRUE(answers.at(0));
    EXPECT_TRUE(bench.room->state().letters().empty());
}

TEST_F(Letters, a_timer_that_broke_the_server_is_held_when_the_game_sets_it_again)
{
    CrashSite const site{
        .room = "k7qxm.00000001", .doing = Doing::ring, .name = "tick", .why = "SIGFPE"};
    auto const arm = [this](std::uint64_t id) {
        bench.act(ann, id, "arm", R"({"timer":"tick","after":1000})");
        bench.act(ann, id + 1, "arm", R"({"timer":"other","after":1000})");
        bench.settle();
    };
    arm(5);
    crash_at(site);
    arm(7);
    bench.after(20'000ms);
    EXPECT_EQ(bench.sum(), 101) << "the other one rang";
    crash_at(site); // Of an older server, which did not hold it.
    bench.after(20'000ms);
    EXPECT_EQ(bench.sum(), 101);
    EXPECT_EQ(bench.room->state().timers().size(), 1u);
    ASSERT_EQ(bench.room->state().letters().size(), 1u);

    order(Retry{letter(), {}, {}});
    bench.settle();
    ASSERT_TRUE(answers.at(0));
    bench.after(1ms);
    EXPECT_EQ(bench.sum(), 201) << "it is due, and rings once";
    EXPECT_TRUE(bench.room->state().timers().empty());
}

TEST_F(Letters, too_many_of_them_close_the_room)
{
    bench.crash();
    for (std::uint64_t i = 0; i <= RoomState::letters_max; i++) {
        auto site = adding;
        site.action += i;
        bench.room->set_aside(site);
    }
    EXPECT_FALSE(bench.room->is_live());
    bench.turn();
}

// The crumbs of one shard, as a test sees them.
struct SeenCrumbs final : Crumbs {
    std::vector<std::string> laid{};
    bool lies = false;
    void lay(Crumb const& crumb) override
    {
        laid.push_back(std::string(name_of(crumb.doing)) + " " + std::string(crumb.name));
        lies = true;
    }
    void take_up() override { lies = false; }
    void forgive(std::string_view) override { }
};

TEST(Crumbs, lie_while_the_game_works_and_not_beyond)
{
    SeenCrumbs crumbs;
    Bench bench;
    bench.around.crumbs = &crumbs;
    auto ann = bench.add("ann", 1);
    bench.open();
    bench.join(ann);
    bench.settle();
    crumbs.laid.clear();
    bench.act(ann, 1, "begin");
    EXPECT_FALSE(crumbs.lies);
    bench.settle();
    ASSERT_GE(crumbs.laid.size(), 2u);
    EXPECT_EQ(crumbs.laid[0], "act begin");
    EXPECT_EQ(crumbs.laid[1], "show ");
    EXPECT_FALSE(crumbs.lies);
    crumbs.laid.clear();
    bench.crash();
    EXPECT_EQ(crumbs.laid.at(0), "read ");
}

} // namespace
} // namespace gatehouse::rooms
