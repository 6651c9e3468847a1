// SPDX-License-Identifier: Apache-2.0
// What the compiled program says is what the specification says, read out word for word by an
// evaluator without any cleverness: it makes sets of evaluated names and indices, as 2020-12 core
// §10.3 and §11 describe them, and knows no order, no sharing and no stopping early.

#include "schema/decimal.hpp"
#include "schema/schema.hpp"
#include "schema/value.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace gatehouse::schema {
namespace {

struct Verdict {
    bool fits = true;
    std::set<std::string> looked_at; // Names of members, or indices of elements.
};

class Naive {
public:
    explicit Naive(json::Node root)
        : root_(root)
    { }

    Verdict judge(json::Node schema, json::Node value)
    {
        if (auto const fixed = schema.boolean())
            return {*fixed, {}};
        Verdict verdict;
        assertions(schema, value, verdict);
        in_place(schema, value, verdict);
        members(schema, value, verdict);
        elements(schema, value, verdict);
        unevaluated(schema, value, verdict);
        if (!verdict.fits)
            verdict.looked_at.clear();
        return verdict;
    }

private:
    static bool is(json::Node value, json::Kind kind) { return value.kind() == kind; }

    static bool is_type(json::Node value, std::string_view name)
    {
        switch (value.kind()) {
        case json::Kind::null: return name == "null";
        case json::Kind::boolean: return name == "boolean";
        case json::Kind::number:
            return name == "number" || (name == "integer" && Decimal::of(value).is_integer());
        case json::Kind::text: return name == "string";
        case json::Kind::array: return name == "array";
        case json::Kind::object: return name == "object";
        }
        return false;
    }

    static bool equal(json::Node a, json::Node b)
    {
        Steps steps(1'000'000);
        return is_equal(a, b, steps);
    }

    void assertions(json::Node schema, json::Node value, Verdict& verdict)
    {
        auto const assert_that = [&](bool holds) { verdict.fits = verdict.fits && holds; };
        auto const count = [&](std::string_view keyword) {
            auto const node = schema.find(keyword);
            return node ? node->unsigned_integer() : std::nullopt;
        };
        if (auto const type = schema.find("type"))
            assert_that(is_type(value, *type->text()));
        if (auto const constant = schema.find("const"))
            assert_that(equal(*constant, value));
        if (auto const all = schema.find("enum")) {
            bool is_among = false;
            all->each_element([&](json::Node each) { return !(is_among = equal(each, value)); });
            assert_that(is_among);
        }
        if (is(value, json::Kind::number)) {
            if (auto const least = schema.find("minimum"))
                assert_that(Decimal::of(value) >= Decimal::of(*least));
            if (auto const factor = schema.find("multipleOf"))
                assert_that(Decimal::of(value).is_multiple_of(Decimal::of(*factor)));
        }
        if (is(value, json::Kind::text))
            if (auto const most = count("maxLength"))
                assert_that(length_of(*value.text()) <= *most);
        if (is(value, json::Kind::array)) {
            if (auto const least = count("minItems"))
                assert_that(value.size() >= *least);
            if (schema.find("uniqueItems"))
                assert_that(are_unique(value));
        }
        if (is(value, json::Kind::object))
            if (auto const names = schema.find("required"))
                names->each_element([&](json::Node name) {
                    assert_that(value.find(*name.text()).has_value());
                    return true;
                });
    }

    static bool are_unique(json::Node array)
    {
        std::vector<json::Node> before;
        bool are = true;
        array.each_element([&](json::Node element) {
            for (auto const& each : before)
                are = are && !equal(each, element);
            before.push_back(element);
            return true;
        });
        return are;
    }

    void apply(json::Node schema, json::Node value, Verdict& verdict)
    {
        auto const inner = judge(schema, value);
        verdict.fits = verdict.fits && inner.fits;
        verdict.looked_at.insert(inner.looked_at.begin(), inner.looked_at.end());
    }

    void in_place(json::Node schema, json::Node value, Verdict& verdict)
    {
        if (schema.find("$ref"))
            apply(*root_.find("$defs")->find("node"), value, verdict);
        if (auto const all = schema.find("allOf"))
            all->each_element([&](json::Node each) {
                apply(each, value, verdict);
                return true;
            });
        for (auto const* const keyword : {"anyOf", "oneOf"})
            if (auto const all = schema.find(keyword)) {
                int fitting = 0;
                all->each_element([&](json::Node each) {
                    auto const inner = judge(each, value);
                    fitting += inner.fits ? 1 : 0;
                    verdict.looked_at.insert(inner.looked_at.begin(), inner.looked_at.end());
                    return true;
                });
                verdict.fits = verdict.fits && (*keyword == 'a' ? fitting > 0 : fitting == 1);
            }
        if (auto const excluded = schema.find("not"))
            verdict.fits = verdict.fits && !judge(*excluded, value).fits;
        if (auto const condition = schema.find("if")) {
            auto const holds = judge(*condition, value);
            verdict.looked_at.insert(holds.looked_at.begin(), holds.looked_at.end());
            if (auto const then = schema.find(holds.fits ? "then" : "else"))
                apply(*then, value, verdict);
        }
    }

    void members(json::Node schema, json::Node value, Verdict& verdict)
    {
        auto const names = schema.find("properties");
        auto const rest = schema.find("additionalProperties");
        value.each_member([&](std::string_view name, json::Node member) {
            auto const named = names ? names->find(name) : std::nullopt;
            auto const inner = named ? named : rest;
            if (inner) {
                verdict.fits = verdict.fits && judge(*inner, member).fits;
                verdict.looked_at.emplace(name);
            }
            return true;
        });
    }

    void elements(json::Node schema, json::Node value, Verdict& verdict)
    {
        auto const prefix = schema.find("prefixItems");
        auto const rest = schema.find("items");
        auto const contained = schema.find("contains");
        std::size_t index = 0;
        std::size_t found = 0;
        value.each_element([&](json::Node element) {
            auto inner = rest;
            std::size_t at = 0;
            if (prefix)
                prefix->each_element([&](json::Node each) {
                    if (at++ == index)
                        inner = each;
                    return true;
                });
            auto const name = std::to_string(index++);
            if (inner) {
                verdict.fits = verdict.fits && judge(*inner, element).fits;
                verdict.looked_at.insert(name);
            }
            if (contained && judge(*contained, element).fits) {
                found++;
                verdict.looked_at.insert(name);
            }
            return true;
        });
        if (contained && is(value, json::Kind::array))
            verdict.fits = verdict.fits && found > 0;
    }

    void unevaluated(json::Node schema, json::Node value, Verdict& verdict)
    {
        auto const judge_rest = [&](json::Node rest, std::string const& name, json::Node part) {
            if (verdict.looked_at.contains(name))
                return;
            verdict.fits = verdict.fits && judge(rest, part).fits;
            verdict.looked_at.insert(name);
        };
        if (auto const rest = schema.find("unevaluatedProperties"))
            value.each_member([&](std::string_view name, json::Node member) {
                judge_rest(*rest, std::string(name), member);
                return true;
            });
        std::size_t index = 0;
        if (auto const rest = schema.find("unevaluatedItems"))
            value.each_element([&](json::Node element) {
                judge_rest(*rest, std::to_string(index++), element);
                return true;
            });
    }

    json::Node root_;
};

// Small schemas and small values of the same few names and numbers, so that they often meet.
class Generator {
public:
    explicit Generator(unsigned seed)
        : dice_(seed)
    { }

    std::string value(int depth)
    {
        switch (roll(depth > 0 ? 8 : 5)) {
        case 0: return "null";
        case 1: return "true";
        case 2: return pick({"0", "1", "1.0", "1.5", "3", "-2"});
        case 3: return pick({R"("")", R"("a")", R"("ab")"});
        case 4: return "2";
        case 5: return list("[", "]", 4, [&] { return value(depth - 1); });
        default: return object({"a", "b", "c"}, [&] { return value(depth - 1); });
        }
    }

    std::string root()
    {
        auto text = schema(3);
        if (text.size() < 2 || text.front() != '{')
            text = "{}";
        // Below `node` nothing refers to it in place: that would never end.
        may_refer_ = false;
        auto const node = schema(2);
        may_refer_ = true;
        return text.substr(0, text.size() - 1) + (text.size() > 2 ? "," : "")
            + R"("$defs":{"node":)" + node + "}}";
    }

private:
    std::string schema(int depth)
    {
        if (roll(6) == 0)
            return pick({"true", "false"});
        std::string text = "{";
        std::set<int> used;
        for (auto count = roll(4); count > 0; count--)
            if (auto const which = roll(depth > 0 ? 23 : 8); used.insert(which).second)
                text.append(text.size() > 1 ? "," : "").append(keyword(which, depth - 1));
        return text + "}";
    }

    std::string keyword(int which, int depth)
    {
        auto const inner = [this, depth] { return schema(depth); };
        switch (which) {
        case 0:
            return R"("type":)"
                + pick({R"("null")", R"("integer")", R"("number")", R"("string")", R"("array")",
                    R"("object")"});
        case 1: return R"("const":)" + value(1);
        case 2: return R"("enum":)" + list("[", "]", 3, [&] { return value(1); });
        case 3: return R"("minimum":)" + pick({"0", "1", "1.5"});
        case 4: return R"("maxLength":1)";
        case 5: return R"("minItems":1)";
        case 6: return R"("required":)" + pick({R"(["a"])", R"(["a","b"])", R"(["c"])"});
        case 7: return roll(2) == 0 ? R"("uniqueItems":true)" : R"("multipleOf":0.5)";
        case 8: return R"("allOf":)" + some(inner);
        case 9: return R"("anyOf":)" + some(inner);
        case 10: return R"("oneOf":)" + some(inner);
        case 11: return R"("not":)" + inner();
        case 12: return R"("if":)" + inner() + R"(,"then":)" + inner();
        case 13: return R"("if":)" + inner() + R"(,"else":)" + inner();
        case 14:
        case 15: return R"("properties":)" + object({"a", "b"}, inner);
        case 16: return R"("additionalProperties":)" + inner();
        case 17: return R"("items":)" + inner();
        case 18: return R"("prefixItems":)" + some(inner);
        case 19: return R"("contains":)" + inner();
        case 20: return R"("unevaluatedProperties":)" + pick({"false", inner()});
        case 21: return R"("unevaluatedItems":)" + pick({"false", inner()});
        default: return may_refer_ ? R"("$ref":"#/$defs/node")" : R"("minimum":1)";
        }
    }

    template <typename Make>
    std::string some(Make const& make)
    {
        auto const first = make();
        return "[" + first + (roll(3) > 0 ? "," + make() : "") + "]";
    }
    template <typename Make>
    std::string list(std::string text, std::string const& end, int most, Make const& make)
    {
        for (auto count = roll(most), at = 0; at < count; at++)
            text.append(at > 0 ? "," : "").append(make());
        return text + end;
    }
    template <typename Make>
    std::string object(std::initializer_list<char const*> names, Make const& make)
    {
        std::string text = "{";
        for (auto const* const name : names)
            if (roll(2) == 0)
                text.append(text.size() > 1 ? ",\"" : "\"")
                    .append(name)
                    .append("\":")
                    .append(make());
        return text + "}";
    }
    std::string pick(std::vector<std::string> const& of)
    {
        return of[static_cast<std::size_t>(roll(static_cast<int>(of.size())))];
    }
    int roll(int below) { return std::uniform_int_distribution(0, below - 1)(dice_); }

    std::mt19937 dice_;
    bool may_refer_ = true;
};

TEST(SchemaProperty, agrees_with_a_naive_evaluator)
{
    int fitting = 0;
    int judged = 0;
    for (unsigned seed = 1; seed <= 4000; seed++) {
        Generator generator(seed);
        auto const text = generator.root();
        auto const schema = compile({{"s", text}}, "s");
        ASSERT_TRUE(schema) << text << "\n" << schema.error().text();
        json::Parser schema_parser;
        auto const root = *schema_parser.parse(text);
        for (int i = 0; i < 20; i++) {
            auto const value_text = generator.value(3);
            json::Parser parser;
            auto const value = *parser.parse(value_text);
            bool const expected = Naive(root).judge(root, value).fits;
            ASSERT_EQ(is_valid(**schema, value), expected) << text << "\n" << value_text;
            ASSERT_EQ(validate(**schema, value).empty(), expected) << text << "\n" << value_text;
            fitting += expected ? 1 : 0;
            judged++;
        }
    }
    EXPECT_GT(fitting, judged / 10);
    EXPECT_LT(fitting, judged * 9 / 10);
}

} // namespace
} // namespace gatehouse::schema
