// SPDX-License-Identifier: Apache-2.0
#include "gateway/identifiers.hpp"

#include <gtest/gtest.h>
#include <set>

namespace gatehouse::gateway {
namespace {

struct CountingDice final : Dice {
    std::string bytes(std::size_t size) override
    {
        draws++;
        std::string out(size, '\0');
        for (auto& c : out)
            c = next();
        return out;
    }
    char next()
    {
        state = state * 6364136223846793005 + 1442695040888963407;
        return static_cast<char>(state >> 56);
    }
    std::uint64_t state = 1;
    int draws = 0;
};

TEST(Identifiers, are_fresh_and_draw_from_the_dice_rarely)
{
    CountingDice dice;
    Identifiers identifiers(dice);
    std::set<std::string> seen;
    for (int i = 0; i < 1000; i++) {
        std::string id;
        identifiers.append(id, 16);
        EXPECT_EQ(id.size(), 32);
        seen.insert(id);
    }
    EXPECT_EQ(seen.size(), 1000);
    EXPECT_EQ(dice.draws, 4);
}

TEST(TraceParent, is_parsed_as_the_standard_says)
{
    auto const good = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    ASSERT_TRUE(good);
    EXPECT_EQ(good->trace_id, "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(good->flags, "01");
    EXPECT_TRUE(
        parse_traceparent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-later"));
}

TEST(TraceParent, is_refused_when_malformed)
{
    for (auto const* text : {"", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
             "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x",
             "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
             "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
             "00-00000000000000000000000000000000-b7ad6b7169203331-01",
             "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
             "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
        EXPECT_FALSE(parse_traceparent(text)) << text;
}

}  // namespace
}  // namespace gatehouse::gateway
