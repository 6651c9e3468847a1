// SPDX-License-Identifier: Apache-2.0
#include "view.hpp"

#include <gtest/gtest.h>

namespace gatehouse::load {
namespace {

View view_of(std::string_view whole, std::vector<std::string_view> const& patches = {})
{
    json::Parser parser;
    View view;
    view.replace(*parser.parse(whole));
    for (auto const patch : patches)
        view.patch(*parser.parse(patch));
    return view;
}

TEST(View, follows_the_examples_of_rfc_7396)
{
    struct Case {
        std::string_view original, patch, result;
    };
    for (auto const& [original, patch, result] : {
             Case{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
             {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
             {R"({"a":"b"})", R"({"a":null})", R"({})"},
             {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
             {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
             {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
             {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
             {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
             {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
             {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
             {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
         }) {
        auto const view = view_of(original, {patch});
        EXPECT_EQ(view.to_json(), result);
        EXPECT_EQ(view.digest(), view_of(result).digest()) << result;
    }
}

TEST(View, is_told_apart_by_its_digest)
{
    auto const one = view_of(R"({"a":{"x":1,"y":2},"b":[1,2]})");
    EXPECT_EQ(one.digest(), view_of(R"({"b":[1,2],"a":{"y":2,"x":1}})").digest());
    for (auto const other : {R"({"a":{"x":2,"y":1},"b":[1,2]})", R"({"a":{"x":1,"y":2},"b":[2,1]})",
             R"({"a":{"x":1,"y":2}})", R"({"b":{"x":1,"y":2},"a":[1,2]})", R"({})"})
        EXPECT_NE(one.digest(), view_of(other).digest()) << other;
}

TEST(View, says_where_two_differ)
{
    auto const one = view_of(R"({"a":{"x":1,"y":2},"b":[1,2],"c":0})");
    EXPECT_EQ(one.difference(one), "");
    EXPECT_EQ(one.difference(view_of(R"({"a":{"x":1,"y":3,"z":4},"b":[2],"c":0})")),
        "a.y is 2 and 3, a.z is absent and 4, b is [1,2] and [2]");
}

TEST(View, finds_texts_and_numbers)
{
    auto const view = view_of(R"({"game":{"phase":"turn","hand":[3, 12,-1],"turn":2}})");
    EXPECT_EQ(view.find("game", "phase"), R"("turn")");
    EXPECT_EQ(view.find("game", "none"), "");
    EXPECT_EQ(view.find("none", "phase"), "");
    EXPECT_EQ(integer_in(view.find("game", "turn")), 2);
    EXPECT_EQ(integer_in(""), std::nullopt);
    EXPECT_EQ(integers_in(view.find("game", "hand")), (std::vector{3, 12, -1}));
    EXPECT_EQ(integers_in("[]"), std::vector<int>{});
}

}  // namespace
}  // namespace gatehouse::load
