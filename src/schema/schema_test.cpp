// SPDX-License-Identifier: Apache-2.0
#include "schema/schema.hpp"

#include <gtest/gtest.h>

namespace gatehouse::schema {
namespace {

std::shared_ptr<Schema const> compiled(std::string_view text, Options const& options = {})
{
    auto schema = compile({{"s.json", std::string(text)}}, "s.json", options);
    EXPECT_TRUE(schema) << text << "\n" << (schema ? "" : schema.error().text());
    return schema ? *schema : nullptr;
}

std::string complaint(std::string_view text, Options const& options = {})
{
    auto const schema = compile({{"s.json", std::string(text)}}, "s.json", options);
    return schema ? "compiles" : schema.error().text();
}

// One fault a line: pointer, keyword, message.
std::string faults(Schema const& schema, std::string_view value, std::size_t faults_max = 20)
{
    json::Parser parser;
    auto const node = parser.parse(value);
    EXPECT_TRUE(node) << value;
    std::string lines;
    for (auto const& fault : validate(schema, *node, faults_max))
        lines.append(lines.empty() ? "" : "\n")
            .append(fault.pointer + " " + fault.keyword + ": " + fault.message);
    EXPECT_EQ(lines.empty(), is_valid(schema, *node)) << value;
    return lines;
}

std::string faults(std::string_view schema, std::string_view value)
{
    return faults(*compiled(schema), value);
}

struct Case {
    std::string_view schema;
    std::string_view value;
    std::string_view says;
};

TEST(Schema, says_what_does_not_fit_in_words_for_people)
{
    std::vector<Case> const cases{
        {R"({"type":"integer"})", "1.5", " type: must be an integer, but is 1.5"},
        {R"({"type":["null","string"]})", "true",
            " type: must be null or a string, but is a boolean"},
        {R"({"const":{"a":1}})", "3", R"( const: must be {"a":1}, but is 3)"},
        {R"({"enum":["red","green"]})", R"("blue")",
            R"( enum: must be "red" or "green", but is "blue")"},
        {R"({"enum":[1,null,"a"]})", "[]",
            R"( enum: must be 1, null or "a", but is an array of 0 elements)"},
        {R"({"maximum":10})", "10.5", " maximum: must be at most 10, but is 10.5"},
        {R"({"exclusiveMinimum":0})", "0", " exclusiveMinimum: must be more than 0, but is 0"},
        {R"({"multipleOf":0.01})", "0.015",
            " multipleOf: must be a multiple of 0.01, but is 0.015"},
        {R"({"minLength":2})", R"("é")", " minLength: must have at least 2 characters, but has 1"},
        {R"({"maxLength":1})", R"("éé")", " maxLength: must have at most 1 character, but has 2"},
        {R"({"pattern":"^[a-z]+$"})", R"("A")", R"( pattern: must match ^[a-z]+$, but is "A")"},
        {R"({"maxItems":1})", "[1,2]", " maxItems: must have at most 1 element, but has 2"},
        {R"({"uniqueItems":true})", "[1,2,1.0]",
            " uniqueItems: must not repeat itself, but elements 0 and 2 are equal"},
        {R"({"contains":{"type":"null"}})", "[1]",
            R"( contains: must have at least 1 element that fits "contains", but has 0)"},
        {R"({"items":{"type":"null"}})", "[null,1]", "/1 type: must be null, but is 1"},
        {R"({"prefixItems":[true],"items":false})", "[1,2]",
            "/1 items: is one too many: at most 1 element"},
        {R"({"required":["a"]})", "{}", R"( required: must have "a")"},
        {R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})",
            R"( dependentRequired: must have "b", because it has "a")"},
        {R"({"properties":{"name":true},"additionalProperties":false})", R"({"nane":1})",
            R"(/nane additionalProperties: is not known here; is "name" meant?)"},
        {R"({"properties":{"x":true,"y":true},"additionalProperties":false})", R"({"other":1})",
            R"(/other additionalProperties: is not known here; there are "x", "y")"},
        {R"({"propertyNames":{"maxLength":1}})", R"({"ab":1})",
            R"( propertyNames: has the name "ab", which must have at most 1 character, but has 2)"},
        {R"({"unevaluatedProperties":false})", R"({"a/b":1})",
            "/a~1b unevaluatedProperties: is not expected here: no part of the schema speaks of "
            "it"},
        {R"({"not":{"type":"null"}})", "null", R"( not: is what its schema excludes by "not")"},
        {R"({"oneOf":[{"minimum":1},{"maximum":5}]})", "3",
            " oneOf: fits form 1 and form 2 of 2, but must fit only one"},
        {"false", "1", " false: is not allowed here, whatever it is"},
    };
    for (auto const& [schema, value, says] : cases)
        EXPECT_EQ(faults(schema, value), says) << schema;
}

TEST(Schema, tells_all_faults_up_to_a_bound)
{
    auto const schema = compiled(R"({"items":{"properties":{"a":{"type":"integer"}},
        "required":["a","b"]}})");
    EXPECT_EQ(faults(*schema, R"([{"a":"x"},{"a":1,"b":2},{"b":0}])"),
        "/0/a type: must be an integer, but is a string\n"
        "/0 required: must have \"b\"\n"
        "/2 required: must have \"a\"");
    EXPECT_EQ(faults(*schema, R"([{"a":"x"},{},{}])", 2),
        "/0/a type: must be an integer, but is a string\n"
        "/0 required: must have \"b\"");
}

TEST(Schema, tells_what_the_form_lacks_that_was_meant)
{
    constexpr std::string_view shapes = R"({"oneOf":[
        {"properties":{"kind":{"const":"circle"},"radius":{"minimum":0}},"required":["radius"]},
        {"properties":{"kind":{"const":"square"},"side":{"type":"number"}},"required":["side"]}]})";
    EXPECT_EQ(faults(shapes, R"({"kind":"square","side":"x"})"),
        "/side type: must be a number, but is a string");
    EXPECT_EQ(faults(shapes, R"({"kind":"star"})"),
        " oneOf: fits none of the 2 forms that its schema allows");
    EXPECT_EQ(faults(R"({"anyOf":[{"type":"null"},{"type":"string","maxLength":1}]})", R"("ab")"),
        " maxLength: must have at most 1 character, but has 2");
}

TEST(Schema, compares_numbers_by_value)
{
    auto const one = compiled(R"({"const":1})");
    EXPECT_EQ(faults(*one, "1.0"), "");
    EXPECT_EQ(faults(R"({"enum":[[1,{"a":2}]]})", R"([1.0,{"a":2e0}])"), "");
    EXPECT_NE(faults(R"({"const":9007199254740993})", "9007199254740992"), "");
    EXPECT_NE(faults(R"({"maximum":18446744073709551614})", "18446744073709551615"), "");
}

TEST(Schema, sees_each_of_members_with_one_name)
{
    EXPECT_EQ(faults(R"({"properties":{"a":{"type":"integer"}}})", R"({"a":1,"a":"x"})"),
        "/a type: must be an integer, but is a string");
    EXPECT_NE(faults(R"({"const":{"a":1,"b":2}})", R"({"a":1,"a":1})"), "");
    EXPECT_NE(faults(R"({"const":{"a":1,"b":2}})", R"({"b":2,"b":2})"), "");
    EXPECT_NE(faults(R"({"const":{"a":1,"a":1}})", R"({"a":1,"c":3})"), "");
}

TEST(Schema, complains_of_schemas_where_and_what_to_do)
{
    std::vector<std::pair<std::string_view, std::string_view>> const cases{
        {"{", "s.json#: not valid JSON: "},
        {"[]", "s.json#: a schema is an object, true or false; this is an array"},
        {R"({"properties":{"a":7}})",
            "s.json#/properties/a: must be a schema, which is an object, true or false; is a "
            "number"},
        {R"({"type":"text"})",
            "s.json#/type: \"text\" is no type; there are null, boolean, integer, number, string, "
            "array and object"},
        {R"({"type":["null","int"]})", "s.json#/type/1: \"int\" is no type"},
        {R"({"minLength":-1})", "s.json#/minLength: must be a whole number from 0 on; is -1"},
        {R"({"minLength":"1"})", "s.json#/minLength: must be a whole number from 0 on; is \"1\""},
        {R"({"maximum":"1"})", "s.json#/maximum: must be a number; is \"1\""},
        {R"({"multipleOf":0})", "s.json#/multipleOf: must be more than 0; is 0"},
        {R"({"required":"a"})", "s.json#/required: must be a list of names; is a string"},
        {R"({"required":["a",1]})",
            "s.json#/required/1: must be a list of names, all of them strings"},
        {R"({"properties":{"a":{"required":true}}})",
            "s.json#/properties/a/required: must be a list"},
        {R"({"anyOf":[]})", "s.json#/anyOf: must be a list of at least one schema"},
        {R"({"enum":1})", "s.json#/enum: must be a list of values; is a number"},
        {R"({"uniqueItems":1})", "s.json#/uniqueItems: must be true or false; is 1"},
        {R"_({"pattern":"a(?=b)"})_",
            "s.json#/pattern: the pattern a(?=b) cannot be used: \"(?=\""},
        {R"_({"patternProperties":{"(":true}})_", "s.json#/patternProperties/(: the pattern ("},
        {R"({"properties":{"a/b":{"$ref":"#/no"}}})",
            "s.json#/properties/a~1b/$ref: \"#/no\" leads nowhere: there is nothing at that "
            "pointer"},
        {R"({"$ref":"#no"})",
            "s.json#/$ref: \"#no\" leads nowhere: no \"$anchor\" there is called \"no\""},
        {R"({"$ref":"https://example.com/a.json"})",
            "s.json#/$ref: \"https://example.com/a.json\" leads to \"https://example.com/a.json\", "
            "which was not handed in, and nothing is fetched; add that document"},
        {R"({"$schema":"http://json-schema.org/draft-04/schema#"})",
            "s.json#/$schema: \"http://json-schema.org/draft-04/schema\" is not known; there are "},
        {R"({"$ref":"#"})", "s.json#: this schema refers back to itself for the same value"},
        {R"({"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"anyOf":[{"not":{"$ref":"#"}}]}}})",
            "s.json#: this schema refers back to itself"},
        {R"({"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}})",
            "s.json#/$defs/b/$anchor: \"x\" is at /$defs/a, too"},
        {R"({"$defs":{"a":{"$id":"x"},"b":{"$id":"x"}}})",
            "s.json#/$defs/b/$id: \"x\" is the name of another schema, too"},
    };
    for (auto const& [schema, says] : cases)
        EXPECT_EQ(complaint(schema).substr(0, says.size()), says) << schema;
}

TEST(Schema, refers_between_documents_that_were_handed_in)
{
    Documents const documents{
        {"api/order.json", R"({"properties":{"item":{"$ref":"item.json#/$defs/item"},
            "by":{"$ref":"https://example.com/person"}}})"},
        {"api/item.json", R"({"$defs":{"item":{"type":"string"}}})"},
        {"person.json", R"({"$id":"https://example.com/person","type":"integer"})"},
    };
    auto const schema = compile(documents, "api/order.json");
    ASSERT_TRUE(schema) << schema.error().text();
    EXPECT_EQ(faults(**schema, R"({"item":1,"by":"x"})"),
        "/item type: must be a string, but is 1\n"
        "/by type: must be an integer, but is a string");
    auto const part = compile(documents, "api/item.json#/$defs/item");
    ASSERT_TRUE(part);
    EXPECT_EQ(faults(**part, R"("x")"), "");
    EXPECT_FALSE(compile(documents, "api/none.json"));
    EXPECT_FALSE(compile(documents, "api/item.json#/$defs/none"));
}

TEST(Schema, knows_the_meta_schemas_of_both_drafts)
{
    for (std::string const uri : {"https://json-schema.org/draft/2020-12/schema",
             "http://json-schema.org/draft-07/schema#"}) {
        auto const schema = compile({}, uri);
        ASSERT_TRUE(schema) << schema.error().text();
        EXPECT_EQ(faults(**schema, R"({"properties":{"a":{"type":"string"}}})"), "");
        EXPECT_NE(faults(**schema, R"({"properties":{"a":{"type":"text"}}})"), "");
        EXPECT_NE(faults(**schema, R"({"properties":{"a":{"minLength":-1}}})"), "");
    }
}

TEST(Schema, asserts_formats_only_when_told_to)
{
    constexpr std::string_view text = R"({"format":"date"})";
    EXPECT_EQ(faults(*compiled(text), R"("x")"), "");
    EXPECT_EQ(faults(*compiled(text, {.asserts_format = true}), R"("2026-02-29")"),
        " format: must be a date of RFC 3339, like 2026-11-22, but is \"2026-02-29\"");
    EXPECT_EQ(faults(*compiled(R"({"format":"none"})", {.asserts_format = true}), R"("x")"), "");
}

TEST(Schema, is_of_the_draft_that_is_the_default)
{
    constexpr std::string_view text = R"({"items":[{"type":"null"}]})";
    EXPECT_NE(complaint(text), "compiles");
    auto const schema = compiled(text, {.draft = Draft::draft_07});
    EXPECT_EQ(faults(*schema, "[null,1]"), "");
    EXPECT_NE(faults(*schema, "[1]"), "");
}

TEST(SchemaLimits, a_schema_with_too_many_instructions_does_not_compile)
{
    EXPECT_EQ(complaint(R"({"type":"string","minLength":1,"maxLength":2})",
                  {.limits = {.instructions_max = 3}}),
        "s.json#: with this schema there are more than 3 instructions; cut it, or give it to fewer "
        "routes");
}

TEST(SchemaLimits, a_pattern_that_is_too_long_does_not_compile)
{
    EXPECT_EQ(complaint(R"({"pattern":"abcdef"})", {.limits = {.pattern_bytes_max = 5}}),
        "s.json#/pattern: the pattern has 6 bytes; at most 5");
}

TEST(SchemaLimits, work_beyond_the_bound_is_a_fault)
{
    auto const schema = compiled(R"({"items":{"type":"integer"}})", {.limits = {.steps_max = 10}});
    EXPECT_EQ(faults(*schema, "[1,2]"), "");
    EXPECT_EQ(faults(*schema, "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23]"),
        " : cannot be judged: that takes more than 10 steps; send less at once");
}

TEST(SchemaLimits, spent_steps_make_nothing_valid)
{
    auto const schema
        = compiled(R"({"not":{"items":{"type":"null"}}})", {.limits = {.steps_max = 5}});
    EXPECT_NE(faults(*schema, "[null,null,null,null,null,null,null,null,null,null,null,null]"), "");
}

TEST(SchemaLimits, texts_that_have_to_be_compiled_are_dear)
{
    auto const schema = compiled(R"({"items":{"format":"regex"}})", {.asserts_format = true});
    std::string many = "[\"a\"";
    EXPECT_EQ(faults(*schema, many + "]"), "");
    for (int i = 0; i < 30; i++)
        many.append(",\"a\"");
    EXPECT_EQ(faults(*schema, many + "]").substr(0, 21), " : cannot be judged: ");
}

TEST(SchemaLimits, depth_beyond_the_bound_is_a_fault)
{
    auto const schema
        = compiled(R"({"properties":{"a":{"$ref":"#"}}})", {.limits = {.depth_max = 4}});
    EXPECT_EQ(faults(*schema, R"({"a":1})"), "");
    EXPECT_EQ(faults(*schema, R"({"a":{"a":{"a":{"a":1}}}})"),
        " : cannot be judged: its schema goes deeper than 4 schemas within another");
}

TEST(SchemaLimits, many_repetitions_are_found_quickly)
{
    std::string many = "[";
    for (int i = 0; i < 5000; i++)
        many.append(std::to_string(i)).append(",");
    auto const schema = compiled(R"({"uniqueItems":true})");
    EXPECT_EQ(faults(*schema, many + "5000]"), "");
    EXPECT_EQ(faults(*schema, many + "4321]"),
        " uniqueItems: must not repeat itself, but elements 4321 and 5000 are equal");
}

} // namespace
} // namespace gatehouse::schema
