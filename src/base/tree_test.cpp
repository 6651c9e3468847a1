// SPDX-License-Identifier: Apache-2.0
#include "base/tree.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>

namespace gatehouse::json {
namespace {

using Model = nlohmann::json; // A second opinion: its merge_patch is RFC 7396 too.

Tree tree(std::string_view text)
{
    auto parsed = Tree::parse(text);
    EXPECT_TRUE(parsed) << text << ": " << parsed.error().message;
    return parsed ? *parsed : Tree();
}

Tree tree_of(Model const& model) { return tree(model.dump()); }

std::string why_not(std::string_view text)
{
    auto const parsed = Tree::parse(text);
    return parsed ? "" : parsed.error().message;
}

// Few keys and few values, so that trees meet in many places.
class Grower {
public:
    explicit Grower(unsigned seed) : random_(seed) {}

    Model value(int depth, bool with_nulls)
    {
        switch (below(depth > 0 ? 7u : 4u)) {
        case 0: return below(2) == 0;
        case 1: return below(3);
        case 2: return texts[below(texts.size())];
        case 3: return with_nulls ? Model() : Model(1.5);
        case 4: {
            auto array = Model::array();
            for (auto left = below(3); left > 0; left--)
                array.push_back(value(depth - 1, false));
            return array;
        }
        default: return object(depth, with_nulls);
        }
    }

    Model object(int depth, bool with_nulls)
    {
        auto object = Model::object();
        for (auto left = below(5); left > 0; left--)
            object[texts[below(texts.size())]] = value(depth - 1, with_nulls);
        return object;
    }

private:
    std::size_t below(std::size_t n) { return random_() % n; }

    static constexpr std::array texts{"", "a", "b", "ab", "\x7f", "\n\"\\\x01", "\u00e9", "\u9ec4"};
    std::mt19937 random_;
};

TEST(Tree, reads_and_writes_one_text_for_equal_values)
{
    auto const loose = R"( {"b" : [ 1 , 2.50 , -0 ], "a":{"":null,"\u0041":true},
        "é" : "\ud83c\udfb2\/"} )";
    EXPECT_EQ(tree(loose).canonical(),
        R"({"a":{"":null,"A":true},"b":[1,2.50,-0],"é":"🎲/"})");
    EXPECT_EQ(tree(R"({"a":1,"b":2})"), tree(R"({"b":2,"a":1})"));
    EXPECT_NE(tree("1"), tree("1.0")); // Numbers are kept as they were written.
    EXPECT_EQ(tree("[]").canonical() + tree("{}").canonical() + tree("\"\\b\"").canonical(),
        "[]{}\"\\u0008\"");
}

TEST(Tree, is_asked_by_kind_and_answers_nothing_of_another)
{
    auto const root = tree(R"({"t":"x","n":12,"f":1.0,"y":true,"l":[1]})");
    EXPECT_EQ(root.find("t")->text(), "x");
    EXPECT_EQ(root.find("n")->integer(), 12);
    EXPECT_EQ(root.find("f")->integer(), std::nullopt);
    EXPECT_EQ(root.find("y")->boolean(), true);
    EXPECT_EQ(root.find("l")->elements().size(), 1u);
    EXPECT_EQ(root.find("l")->find("t"), nullptr);
    EXPECT_EQ(root.find("none"), nullptr);
    EXPECT_EQ(root.text(), std::nullopt);
    EXPECT_TRUE(root.find("t")->members().empty());
}

TEST(Tree, says_where_a_text_is_no_json)
{
    struct Case {
        std::string_view text, why;
    };
    for (auto const& [text, why] : {Case{"", "0: no value"}, Case{"[1,]", "3: no value"},
             Case{"[1 2]", "3: expected , or ]"}, Case{R"({"a" 1})", "5: expected :"},
             Case{R"({a:1})", "1: expected a key"}, Case{R"({"a":1)", "6: expected , or }"},
             Case{R"({"a":1,"b":2,"a":3})", "19: a key comes twice in the object that ends here"},
             Case{"01", "2: a number does not begin with 0"}, Case{"1.", "2: expected a digit"},
             Case{"1e", "2: expected a digit"}, Case{"-", "1: no value"},
             Case{"18446744073709551616", "20: a number that 64 bits do not hold"},
             Case{"1e999", "5: a number that 64 bits do not hold"},
             Case{"\"a", "2: a text without an end"}, Case{"\"\\x\"", "2: no such escape"},
             Case{"\"\\u12g4\"", "2: expected four hex digits"},
             Case{R"("\ud800")", "7: half a surrogate pair"},
             Case{R"("\udc00\ud800")", "7: half a surrogate pair"},
             Case{R"("\ud800\u0041")", "13: half a surrogate pair"},
             Case{"\"\n\"", "1: a control character in a text"}, Case{"tru", "0: no value"},
             Case{"nul", "0: no value"}, Case{"1 2", "2: something stands behind the value"}})
        EXPECT_EQ(why_not(text), "not valid JSON at byte " + std::string(why)) << text;
    EXPECT_EQ(why_not("\"\xff\""), "not valid JSON: it is not UTF-8");
}

TEST(Tree, nests_to_its_bound_and_no_deeper)
{
    auto const nested = [](int depth) {
        auto const levels = static_cast<std::size_t>(depth);
        return std::string(levels, '[') + std::string(levels, ']');
    };
    EXPECT_EQ(tree(nested(Tree::depth_max)).canonical(), nested(Tree::depth_max));
    EXPECT_NE(why_not(nested(Tree::depth_max + 1)).find("it nests too deep"), std::string::npos);
    std::string objects;
    for (int i = 0; i <= Tree::depth_max; i++)
        objects += R"({"a":)";
    EXPECT_NE(why_not(objects).find("it nests too deep"), std::string::npos);
}

TEST(Tree, reads_what_others_write_as_they_mean_it)
{
    Grower grower(1);
    for (int i = 0; i < 5'000; i++) {
        auto const model = grower.value(4, true);
        auto const compact = tree_of(model);
        EXPECT_EQ(compact, tree(model.dump(2, ' ', true)));
        EXPECT_EQ(Model::parse(compact.canonical()), model);
        EXPECT_EQ(tree(compact.canonical()), compact);
    }
}

TEST(Tree, takes_what_the_parser_of_messages_takes)
{
    Parser parser;
    for (auto const text : {"-9223372036854775808", "18446744073709551615", "1e308", "-0", "0.1"}) {
        EXPECT_EQ(why_not(text), "");
        EXPECT_TRUE(parser.parse(text)) << text;
    }
}

// The examples of RFC 7396, appendix A.
TEST(Tree, merges_as_the_rfc_says)
{
    struct Case {
        std::string_view original, patch, result;
    };
    for (auto const& [original, patch, result] : {
             Case{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
             Case{R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
             Case{R"({"a":"b"})", R"({"a":null})", "{}"},
             Case{R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
             Case{R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
             Case{R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
             Case{R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
             Case{R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
             Case{R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
             Case{R"({"a":"b"})", R"(["c"])", R"(["c"])"}, Case{R"({"a":"foo"})", "null", "null"},
             Case{R"({"a":"foo"})", R"("bar")", R"("bar")"},
             Case{R"({"e":null})", R"({"a":1})", R"({"a":1,"e":null})"},
             Case{"[1,2]", R"({"a":"b","c":null})", R"({"a":"b"})"},
             Case{"{}", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"}}) {
        auto merged = tree(original);
        merged.merge(tree(patch));
        EXPECT_EQ(merged.canonical(), result) << original << " + " << patch;
    }
}

TEST(Tree, merges_as_another_implementation_does)
{
    Grower grower(2);
    for (int i = 0; i < 20'000; i++) {
        auto model = grower.value(4, false);
        auto const patch = grower.value(4, true);
        auto merged = tree_of(model);
        merged.merge(tree_of(patch));
        model.merge_patch(patch);
        ASSERT_EQ(merged, tree_of(model)) << patch;
    }
}

TEST(Tree, gives_the_patch_that_leads_from_one_to_the_other)
{
    Grower grower(3);
    int equal = 0;
    for (int i = 0; i < 20'000; i++) {
        auto from = tree_of(grower.object(4, false));
        auto const to = tree_of(grower.object(4, false));
        ASSERT_EQ(Tree::patch(to, to), std::nullopt);
        auto const patch = Tree::patch(from, to);
        ASSERT_EQ(!patch, from == to);
        equal += !patch;
        if (patch)
            from.merge(*patch);
        ASSERT_EQ(from, to);
    }
    EXPECT_GT(equal, 0);
}

TEST(Tree, names_in_a_patch_only_what_changed)
{
    EXPECT_EQ(Tree::patch(tree(R"({"a":{"x":1,"y":[2]},"b":3,"d":4})"),
                  tree(R"({"a":{"x":1,"y":[2,3]},"c":{"z":1},"d":4})"))
                  ->canonical(),
        R"({"a":{"y":[2,3]},"b":null,"c":{"z":1}})");
}

TEST(Tree, finds_nulls_that_no_patch_could_tell)
{
    EXPECT_TRUE(tree(R"({"a":[{"b":null}]})").has_null_member());
    EXPECT_TRUE(tree(R"({"a":{"b":null}})").has_null_member());
    EXPECT_FALSE(tree(R"({"a":[null,{"b":[null]}]})").has_null_member());
    EXPECT_FALSE(tree("null").has_null_member());
}

}  // namespace
}  // namespace gatehouse::json
