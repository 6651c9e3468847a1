// SPDX-License-Identifier: Apache-2.0
// A value that fits costs no allocation: what docs/validation.md promises of most requests.

#include "schema/schema.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

namespace {

std::size_t allocations = 0;

} // namespace

// Sanitizers have an operator new of their own, which belongs with their other ones: there nothing
// is counted.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(std::size_t size)
{
    allocations++;
    if (void* const memory = std::malloc(size))
        return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}
#endif

namespace gatehouse::schema {
namespace {

TEST(SchemaAllocation, there_is_none_for_a_value_that_fits)
{
    auto const schema = compile({{"s", R"({
        "type": "object", "required": ["id", "lines"], "minProperties": 1,
        "properties": {
            "id": {"type": "string", "pattern": "^[A-Z]+\\d+$", "maxLength": 20},
            "lines": {"type": "array", "maxItems": 9, "items": {"$ref": "#/$defs/line"},
                "contains": {"required": ["sku"]}},
            "form": {"oneOf": [{"const": "a"}, {"type": "object", "properties": {"x": true},
                "unevaluatedProperties": false}]}
        },
        "patternProperties": {"^x-": {"anyOf": [{"type": "null"}, {"enum": [1, 2.5, "y"]}]}},
        "propertyNames": {"maxLength": 10},
        "if": {"required": ["form"]}, "then": {"not": {"required": ["none"]}},
        "additionalProperties": false,
        "$defs": {"line": {"properties": {"sku": {"enum": ["a", "b"]},
            "price": {"multipleOf": 0.01, "minimum": 0}}}}
    })"}},
        "s");
    ASSERT_TRUE(schema) << schema.error().text();
    json::Parser parser;
    auto const value = parser.parse(R"({"id":"AB12","lines":[{"sku":"a","price":19.99},{}],
        "form":{"x":1},"x-y":"y","x-z":2.50})");
    ASSERT_TRUE(value);
    ASSERT_TRUE(is_valid(**schema, *value)); // RE2 makes its states at the first match.

    auto const before = allocations;
    bool const fits = validate(**schema, *value).empty();
    auto const made = allocations - before;
    EXPECT_TRUE(fits);
    EXPECT_EQ(made, 0U);
}

} // namespace
} // namespace gatehouse::schema
