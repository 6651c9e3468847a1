// SPDX-License-Identifier: Apache-2.0
// What a room says in such a way that a session may drop it for who is slow.
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;

struct ForTheSlow : ::testing::Test {
    Bench bench{};
    Client ann = bench.add("ann", 1);
    Client bob = bench.add("bob", 2);

    void SetUp() override
    {
        bench.open();
        bench.join(ann);
        bench.join(bob);
        bench.settle();
        bench.sent.clear();
    }
    Json sent(std::size_t at) { return Json::parse(*bench.sent.at(at).frame); }
};

TEST_F(ForTheSlow, all_but_answers_may_be_dropped)
{
    bench.act(ann, 1, "arm", R"({"timer":"tick","after":500})");
    bench.settle();
    bench.ask(bob, Gone{});
    bench.settle();
    ASSERT_GE(bench.sent.size(), 5u);
    for (auto const& each : bench.sent)
        EXPECT_EQ(each.effect, Delivery::Effect::update) << *each.frame;
    bench.sent.clear();
    bench.act(ann, 2, "fly");
    bench.settle();
    EXPECT_EQ(bench.sent.at(0).effect, Delivery::Effect::none) << "a refusal shows nothing";
}

// Without its update an ack must be heard, but later.
TEST_F(ForTheSlow, an_update_keeps_its_answers)
{
    bench.act(ann, 1, "add", R"({"n":1})");
    bench.act(ann, 2, "fly");
    bench.settle();
    auto const& batch = *std::ranges::find(bench.sent, ann.who, &Delivery::to);
    ASSERT_TRUE(batch.keeps);
    auto expected = Json::parse(*batch.frame);
    expected.erase(0);
    EXPECT_EQ(Json::parse(*batch.keeps), expected);
    EXPECT_FALSE(std::ranges::find(bench.sent, bob.who, &Delivery::to)->keeps);

    bench.sent.clear();
    bench.act(ann, 1, "add", R"({"n":1})");
    bench.settle();
    EXPECT_EQ(sent(0)["t"], "ack");
    EXPECT_EQ(bench.sent[0].effect, Delivery::Effect::update) << "said again, it waits as well";
    EXPECT_EQ(bench.sent[0].keeps, bench.sent[0].frame);
}

TEST_F(ForTheSlow, a_whole_view_brings_timers_presence_and_what_they_did)
{
    bench.act(ann, 7, "arm", R"({"timer":"tick","after":500})");
    bench.settle();
    bench.ask(bob, Gone{});
    bench.settle();
    bench.sent.clear();
    bench.ask(ann, Refresh{});
    bench.settle();
    ASSERT_EQ(bench.sent.size(), 1u);
    EXPECT_EQ(bench.sent[0].effect, Delivery::Effect::renewal);
    auto const batch = sent(0);
    ASSERT_EQ(batch.size(), 3u);
    EXPECT_EQ(batch[0]["view"], bench.expected_view(0, bench.kept.size()));
    EXPECT_EQ(batch[0]["me"], 7);
    EXPECT_EQ(batch[1]["name"], "tick");
    EXPECT_EQ(batch[2]["seats"], Json::parse(R"({"0":"here","1":"away"})"));
}

}  // namespace
}  // namespace gatehouse::rooms
