// SPDX-License-Identifier: Apache-2.0
#include "base/shape.hpp"

#include <array>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace gatehouse {
namespace {

using Kind = Shape::Kind;

enum class Suit { clubs, hearts };
constexpr std::array<std::string_view, 2> enum_names(Suit)
{
    return {"clubs", "hearts"};
}

struct Nothing {
    static constexpr std::string_view name = "nothing";
};
struct Card {
    static constexpr std::string_view name = "card";
    static constexpr bool lenient = true;
    Suit suit{};
    std::optional<std::string> owner{};
    std::array<int, 4> marks{};
    std::vector<bool> seen{};
    static void fields(auto& self, auto&& field)
    {
        field("suit", self.suit);
        field("owner", self.owner);
        field("marks", self.marks);
        field("seen", self.seen);
    }
};
struct Tree {
    std::vector<Tree> branches{};
    static void fields(auto& self, auto&& field) { field("branches", self.branches); }
};

TEST(ShapeOf, a_struct_names_its_members_and_what_they_are)
{
    auto const shape = shape_of<Card>();
    ASSERT_EQ(shape.kind, Kind::object);
    EXPECT_TRUE(shape.is_lenient);
    ASSERT_EQ(shape.members.size(), 4);
    EXPECT_EQ(shape.members[0].name, "suit");
    EXPECT_EQ(shape.members[0].shape.kind, Kind::word);
    EXPECT_EQ(shape.members[0].shape.words, (std::vector<std::string_view>{"clubs", "hearts"}));
    EXPECT_FALSE(shape.members[0].is_optional);
    EXPECT_EQ(shape.members[1].shape.kind, Kind::text);
    EXPECT_TRUE(shape.members[1].is_optional);
    EXPECT_EQ(shape.members[2].shape.length, 4);
    EXPECT_EQ(shape.members[2].shape.elements.at(0).kind, Kind::integer);
    EXPECT_EQ(shape.members[3].shape.length, 0);
    EXPECT_EQ(shape.members[3].shape.elements.at(0).kind, Kind::boolean);
}

TEST(ShapeOf, a_variant_names_its_alternatives)
{
    auto const shapes = shapes_of(static_cast<std::variant<Nothing, Card> const*>(nullptr));
    ASSERT_EQ(shapes.size(), 2);
    EXPECT_EQ(shapes[0].name, "nothing");
    EXPECT_TRUE(shapes[0].shape.members.empty());
    EXPECT_EQ(shapes[1].name, "card");
}

TEST(ShapeOf, what_holds_itself_comes_to_an_end)
{
    auto shape = shape_of<Tree>();
    std::size_t depth = 0;
    while (shape.kind != Kind::any) {
        ASSERT_LE(++depth, shape_depth_max);
        shape = shape.kind == Kind::object ? Shape(shape.members.at(0).shape)
                                           : Shape(shape.elements.at(0));
    }
    EXPECT_EQ(depth, shape_depth_max);
}

} // namespace
} // namespace gatehouse
