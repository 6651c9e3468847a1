// SPDX-License-Identifier: Apache-2.0
#include "schema/compiler.hpp"
#include "schema/kinds.hpp"
#include "schema/pointer.hpp"
#include "schema/uri.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gatehouse::schema {
namespace {

constexpr auto of_arrays = bit_of(json::Kind::array);
constexpr auto of_objects = bit_of(json::Kind::object);
constexpr std::size_t required_bits_max = 64;

bool has_list_of_items(json::Node schema)
{
    auto const items = schema.find("items");
    return items && items->kind() == json::Kind::array;
}

} // namespace

Checked<std::uint32_t> Compiler::block_at(
    Keyword const& keyword, json::Node value, std::string_view below)
{
    if (value.kind() != json::Kind::object && value.kind() != json::Kind::boolean)
        return wrong(keyword,
            fmt::format("must be a schema, which is an object, true or false; is {}",
                name_of(value.kind())),
            below);
    auto pointer = "/" + std::string(keyword.name);
    return block_of(resources_.below(keyword.schema, pointer.append(below), value));
}

Checked<std::optional<std::uint32_t>> Compiler::sibling(
    Keyword const& keyword, std::string_view name)
{
    auto const value = keyword.schema.node.find(name);
    if (!value)
        return std::nullopt;
    return GH_TRY(block_at({keyword.schema, name, *value}, *value));
}

Checked<std::vector<std::uint32_t>> Compiler::schemas_of(Keyword const& keyword)
{
    if (keyword.value.kind() != json::Kind::array || keyword.value.size() == 0)
        return wrong(keyword, "must be a list of at least one schema");
    std::vector<std::uint32_t> blocks;
    std::optional<Complaint> complaint;
    keyword.value.each_element([&](json::Node value) {
        auto const block = block_at(keyword, value, "/" + std::to_string(blocks.size()));
        if (block)
            blocks.push_back(*block);
        else
            complaint = block.error();
        return !complaint;
    });
    if (complaint)
        return std::unexpected(*std::move(complaint));
    return blocks;
}

std::uint32_t Compiler::add_list(std::vector<std::uint32_t> const& blocks)
{
    auto const first = static_cast<std::uint32_t>(program_.lists.size());
    program_.lists.insert(program_.lists.end(), blocks.begin(), blocks.end());
    return first;
}

// Where the schema names members anyhow, the walk over them sees which are there.
Checked<void> Compiler::add_required(Keyword const& keyword, std::vector<std::string> const& names)
{
    bool const is_part_of_walk = keyword.schema.node.find("properties")
        && resources_.dialect(keyword.schema.resource).has_applicators
        && names.size() <= required_bits_max;
    if (!is_part_of_walk && !names.empty())
        emit({.op = Op::required, .kinds = of_objects, .a = add_table(names)});
    return {};
}

Checked<void> Compiler::member_names(Keyword const& keyword, MemberTable& table)
{
    if (keyword.value.kind() != json::Kind::object)
        return wrong(keyword,
            fmt::format("must be an object of schemas; is {}", name_of(keyword.value.kind())));
    auto const known = [&table](std::string_view name) -> MemberTable::Named& {
        auto const number = table.keys.add(name);
        if (number == table.named.size())
            table.named.emplace_back();
        return table.named[number];
    };
    std::optional<Complaint> complaint;
    keyword.value.each_member([&](std::string_view name, json::Node value) {
        std::string below;
        append_segment(below, name);
        auto const block = block_at(keyword, value, below);
        if (block)
            known(name).block = *block;
        else
            complaint = block.error();
        return !complaint;
    });
    if (complaint)
        return std::unexpected(*std::move(complaint));
    auto const required = keyword.schema.node.find("required");
    if (!required || !resources_.dialect(keyword.schema.resource).has_assertions)
        return {};
    auto const names = GH_TRY(names_of({keyword.schema, "required", *required}, *required, ""));
    if (names.size() > required_bits_max)
        return {};
    for (auto const& name : names)
        if (auto& named = known(name); !named.required)
            named.required = table.required++;
    return {};
}

Checked<void> Compiler::member_patterns(Keyword const& keyword, MemberTable& table)
{
    if (keyword.value.kind() != json::Kind::object)
        return wrong(keyword,
            fmt::format("must be an object of schemas; is {}", name_of(keyword.value.kind())));
    std::optional<Complaint> complaint;
    keyword.value.each_member([&](std::string_view pattern, json::Node value) {
        std::string below;
        append_segment(below, pattern);
        auto const index = pattern_of(keyword, pattern, below);
        auto const block = block_at(keyword, value, below);
        if (index && block)
            table.by_pattern.emplace_back(*index, *block);
        else
            complaint = index ? block.error() : index.error();
        return !complaint;
    });
    if (complaint)
        return std::unexpected(*std::move(complaint));
    return {};
}

// `properties`, `patternProperties` and `additionalProperties`: whichever comes first does it.
Checked<void> Compiler::members(Keyword const& keyword)
{
    auto const& node = keyword.schema.node;
    auto const names = node.find("properties");
    auto const patterns = node.find("patternProperties");
    bool const is_first = keyword.name == "properties"
        || (keyword.name == "patternProperties" ? !names : !names && !patterns);
    if (!is_first)
        return {};
    MemberTable table;
    if (names)
        GH_CHECK(member_names({keyword.schema, "properties", *names}, table));
    if (patterns)
        GH_CHECK(member_patterns({keyword.schema, "patternProperties", *patterns}, table));
    auto const rest = GH_TRY(sibling(keyword, "additionalProperties"));
    table.rest = rest.value_or(no_block);
    program_.members.push_back(std::move(table));
    emit({.op = Op::members,
        .kinds = of_objects,
        .a = static_cast<std::uint32_t>(program_.members.size() - 1)});
    return {};
}

// 2020-12: `prefixItems`, then `items`. Draft-07: a list of `items`, then `additionalItems`.
Checked<void> Compiler::elements(Keyword const& keyword)
{
    auto const& node = keyword.schema.node;
    bool const is_draft_07 = resources_.dialect(keyword.schema.resource).draft == Draft::draft_07;
    auto const prefix_name = is_draft_07 ? "items" : "prefixItems";
    auto const rest_name = is_draft_07 && has_list_of_items(node) ? "additionalItems" : "items";
    auto const prefix = node.find(prefix_name);
    bool const has_prefix = prefix && (!is_draft_07 || has_list_of_items(node));
    if (keyword.name != (has_prefix ? prefix_name : "items"))
        return {}; // Done by the other; or `additionalItems` without a list, which means nothing.
    std::vector<std::uint32_t> blocks;
    if (has_prefix && prefix->size() > 0)
        blocks = GH_TRY(schemas_of({keyword.schema, prefix_name, *prefix}));
    auto const rest = GH_TRY(sibling(keyword, rest_name));
    emit({.op = Op::items,
        .kinds = of_arrays,
        .a = add_list(blocks),
        .b = static_cast<std::uint32_t>(blocks.size()),
        .c = rest.value_or(no_block)});
    return {};
}

Checked<void> Compiler::contains(Keyword const& keyword)
{
    auto const& dialect = resources_.dialect(keyword.schema.resource);
    bool const is_counted = dialect.draft != Draft::draft_07 && dialect.has_assertions;
    std::uint32_t least = 1;
    std::uint32_t most = unbounded;
    if (auto const value = keyword.schema.node.find("minContains"); value && is_counted)
        least = GH_TRY(count_of({keyword.schema, "minContains", *value}));
    if (auto const value = keyword.schema.node.find("maxContains"); value && is_counted)
        most = GH_TRY(count_of({keyword.schema, "maxContains", *value}));
    auto const block = GH_TRY(block_at(keyword, keyword.value));
    emit({.op = Op::contains, .kinds = of_arrays, .a = block, .b = least, .c = most});
    return {};
}

Checked<void> Compiler::property_names(Keyword const& keyword)
{
    auto const block = GH_TRY(block_at(keyword, keyword.value));
    emit({.op = Op::property_names, .kinds = of_objects, .a = block});
    return {};
}

Checked<void> Compiler::dependent_schemas(Keyword const& keyword)
{
    if (keyword.value.kind() != json::Kind::object)
        return wrong(keyword,
            fmt::format("must be an object of schemas; is {}", name_of(keyword.value.kind())));
    std::optional<Complaint> complaint;
    keyword.value.each_member([&](std::string_view reason, json::Node value) {
        std::string below;
        append_segment(below, reason);
        auto const block = block_at(keyword, value, below);
        if (!block)
            complaint = block.error();
        else
            emit({.op = Op::dependent_schema,
                .kinds = of_objects,
                .a = add_table({std::string(reason)}),
                .b = *block});
        return !complaint;
    });
    if (complaint)
        return std::unexpected(*std::move(complaint));
    return {};
}

// Draft-07's `dependencies`, which 2020-12 lets live on (2020-12 core §7, "compatibility"): each is
// a list of names or a schema.
Checked<void> Compiler::dependencies(Keyword const& keyword)
{
    if (keyword.value.kind() != json::Kind::object)
        return wrong(keyword,
            fmt::format("must be an object of schemas or lists of names; is {}",
                name_of(keyword.value.kind())));
    std::optional<Complaint> complaint;
    keyword.value.each_member([&](std::string_view reason, json::Node value) {
        std::string below;
        append_segment(below, reason);
        if (value.kind() == json::Kind::array) {
            auto names = names_of(keyword, value, below);
            if (names) {
                names->emplace(names->begin(), reason);
                emit({.op = Op::dependent_required, .kinds = of_objects, .a = add_table(*names)});
            } else {
                complaint = names.error();
            }
            return !complaint;
        }
        auto const block = block_at(keyword, value, below);
        if (block)
            emit({.op = Op::dependent_schema,
                .kinds = of_objects,
                .a = add_table({std::string(reason)}),
                .b = *block});
        else
            complaint = block.error();
        return !complaint;
    });
    if (complaint)
        return std::unexpected(*std::move(complaint));
    return {};
}

Checked<void> Compiler::branches(Keyword const& keyword)
{
    auto const blocks = GH_TRY(schemas_of(keyword));
    auto const op = keyword.name == "allOf" ? Op::all_of
        : keyword.name == "anyOf"           ? Op::any_of
                                            : Op::one_of;
    emit({.op = op, .a = add_list(blocks), .b = static_cast<std::uint32_t>(blocks.size())});
    return {};
}

Checked<void> Compiler::negation(Keyword const& keyword)
{
    auto const block = GH_TRY(block_at(keyword, keyword.value));
    emit({.op = Op::not_of, .a = block});
    return {};
}

Checked<void> Compiler::condition(Keyword const& keyword)
{
    auto const block = GH_TRY(block_at(keyword, keyword.value));
    auto const then = GH_TRY(sibling(keyword, "then"));
    auto const otherwise = GH_TRY(sibling(keyword, "else"));
    emit({.op = Op::if_then,
        .a = block,
        .b = then.value_or(no_block),
        .c = otherwise.value_or(no_block)});
    return {};
}

Checked<void> Compiler::reference(Keyword const& keyword)
{
    auto const text = keyword.value.text();
    if (!text)
        return wrong(keyword, fmt::format("must be a URI; is {}", keyword.value.compact()));
    auto const place = GH_TRY(resources_.resolve(keyword.schema, keyword.name, *text));
    emit({.op = Op::ref, .a = block_of(place)});
    return {};
}

// 2020-12 core §8.2.3.2: it is dynamic only if what it leads to by itself is a `$dynamicAnchor`.
Checked<void> Compiler::dynamic_reference(Keyword const& keyword)
{
    auto const text = keyword.value.text();
    if (!text)
        return wrong(keyword, fmt::format("must be a URI; is {}", keyword.value.compact()));
    auto const place = GH_TRY(resources_.resolve(keyword.schema, keyword.name, *text));
    auto const block = block_of(place);
    auto const name = cut_fragment(*text).fragment;
    if (!resources_.is_dynamic(place, name)) {
        emit({.op = Op::ref, .a = block});
        return {};
    }
    auto const next = static_cast<std::uint32_t>(program_.dynamic_names.size());
    auto const [at, is_new] = dynamic_names_.emplace(name, next);
    if (is_new)
        program_.dynamic_names.push_back({name, {}});
    emit({.op = Op::dynamic_ref, .a = at->second, .b = block});
    return {};
}

Checked<void> Compiler::unevaluated(Keyword const& keyword)
{
    auto const block = GH_TRY(block_at(keyword, keyword.value));
    bool const is_items = keyword.name == "unevaluatedItems";
    emit({.op = is_items ? Op::unevaluated_items : Op::unevaluated_properties,
        .kinds = is_items ? of_arrays : of_objects,
        .a = block});
    is_tracking_ = true;
    return {};
}

} // namespace gatehouse::schema
