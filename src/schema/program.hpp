// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "schema/decimal.hpp"
#include "schema/formats.hpp"
#include "schema/key_table.hpp"
#include "schema/pattern.hpp"
#include "schema/schema.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::schema {

// Kinds of values as bits: of what an instruction speaks, and what `type` allows.
using Kinds = std::uint8_t;
constexpr Kinds bit_of(json::Kind kind)
{
    return static_cast<Kinds>(1U << static_cast<unsigned>(kind));
}
constexpr Kinds whole_number = 1U << 6U; // Of `type` alone: "integer".
constexpr Kinds any_kind = 0x3f;

enum class Op : std::uint8_t {
    never,             //                          the schema `false`
    type,              // a: kinds
    const_is,          // a: constant
    enum_has,          // a: first constant, b: how many
    enum_has_text,     // a: key table             all of them are texts
    multiple_of,       // a: number
    maximum,           // a: number
    exclusive_maximum, // a: number
    minimum,           // a: number
    exclusive_minimum, // a: number
    max_length,        // a: code points
    min_length,        // a: code points
    pattern,           // a: pattern
    format,            // a: Format
    max_items,         // a: elements
    min_items,         // a: elements
    unique_items,
    contains,               // a: block, b: at least, c: at most
    items,                  // a: list of blocks, b: how many, c: block of the rest, or none
    max_properties,         // a: members
    min_properties,         // a: members
    required,               // a: key table
    dependent_required,     // a: key table, whose first is the reason for the others
    members,                // a: member table
    property_names,         // a: block
    dependent_schema,       // a: name (of key table a), b: block
    all_of,                 // a: list of blocks, b: how many
    any_of,                 // a: list of blocks, b: how many
    one_of,                 // a: list of blocks, b: how many
    not_of,                 // a: block
    if_then,                // a: block, b: block of then, c: block of else; or none
    ref,                    // a: block
    dynamic_ref,            // a: dynamic name, b: block where nobody outside says otherwise
    // From here on: what asks which parts the others looked at.
    unevaluated_items,      // a: block
    unevaluated_properties, // a: block
};

// Blocks that every program begins with, and the absence of one.
constexpr std::uint32_t block_always = 0;
constexpr std::uint32_t block_never = 1;
constexpr std::uint32_t no_block = UINT32_MAX;
constexpr std::uint32_t unbounded = UINT32_MAX;

struct Instruction {
    Op op;
    Kinds kinds = any_kind; // It says nothing about others.
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    std::uint32_t c = 0;
};

// One schema: a stretch of the code.
struct Block {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    std::uint32_t resource = 0; // Whose dynamic anchors it brings into scope.
    bool is_tracking = false;   // It has unevaluated…: what its parts looked at must be known.
};

// `properties`, `patternProperties`, `additionalProperties` and `required` in one walk.
struct MemberTable {
    struct Named {
        std::uint32_t block = no_block;       // None where only `required` names it.
        std::optional<std::uint8_t> required; // Which bit says that it was seen.
    };
    KeyTable keys;
    std::vector<Named> named;                                        // By the number of the key.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> by_pattern; // Pattern, block.
    std::uint32_t rest = no_block;
    std::uint8_t required = 0; // How many bits; at most 64.
};

// A name of `$dynamicAnchor`, and the block that bears it in each resource.
struct DynamicName {
    std::string name;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> blocks; // Resource, block.
};

// A number of a schema: as it is, and as the nearest double, which tells most others apart from it.
struct Bound {
    Decimal exact;
    double rounded;
};

// All that was compiled together.
struct Program {
    std::vector<Instruction> code;
    std::vector<Block> blocks;
    std::vector<std::uint32_t> lists; // Blocks.
    std::vector<Bound> numbers;
    std::vector<Pattern> patterns;
    std::vector<json::Node> constants; // In the documents below.
    std::vector<KeyTable> tables;
    std::vector<MemberTable> members;
    std::vector<DynamicName> dynamic_names;
    std::vector<json::Parser> documents;
    Limits limits;
};

} // namespace gatehouse::schema
