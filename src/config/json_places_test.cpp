// SPDX-License-Identifier: Apache-2.0
#include "config/json_places.hpp"

#include <gtest/gtest.h>

namespace gatehouse::config {
namespace {

constexpr std::string_view order = R"({
  "type": "object",
  "title": "Größe, \"quoted\"", "enum": [1, -2.5e3, null, [true]],
  "properties": {
    "a/b": {"minimum": "x"},
    "\u0061": {}
  }
})";

std::string at(std::string_view pointer, std::string_view text = order)
{
    return place_in_json("a.json", text, pointer).text();
}

TEST(JsonPlaces, are_those_of_the_value_that_a_pointer_leads_to)
{
    EXPECT_EQ(at(""), "a.json:1:1");
    EXPECT_EQ(at("/type"), "a.json:2:11");
    EXPECT_EQ(at("/enum"), "a.json:3:41");
    EXPECT_EQ(at("/enum/3/0"), "a.json:3:60");
    EXPECT_EQ(at("/properties/a~1b/minimum"), "a.json:5:24");
    EXPECT_EQ(at("/properties/a"), "a.json:6:15");
}

TEST(JsonPlaces, are_the_last_on_the_way_where_a_pointer_leads_nowhere)
{
    EXPECT_EQ(at("/properties/none/type"), "a.json:4:17");
    EXPECT_EQ(at("/enum/9"), "a.json:3:41");
    EXPECT_EQ(at("/type/0"), "a.json:2:11");
}

TEST(JsonPlaces, are_where_a_text_stops_being_json)
{
    EXPECT_EQ(at("/a", ""), "a.json:1:1");
    EXPECT_EQ(at("", "{\n  \"a\": 1,\n}"), "a.json:3:1");
    EXPECT_EQ(at("", "{\n  \"a\": nul\n}"), "a.json:2:8");
    EXPECT_EQ(at("", "{\"a\": \"b\n\"}"), "a.json:1:7");
    EXPECT_EQ(at("", "{} {}"), "a.json:1:4");
    EXPECT_EQ(at("", "[1 2]"), "a.json:1:4");
    EXPECT_EQ(at("", std::string(100, '[')), "a.json:1:66");
}

} // namespace
} // namespace gatehouse::config
