// SPDX-License-Identifier: Apache-2.0
#include "schema/pattern.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::schema {
namespace {

bool finds(std::string_view pattern, std::string_view text)
{
    auto const compiled = Pattern::compile(pattern);
    EXPECT_TRUE(compiled) << pattern << ": " << (compiled ? "" : compiled.error());
    return compiled && compiled->is_found_in(text);
}

std::string complaint(std::string_view pattern)
{
    auto const compiled = Pattern::compile(pattern);
    return compiled ? "" : compiled.error();
}

struct Case {
    std::string_view pattern;
    std::vector<std::string_view> found;
    std::vector<std::string_view> not_found;
};

TEST(Pattern, means_what_ecma_262_says)
{
    std::vector<Case> const cases{
        {"b", {"abc"}, {"ac", ""}},
        {"^a+$", {"a", "aa"}, {"ab", "a\n", "\na"}},
        {R"(^\d$)", {"0"}, {"\u07c0", "x"}},
        {R"(^\w$)", {"_", "a"}, {"\u00e9", "-"}},
        {R"(^\W$)", {"\u00e9", "-"}, {"a"}},
        {R"(^\s$)", {" ", "\t", "\u000b", "\u00a0", "\ufeff", "\u2029", "\u2003"}, {"x", "\u200b"}},
        {R"(^\S$)", {"x", "\u200b"}, {" ", "\u00a0", "\ufeff", "\u2029"}},
        {R"(^[^\S]$)", {" ", "\u3000"}, {"x"}},
        {R"(^[\s\d]+$)", {" 1", "\u00a0"}, {"x"}},
        {"^.$", {"x", "\U0001f409"}, {"\n", "\r", "\u2028", "\u2029"}},
        {R"(^\cJ\cj$)", {"\n\n"}, {"JJ"}},
        {R"(^\u00e9\u{1f409}\ud83d\udc09\x41\0?$)", {"\u00e9\U0001f409\U0001f409A"}, {"A"}},
        {R"(^[\u0041-\u{43}]$)", {"B"}, {"D"}},
        {R"(^\p{Letter}\p{Lu}\p{Script=Greek}\p{gc=Decimal_Number}$)", {"aB\u03b15"}, {"aBc5"}},
        {R"(^[\P{L}]$)", {"1"}, {"a"}},
        {R"(^\p{ASCII}$)", {"a"}, {"\u00e9"}},
        {R"(^\p{LC}$)", {"a", "B"}, {"1"}},
        {"[]", {}, {"", "a"}},
        {"^[^]$", {"\n", "a"}, {"ab"}},
        {"^[[a]$", {"[", "a"}, {"b"}},
        {"^[[:alpha:]]$", {":]", "a]"}, {"a", "z"}},
        {"^[a-]$", {"a", "-"}, {"b"}},
        {R"(^[\d-x]$)", {"1", "-", "x"}, {"w"}},
        {R"(^[\b]$)", {"\b"}, {"b"}},
        {R"(\bfoo\b)", {"a foo b"}, {"afoo"}},
        {"^a{2}b{1,}c{0,1}$", {"aab", "aabbc"}, {"ab"}},
        {"^a{,2}}]$", {"a{,2}}]"}, {"aa"}},
        {"^(?<year>\\d{4})-(?:0|1)(x)$", {"2026-0x"}, {"2026-2x"}},
        {R"(^\/\-\@\.$)", {"/-@."}, {"/-@x"}},
        {"^\U0001f432*$", {"", "\U0001f432\U0001f432"}, {"\U0001f409"}},
    };
    for (auto const& each : cases) {
        for (auto const text : each.found)
            EXPECT_TRUE(finds(each.pattern, text)) << each.pattern << " in " << text;
        for (auto const text : each.not_found)
            EXPECT_FALSE(finds(each.pattern, text)) << each.pattern << " in " << text;
    }
}

TEST(Pattern, says_what_to_do_about_what_it_does_not_run)
{
    EXPECT_EQ(complaint("a(?=b)"),
        "\"(?=\" looks around, which cannot be run in linear time; say it without, or with a "
        "second "
        "pattern in allOf or not (at byte 1 of the pattern)");
    for (auto const pattern : {"(?!a)", "(?<=a)b", "(?<!a)b"})
        EXPECT_NE(complaint(pattern).find("looks around"), std::string::npos) << pattern;
    for (auto const pattern : {R"((a)\1)", R"((?<n>a)\k<n>)"})
        EXPECT_NE(complaint(pattern).find("refers back"), std::string::npos) << pattern;
    EXPECT_NE(complaint("a{1001}").find("at most 1000"), std::string::npos);
    EXPECT_NE(complaint("(((a{99}){99}){99})").find("repeat"), std::string::npos);
}

TEST(Pattern, refuses_what_is_no_ecma_262)
{
    for (auto const pattern :
        {"(", ")", "a**", "[a", "[b-a]", R"(\a)", R"(\Z)", R"(\xg)", R"(\u12)", R"(\c1)", "\\",
            R"(\p{Nonsense})", R"(\pL)", "(?i)a", "(?P<n>a)", R"(\ud800)", "*a"})
        EXPECT_NE(complaint(pattern), "") << pattern;
}

} // namespace
} // namespace gatehouse::schema
