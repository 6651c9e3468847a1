// SPDX-License-Identifier: Apache-2.0
#include "limits/bans.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace gatehouse::limits {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint noon{12h};
constexpr WallTime day{1'790'000'000'000};

Now after(Milliseconds later)
{
    return {noon + later, day + later};
}

Block block(std::string_view text)
{
    return parse_block(text).value();
}

struct BansOfThree : ::testing::Test {
    BanOptions options{.refusals = {.burst = 3, .period = 60s}, .lasts = 15min, .bans_max = 3};
    Bans bans{options};

    int refuse(std::string_view address, int times, Now now = after(0ms))
    {
        int banned = 0;
        for (int i = 0; i < times; i++)
            banned += bans.note_refusal(address, now) ? 1 : 0;
        return banned;
    }
    [[nodiscard]] std::string list() const
    {
        std::string list;
        for (auto const& each : bans.list())
            list += print_block(each.block) + " ";
        return list;
    }
};

TEST_F(BansOfThree, begin_at_the_fourth_refusal_and_end)
{
    EXPECT_EQ(refuse("10.0.0.1", 3), 0);
    EXPECT_EQ(bans.find("10.0.0.1", day), nullptr);
    auto const ban = bans.note_refusal("10.0.0.1", after(0ms));
    ASSERT_TRUE(ban);
    EXPECT_EQ(ban->reason, "more than 3 refusals in 60 s");
    EXPECT_EQ(ban->until, day + 15min);
    EXPECT_EQ(refuse("10.0.0.1", 50), 0) << "it is banned already";
    EXPECT_NE(bans.find("10.0.0.1", day + (15min - 1ms)), nullptr);
    EXPECT_EQ(bans.find("10.0.0.1", day + 15min), nullptr) << "though nobody asked to expire it";
    EXPECT_EQ(bans.find("10.0.0.2", day), nullptr);
    EXPECT_EQ(bans.next(), day + 15min);
    EXPECT_TRUE(bans.expire(day + (15min - 1ms)).empty());
    EXPECT_EQ(bans.expire(day + 15min).size(), 1u);
    EXPECT_EQ(bans.size(), 0u);
    EXPECT_EQ(refuse("10.0.0.1", 3, after(15min)), 0) << "its budget is whole again";
}

TEST_F(BansOfThree, spare_who_is_refused_now_and_then)
{
    for (int i = 0; i < 100; i++)
        EXPECT_EQ(refuse("10.0.0.1", 1, after(20s * i)), 0);
}

TEST_F(BansOfThree, count_ipv6_by_64)
{
    EXPECT_EQ(refuse("2001:db8::1", 2), 0);
    EXPECT_EQ(refuse("2001:db8::ffff:2", 2), 1);
    EXPECT_EQ(list(), "2001:db8::/64 ");
    EXPECT_NE(bans.find("2001:db8::abcd", day), nullptr);
    EXPECT_EQ(bans.find("2001:db8:0:1::", day), nullptr);
    EXPECT_EQ(refuse("nonsense", 9), 0);
    EXPECT_EQ(bans.find("nonsense", day), nullptr);
}

TEST_F(BansOfThree, are_made_and_lifted_by_hand)
{
    EXPECT_TRUE(bans.add({.block = block("10.0.0.0/8"), .reason = "spam"}));
    EXPECT_TRUE(bans.add({.block = block("10.0.0.1"), .reason = "worse"}));
    EXPECT_EQ(bans.find("10.0.0.1", day)->reason, "worse");
    EXPECT_EQ(bans.find("10.0.0.2", day)->reason, "spam");
    EXPECT_TRUE(bans.expire(day + 10'000h).empty());
    EXPECT_FALSE(bans.lift(block("10.0.0.0/9")));
    EXPECT_TRUE(bans.lift(block("10.0.0.0/8")));
    EXPECT_EQ(list(), "10.0.0.1 ");
    EXPECT_TRUE(bans.add({.block = block("10.0.0.1"), .reason = "better", .until = day + 1s}));
    EXPECT_EQ(bans.size(), 1u);
    EXPECT_EQ(bans.next(), day + 1s);
}

TEST_F(BansOfThree, excuse_those_who_are_never_banned)
{
    options.never = {block("10.0.0.0/8"), block("2001:db8::1")};
    bans = Bans(options);
    EXPECT_EQ(refuse("10.0.0.1", 9), 0);
    EXPECT_EQ(refuse("2001:db8::2", 9), 0) << "its /64 holds one who is excused";
    for (auto const text : {"10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1"})
        EXPECT_EQ(bans.add({.block = block(text)}).error().code, ErrorCode::forbidden) << text;
    EXPECT_TRUE(bans.add({.block = block("11.0.0.0/8")}));

    EXPECT_EQ(refuse("12.0.0.1", 4), 1);
    options.never = {block("12.0.0.0/8"), block("11.0.0.0/8")};
    auto const lifted = bans.change(options, noon);
    ASSERT_EQ(lifted.size(), 1u);
    EXPECT_EQ(print_block(lifted[0].block), "12.0.0.1");
    EXPECT_EQ(list(), "11.0.0.0/8 ") << "who was banned by hand stays so";
}

TEST_F(BansOfThree, give_way_where_they_are_full)
{
    for (int i = 1; i <= 4; i++)
        EXPECT_EQ(refuse("10.0.0." + std::to_string(i), 4, after(1s * i)), 1);
    EXPECT_EQ(list(), "10.0.0.2 10.0.0.3 10.0.0.4 ") << "the one that would end first is gone";
    for (auto const text : {"1.0.0.0/8", "2.0.0.0/8", "3.0.0.0/8"})
        EXPECT_TRUE(bans.add({.block = block(text)}));
    EXPECT_EQ(bans.add({.block = block("4.0.0.0/8")}).error().code, ErrorCode::busy);
    EXPECT_EQ(refuse("10.0.0.9", 9, after(5s)), 0);
    EXPECT_EQ(list(), "1.0.0.0/8 2.0.0.0/8 3.0.0.0/8 ");
    EXPECT_TRUE(bans.add({.block = block("3.0.0.0/8"), .until = day})) << "it replaces its own";
}

// All bans in a list, looked through each time.
TEST(Bans, agree_with_a_plain_list)
{
    int hits = 0;
    for (unsigned seed = 0; seed < 100; seed++) {
        std::mt19937 chance(seed);
        auto const draw = [&](unsigned bits) {
            Address address{};
            for (auto& byte : address) // Few of them, so that they meet.
                byte = static_cast<std::uint8_t>(chance() % 4 == 0 ? 0x80 : 0);
            return block_of(address, bits);
        };
        Bans bans({.bans_max = 1'000});
        std::vector<Ban> model;
        WallTime now = day;
        for (int step = 0; step < 400; step++) {
            now = now + Milliseconds(chance() % 1'000);
            auto const what = chance() % 10;
            auto const length = static_cast<unsigned>(chance() % 6) * 8 + 88;
            if (what < 4) {
                Ban ban{.block = draw(length), .reason = std::to_string(step), .since = now};
                if (chance() % 3 != 0)
                    ban.until = now + Milliseconds(chance() % 20'000);
                std::erase_if(model, [&](Ban const& each) { return each.block == ban.block; });
                model.push_back(ban);
                ASSERT_TRUE(bans.add(ban));
            } else if (what == 4 && !model.empty()) {
                auto const gone = model[chance() % model.size()].block;
                std::erase_if(model, [&](Ban const& each) { return each.block == gone; });
                ASSERT_TRUE(bans.lift(gone));
            } else if (what == 5) {
                auto const over = bans.expire(now);
                auto const before = model.size();
                std::erase_if(
                    model, [&](Ban const& each) { return each.until && *each.until <= now; });
                ASSERT_EQ(over.size(), before - model.size());
            }
            auto const asked = draw(128);
            Ban const* expected = nullptr;
            for (auto const& each : model)
                if (contains(each.block, asked.address) && (!each.until || now < *each.until)
                    && (expected == nullptr || expected->block.bits < each.block.bits))
                    expected = &each;
            auto const* const got = bans.find(print_block(asked), now);
            ASSERT_EQ(got == nullptr, expected == nullptr) << seed << " " << step;
            if (got != nullptr) {
                ASSERT_EQ(*got, *expected);
                hits++;
            }
            ASSERT_EQ(bans.size(), model.size());
        }
    }
    EXPECT_GT(hits, 1'000) << "the test shows nothing otherwise";
}

} // namespace
} // namespace gatehouse::limits
