// SPDX-License-Identifier: Apache-2.0
#include "schema/compiler.hpp"
#include "schema/kinds.hpp"
#include "schema/pointer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace gatehouse::schema {
namespace {

struct BoundKeyword {
    std::string_view name;
    Op op;
    json::Kind kind;
};
constexpr std::array bounds{
    BoundKeyword{"multipleOf", Op::multiple_of, json::Kind::number},
    BoundKeyword{"maximum", Op::maximum, json::Kind::number},
    BoundKeyword{"exclusiveMaximum", Op::exclusive_maximum, json::Kind::number},
    BoundKeyword{"minimum", Op::minimum, json::Kind::number},
    BoundKeyword{"exclusiveMinimum", Op::exclusive_minimum, json::Kind::number},
    BoundKeyword{"maxLength", Op::max_length, json::Kind::text},
    BoundKeyword{"minLength", Op::min_length, json::Kind::text},
    BoundKeyword{"maxItems", Op::max_items, json::Kind::array},
    BoundKeyword{"minItems", Op::min_items, json::Kind::array},
    BoundKeyword{"maxProperties", Op::max_properties, json::Kind::object},
    BoundKeyword{"minProperties", Op::min_properties, json::Kind::object},
};

BoundKeyword const& bound_named(std::string_view name)
{
    return *std::ranges::find(bounds, name, &BoundKeyword::name);
}

struct Type {
    std::string_view name;
    Kinds kinds;
};
constexpr std::array types{
    Type{"null", bit_of(json::Kind::null)},
    Type{"boolean", bit_of(json::Kind::boolean)},
    Type{"integer", whole_number},
    Type{"number", bit_of(json::Kind::number)},
    Type{"string", bit_of(json::Kind::text)},
    Type{"array", bit_of(json::Kind::array)},
    Type{"object", bit_of(json::Kind::object)},
};

std::string element(std::size_t index)
{
    return "/" + std::to_string(index);
}

} // namespace

std::unexpected<Complaint> Compiler::wrong(
    Keyword const& keyword, std::string message, std::string_view below) const
{
    auto pointer = "/" + std::string(keyword.name);
    return std::unexpected(
        resources_.complain(keyword.schema, pointer.append(below), std::move(message)));
}

Checked<std::uint32_t> Compiler::count_of(Keyword const& keyword)
{
    bool const is_number = keyword.value.kind() == json::Kind::number;
    auto const number = is_number ? Decimal::of(keyword.value) : Decimal::of(std::int64_t{-1});
    if (number < Decimal::of(std::int64_t{0}) || !number.is_integer())
        return wrong(keyword,
            fmt::format("must be a whole number from 0 on; is {}", keyword.value.compact()));
    // No value has so many of anything: it is the same bound.
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(number.count().value_or(unbounded), unbounded));
}

Checked<std::uint32_t> Compiler::number_of(Keyword const& keyword)
{
    if (keyword.value.kind() != json::Kind::number)
        return wrong(keyword, fmt::format("must be a number; is {}", keyword.value.compact()));
    program_.numbers.push_back({Decimal::of(keyword.value), *keyword.value.number()});
    return static_cast<std::uint32_t>(program_.numbers.size() - 1);
}

Checked<std::vector<std::string>> Compiler::names_of(
    Keyword const& keyword, json::Node value, std::string_view below)
{
    if (value.kind() != json::Kind::array)
        return wrong(
            keyword, fmt::format("must be a list of names; is {}", name_of(value.kind())), below);
    std::vector<std::string> names;
    bool are_texts = true;
    value.each_element([&](json::Node name) {
        are_texts = name.kind() == json::Kind::text;
        if (are_texts)
            names.emplace_back(*name.text());
        return are_texts;
    });
    if (!are_texts)
        return wrong(keyword, "must be a list of names, all of them strings",
            std::string(below) + element(names.size()));
    return names;
}

Checked<std::uint32_t> Compiler::pattern_of(
    Keyword const& keyword, std::string_view pattern, std::string_view below)
{
    if (auto const known = patterns_.find(pattern); known != patterns_.end())
        return known->second;
    if (pattern.size() > options_.limits.pattern_bytes_max)
        return wrong(keyword,
            fmt::format("the pattern has {} bytes; at most {}", pattern.size(),
                options_.limits.pattern_bytes_max),
            below);
    auto compiled = Pattern::compile(pattern);
    if (!compiled)
        return wrong(keyword,
            fmt::format("the pattern {} cannot be used: {}", pattern, compiled.error()), below);
    auto const index = static_cast<std::uint32_t>(program_.patterns.size());
    program_.patterns.push_back(*std::move(compiled));
    patterns_.emplace(pattern, index);
    return index;
}

std::uint32_t Compiler::add_table(std::vector<std::string> const& names)
{
    auto& table = program_.tables.emplace_back();
    for (auto const& name : names)
        table.add(name);
    return static_cast<std::uint32_t>(program_.tables.size() - 1);
}

Checked<void> Compiler::type(Keyword const& keyword)
{
    Kinds kinds = 0;
    std::size_t index = 0;
    std::optional<Complaint> complaint;
    auto const add = [&](json::Node name, std::string_view below) {
        auto const known = std::ranges::find(types, name.text().value_or(""), &Type::name);
        if (known == types.end())
            complaint = wrong(keyword,
                fmt::format(
                    "{} is no type; there are null, boolean, integer, number, string, array "
                    "and object",
                    name.compact()),
                below)
                            .error();
        else
            kinds |= known->kinds;
        return !complaint;
    };
    if (keyword.value.kind() == json::Kind::array)
        keyword.value.each_element([&](json::Node name) { return add(name, element(index++)); });
    else
        add(keyword.value, "");
    if (complaint)
        return std::unexpected(*std::move(complaint));
    emit({.op = Op::type, .a = kinds});
    return {};
}

Checked<void> Compiler::constant(Keyword const& keyword)
{
    program_.constants.push_back(keyword.value);
    emit({.op = Op::const_is, .a = static_cast<std::uint32_t>(program_.constants.size() - 1)});
    return {};
}

Checked<void> Compiler::enumeration(Keyword const& keyword)
{
    if (keyword.value.kind() != json::Kind::array)
        return wrong(
            keyword, fmt::format("must be a list of values; is {}", name_of(keyword.value.kind())));
    std::vector<json::Node> values;
    keyword.value.each_element([&](json::Node value) {
        values.push_back(value);
        return true;
    });
    bool const are_texts = std::ranges::all_of(
        values, [](json::Node value) { return value.kind() == json::Kind::text; });
    if (are_texts) {
        std::vector<std::string> texts;
        for (auto const& value : values)
            texts.emplace_back(*value.text());
        emit({.op = Op::enum_has_text, .a = add_table(texts)});
        return {};
    }
    auto const first = static_cast<std::uint32_t>(program_.constants.size());
    program_.constants.insert(program_.constants.end(), values.begin(), values.end());
    emit({.op = Op::enum_has, .a = first, .b = static_cast<std::uint32_t>(values.size())});
    return {};
}

Checked<void> Compiler::number_bound(Keyword const& keyword)
{
    auto const number = GH_TRY(number_of(keyword));
    auto const& bound = bound_named(keyword.name);
    if (bound.op == Op::multiple_of && !program_.numbers[number].exact.is_positive())
        return wrong(keyword, fmt::format("must be more than 0; is {}", keyword.value.compact()));
    emit({.op = bound.op, .kinds = bit_of(bound.kind), .a = number});
    return {};
}

Checked<void> Compiler::count_bound(Keyword const& keyword)
{
    auto const count = GH_TRY(count_of(keyword));
    auto const& bound = bound_named(keyword.name);
    emit({.op = bound.op, .kinds = bit_of(bound.kind), .a = count});
    return {};
}

Checked<void> Compiler::pattern(Keyword const& keyword)
{
    auto const text = keyword.value.text();
    if (!text)
        return wrong(keyword, fmt::format("must be a string; is {}", keyword.value.compact()));
    auto const index = GH_TRY(pattern_of(keyword, *text, ""));
    emit({.op = Op::pattern, .kinds = bit_of(json::Kind::text), .a = index});
    return {};
}

// An unknown format asserts nothing (2020-12 validation §7.2.3).
Checked<void> Compiler::format(Keyword const& keyword)
{
    auto const known = format_named(keyword.value.text().value_or(""));
    if (known)
        emit({.op = Op::format,
            .kinds = bit_of(json::Kind::text),
            .a = static_cast<std::uint32_t>(*known)});
    return {};
}

Checked<void> Compiler::unique_items(Keyword const& keyword)
{
    auto const is_on = keyword.value.boolean();
    if (!is_on)
        return wrong(keyword, fmt::format("must be true or false; is {}", keyword.value.compact()));
    if (*is_on)
        emit({.op = Op::unique_items, .kinds = bit_of(json::Kind::array)});
    return {};
}

Checked<void> Compiler::required(Keyword const& keyword)
{
    auto const names = GH_TRY(names_of(keyword, keyword.value, ""));
    return add_required(keyword, names);
}

Checked<void> Compiler::dependent_required(Keyword const& keyword)
{
    if (keyword.value.kind() != json::Kind::object)
        return wrong(keyword,
            fmt::format(
                "must be an object of lists of names; is {}", name_of(keyword.value.kind())));
    std::optional<Complaint> complaint;
    keyword.value.each_member([&](std::string_view reason, json::Node value) {
        std::string below;
        append_segment(below, reason);
        auto names = names_of(keyword, value, below);
        if (!names) {
            complaint = names.error();
            return false;
        }
        names->emplace(names->begin(), reason);
        emit({.op = Op::dependent_required,
            .kinds = bit_of(json::Kind::object),
            .a = add_table(*names)});
        return true;
    });
    if (complaint)
        return std::unexpected(*std::move(complaint));
    return {};
}

} // namespace gatehouse::schema
