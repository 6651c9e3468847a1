// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include "base/json_writer.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace gatehouse::json {
namespace {

std::string as_json(std::string_view text)
{
    std::string out;
    append_quoted(out, text);
    return out;
}

TEST(JsonWriter, sets_commas_and_colons)
{
    std::string text;
    Writer out(text);
    out.object().key("t").value("ack").key("id").value(17).key("list").array();
    out.value(true).null().object().end_object().array().end_array().raw("{\"x\":1}").end_array();
    out.key("last").value(false).end_object();
    EXPECT_EQ(text, R"({"t":"ack","id":17,"list":[true,null,{},[],{"x":1}],"last":false})");
}

TEST(JsonWriter, writes_the_numbers_at_the_edges)
{
    std::string text;
    Writer out(text);
    out.array().value(std::numeric_limits<std::int64_t>::min());
    out.value(std::numeric_limits<std::uint64_t>::max()).value(std::int8_t{-1}).value(0.5);
    out.value(std::numeric_limits<double>::infinity());
    out.value(std::numeric_limits<double>::quiet_NaN()).end_array();
    EXPECT_EQ(text, "[-9223372036854775808,18446744073709551615,-1,0.5,null,null]");
}

TEST(JsonWriter, escapes_what_must_be_and_mends_what_is_not_utf8)
{
    EXPECT_EQ(as_json("plain ö €"), "\"plain ö €\"");
    EXPECT_EQ(as_json("\"\\/\n\r\t\b\x1f\x7f"), "\"\\\"\\\\/\\n\\r\\t\\u0008\\u001f\x7f\"");
    EXPECT_EQ(as_json(std::string_view("\0", 1)), "\"\\u0000\"");
    EXPECT_EQ(as_json("a\xff\"z"), "\"a\xef\xbf\xbd\\\"z\"");
}

TEST(JsonWriter, writes_any_text_so_that_the_parser_gives_it_back)
{
    Parser parser;
    for (char32_t c = 0; c < 0x800; c++) {
        std::string text = "x";
        if (c < 0x80)
            text += static_cast<char>(c);
        else
            text += {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
        EXPECT_EQ(parser.parse(as_json(text))->text(), text);
    }
}

TEST(JsonParser, gives_each_value_as_what_it_is_and_nothing_else)
{
    Parser parser;
    auto const root = parser.parse(
        R"({"n":null,"b":true,"i":-5,"u":18446744073709551615,"d":1.5,"t":"é","a":[1,2],"i":9})");
    ASSERT_TRUE(root);
    EXPECT_EQ(root->kind(), Kind::object);
    EXPECT_EQ(root->size(), 8U);
    EXPECT_EQ(root->find("n")->kind(), Kind::null);
    EXPECT_EQ(root->find("b")->boolean(), true);
    EXPECT_EQ(root->find("i")->integer(), -5);
    EXPECT_EQ(root->find("i")->unsigned_integer(), std::nullopt);
    EXPECT_EQ(root->find("u")->integer(), std::nullopt);
    EXPECT_EQ(root->find("u")->unsigned_integer(), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(root->find("d")->integer(), std::nullopt);
    EXPECT_EQ(root->find("d")->number(), 1.5);
    EXPECT_EQ(root->find("t")->text(), "é");
    EXPECT_EQ(root->find("t")->size(), 0U);
    EXPECT_EQ(root->find("a")->size(), 2U);
    EXPECT_EQ(root->find("a")->compact(), "[1,2]");
    EXPECT_FALSE(root->find("x"));
    EXPECT_FALSE(root->find("a")->find("x"));
}

TEST(JsonParser, visits_in_order_and_stops_when_told)
{
    Parser parser;
    auto const root = *parser.parse(R"({"a":[1,2,3,4],"b":0,"c":0})");
    std::string seen;
    root.each_member([&seen](std::string_view name, Node) {
        seen += name;
        return name != "b";
    });
    std::int64_t sum = 0;
    root.find("a")->each_element([&sum](Node element) {
        sum += *element.integer();
        return sum < 6;
    });
    EXPECT_EQ(seen, "ab");
    EXPECT_EQ(sum, 6);
    root.each_element([](Node) { return ADD_FAILURE(), true; });
}

TEST(JsonParser, refuses_what_is_not_json_and_what_is_too_deep)
{
    Parser parser;
    for (std::string_view const bad : {"", " ", "{", "}", "[1,]", "{\"a\":}", "{a:1}", "'a'", "01",
             "1 2", "nul", "\"\xff\"", "\"\n\"", "[1]]", "\"\\x\"", "NaN"}) {
        auto const parsed = parser.parse(bad);
        ASSERT_FALSE(parsed) << bad;
        EXPECT_EQ(parsed.error().code, ErrorCode::bad_request);
    }
    auto const nested = [&parser](std::size_t depth) {
        return parser.parse(std::string(depth, '[') + std::string(depth, ']')).has_value();
    };
    EXPECT_TRUE(nested(60));
    EXPECT_FALSE(nested(100));
    EXPECT_FALSE(nested(100'000));
    EXPECT_TRUE(parser.parse("[]")); // Still of use.
}

}  // namespace
}  // namespace gatehouse::json
