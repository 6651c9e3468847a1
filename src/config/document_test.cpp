// SPDX-License-Identifier: Apache-2.0
#include "config/document.hpp"

#include <gtest/gtest.h>

namespace gatehouse::config {
namespace {

std::optional<std::string> environment(std::string_view name)
{
    if (name == "HOME")
        return "/root";
    return name == "EMPTY" ? std::optional<std::string>("") : std::nullopt;
}

std::string expanded(std::string_view text)
{
    auto const result = expand_variables(text, environment);
    return result ? *result : "error: " + result.error();
}

TEST(Variables, expand_anywhere_with_defaults)
{
    EXPECT_EQ(expanded("plain"), "plain");
    EXPECT_EQ(expanded("${HOME}/data"), "/root/data");
    EXPECT_EQ(expanded("a${HOME}b${HOME}c"), "a/rootb/rootc");
    EXPECT_EQ(expanded("${NOT_SET:-x:y}"), "x:y");
    EXPECT_EQ(expanded("${NOT_SET:-}"), "");
    EXPECT_EQ(expanded("${EMPTY:-x}"), "x");
    EXPECT_EQ(expanded("${EMPTY}"), "");
    EXPECT_EQ(expanded("$HOME costs $5$"), "$HOME costs $5$");
    EXPECT_EQ(expanded("$${HOME}"), "${HOME}");
    for (auto const* bad : {"${", "${HOME", "${}", "${1}", "${a-b}", "${NOT_SET}"})
        EXPECT_TRUE(expanded(bad).starts_with("error: ")) << bad;
}

TEST(Documents, stay_within_their_bounds)
{
    auto const refused = [](std::string const& text) {
        Problems problems;
        auto const tree = parse_document("a.yaml", text, environment, problems);
        EXPECT_FALSE(tree);
        return problems.text();
    };
    EXPECT_EQ(refused(std::string(document_bytes_max + 1, '#')),
        "a.yaml: 1048577 bytes are too many for a configuration: 1048576 at most\n");
    EXPECT_EQ(refused(std::string(100'000, '[')).substr(0, 8), "a.yaml:1");
    EXPECT_EQ(refused("\xff\xfe a"), "a.yaml: this is no UTF-8 text\n");
    std::string many = "a:\n";
    for (std::size_t i = 0; i <= document_nodes_max; i++)
        many += "- x\n";
    EXPECT_TRUE(refused(many).ends_with("more than 20000 values, aliases included\n"));
}

TEST(Documents, that_are_prefixes_of_one_another_never_crash)
{
    std::string const text
        = "a: &x {b: [1, \"c\", 'd'], ? e : |\n  f\n}\ng: *x\n--- !t\n%TAG\n- \t";
    for (std::size_t size = 0; size <= text.size(); size++) {
        Problems problems;
        (void)parse_document("a", text.substr(0, size), environment, problems);
    }
}

TEST(Merge, goes_down_into_maps_and_replaces_the_rest)
{
    Problems problems;
    auto base = parse_document("a", "{a: {x: 1, y: [1, 2]}, b: 2}", environment, problems);
    auto over = parse_document("b", "{a: {y: [3], z: 4}, b: , c: 5}", environment, problems);
    ASSERT_TRUE(base && over);
    merge(*base, *std::move(over));
    EXPECT_EQ(base->find("a")->find("x")->text, "1");
    EXPECT_EQ(base->find("a")->find("y")->children.size(), 1u);
    EXPECT_EQ(base->find("a")->find("z")->place.source, "b");
    EXPECT_EQ(base->find("b")->text, "2");
    EXPECT_EQ(base->find("c")->text, "5");
}

} // namespace
} // namespace gatehouse::config
