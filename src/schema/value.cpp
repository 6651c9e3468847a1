// SPDX-License-Identifier: Apache-2.0
#include "schema/value.hpp"

#include "schema/decimal.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace gatehouse::schema {
namespace {

bool are_elements_equal(json::Node a, json::Node b, Steps& steps)
{
    if (a.size() != b.size())
        return false;
    std::vector<json::Node> others;
    others.reserve(b.size());
    b.each_element([&others](json::Node element) {
        others.push_back(element);
        return true;
    });
    bool is_same = true;
    std::size_t at = 0;
    auto const compare
        = [&](json::Node element) { return is_same = is_equal(element, others[at++], steps); };
    a.each_element(std::ref(compare));
    return is_same;
}

// Each of one is in the other. Asked both ways, for a name that is repeated hides one of the
// others.
bool has_members_of(json::Node a, json::Node b, Steps& steps)
{
    bool has_all = true;
    auto const find = [&](std::string_view name, json::Node member) {
        auto const other = steps.take(1 + a.size() / 8) ? a.find(name) : std::nullopt;
        return has_all = other && is_equal(member, *other, steps);
    };
    b.each_member(std::ref(find));
    return has_all;
}

std::uint64_t mix(std::uint64_t seed, std::uint64_t value)
{
    auto const mixed = (seed ^ value) * 0xff51afd7ed558ccdU;
    return mixed ^ (mixed >> 32);
}

} // namespace

bool is_equal(Value const& a, Value const& b, Steps& steps)
{
    if (a.kind != b.kind || !steps.take())
        return false;
    switch (a.kind) {
    case json::Kind::null: return true;
    case json::Kind::boolean: return a.node.boolean() == b.node.boolean();
    case json::Kind::number:
        // Numbers whose doubles differ are not the same; of others more must be known.
        return a.node.number() == b.node.number() && Decimal::of(a.node) == Decimal::of(b.node);
    case json::Kind::text: return a.text == b.text;
    case json::Kind::array: return are_elements_equal(a.node, b.node, steps);
    case json::Kind::object:
        return a.node.size() == b.node.size() && has_members_of(a.node, b.node, steps)
            && has_members_of(b.node, a.node, steps);
    }
    std::unreachable();
}

bool is_equal(json::Node a, json::Node b, Steps& steps)
{
    return is_equal(Value::of(a), Value::of(b), steps);
}

std::uint64_t hash_of(json::Node node, Steps& steps)
{
    auto const kind = node.kind();
    auto hash = mix(0x9e3779b97f4a7c15U, static_cast<std::uint64_t>(kind));
    if (!steps.take())
        return hash;
    switch (kind) {
    case json::Kind::null: return hash;
    case json::Kind::boolean: return mix(hash, *node.boolean() ? 1 : 0);
    case json::Kind::number: return mix(hash, Decimal::of(node).hash());
    case json::Kind::text: return mix(hash, std::hash<std::string_view>{}(*node.text()));
    case json::Kind::array: {
        auto const add = [&](json::Node element) {
            hash = mix(hash, hash_of(element, steps));
            return !steps.is_spent();
        };
        node.each_element(std::ref(add));
        return hash;
    }
    case json::Kind::object: {
        std::uint64_t sum = 0; // Of the members, in whatever order.
        auto const add = [&](std::string_view name, json::Node member) {
            sum += mix(std::hash<std::string_view>{}(name), hash_of(member, steps));
            return !steps.is_spent();
        };
        node.each_member(std::ref(add));
        return mix(hash, sum);
    }
    }
    std::unreachable();
}

std::size_t length_of(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

} // namespace gatehouse::schema
