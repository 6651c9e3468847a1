// SPDX-License-Identifier: Apache-2.0

// Whatever the text, it is a schema or a complaint that says something; a schema judges any value,
// and says why exactly where it refuses one.

#include "base/assert.hpp"
#include "schema/schema.hpp"

#include <cstdint>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size)
{
    std::string const text(reinterpret_cast<char const*>(bytes), size);
    for (auto const draft : {schema::Draft::draft_07, schema::Draft::draft_2020_12}) {
        schema::Options const options{.draft = draft,
            .asserts_format = true,
            .limits = {.instructions_max = 2000, .steps_max = 20'000}};
        auto const compiled = schema::compile({{"s.json", text}}, "s.json", options);
        if (!compiled) {
            GH_ASSERT(!compiled.error().message.empty());
            continue;
        }
        for (std::string_view const value : {"null", "1.5", R"("a")", R"([1,[],"a",1])",
                 R"({"a":1,"b":{"a":[{}]},"items":{"$ref":"#"}})"}) {
            json::Parser parser;
            auto const node = *parser.parse(value);
            GH_ASSERT(
                schema::is_valid(**compiled, node) == schema::validate(**compiled, node).empty());
        }
        json::Parser parser; // The schema as a value of its own.
        if (auto const node = parser.parse(text))
            (void)schema::validate(**compiled, *node);
    }
    return 0;
}
