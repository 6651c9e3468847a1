// SPDX-License-Identifier: Apache-2.0
#include "config/problem.hpp"

#include "config/testing.hpp"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

namespace gatehouse::config {
namespace {

constexpr char const* golden = "src/config/bad_inputs.txt";

std::string answer_to(std::string const& text)
{
    testing::World world;
    world.variables = {{"EMPTY", ""}, {"PORT", "9090"}, {"SECRET", "hush"}};
    world.files = {{"keys.json", std::string(testing::key_set)}, {"none.json", R"({"keys":[]})"},
        {"weak.json", R"({"keys":[{"kty":"RSA","e":"AQAB","n":"AQAB"}]})"},
        {"secret.json", R"({"keys":[{"kty":"oct","alg":"HS256","k":"c2VjcmV0"}]})"}};
    auto const loaded = world.load(text);
    return loaded ? "accepted\n" : loaded.error().text();
}

TEST(Messages, are_word_for_word_what_the_golden_file_says)
{
    std::ifstream file(golden);
    std::string const text(std::istreambuf_iterator<char>(file), {});
    ASSERT_FALSE(text.empty()) << golden;

    auto const first = text.find("=== ");
    auto renewed = text.substr(0, first);
    int cases = 0;
    for (auto begin = first; begin != std::string::npos; cases++) {
        auto const end = text.find("\n=== ", begin);
        auto const one = text.substr(begin, end == std::string::npos ? end : end + 1 - begin);
        auto const title_end = one.find('\n') + 1;
        auto const arrow = std::min(one.find(">>>\n"), one.size());
        auto const input = one.substr(title_end, arrow - title_end);
        auto const answer = answer_to(input);
        EXPECT_NE(answer, "accepted\n") << one;
        if (!std::getenv("GATEHOUSE_GOLDEN")) {
            EXPECT_EQ(arrow == one.size() ? "" : one.substr(arrow + 4), answer) << one;
        }
        renewed += one.substr(0, arrow) + ">>>\n" + answer;
        begin = end == std::string::npos ? end : end + 1;
    }
    EXPECT_GE(cases, 40);
    if (std::getenv("GATEHOUSE_GOLDEN"))
        std::ofstream(golden) << renewed;
}

TEST(Problems, keep_twenty_and_count_the_rest)
{
    Problems problems;
    for (int i = 0; i < 25; i++)
        problems.add({"a.yaml", 1, i + 1}, "", "wrong");
    EXPECT_EQ(problems.kept().size(), 20u);
    EXPECT_EQ(problems.count(), 25u);
    EXPECT_TRUE(problems.text().ends_with("a.yaml:1:20: wrong\nand 5 more\n"));
}

TEST(Problems, never_show_a_secret_that_somebody_wrote_out)
{
    auto const answer
        = answer_to("auth: { guests: { anonymous: { key: correct-horse-battery } } }");
    EXPECT_EQ(answer.find("horse"), std::string::npos) << answer;
}

TEST(Origins, answer_for_what_was_not_written_by_what_is_around_it)
{
    Origins const origins {{"", {"a", 1, 1}}, {"/x", {"a", 2, 1}}};
    EXPECT_EQ(place_of(origins, "/x/y/z").line, 2);
    EXPECT_EQ(place_of(origins, "/b").line, 1);
}

} // namespace
} // namespace gatehouse::config
