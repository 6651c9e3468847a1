// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <cstring>
#include <simdjson.h>

namespace gatehouse::json {

using simdjson::dom::element;
using simdjson::dom::element_type;

struct Node::Access {
    static_assert(sizeof(element) == sizeof(Node) && std::is_trivially_copyable_v<element>);

    static element of(Node const& node)
    {
        element value;
        std::memcpy(static_cast<void*>(&value), node.element_.data(), sizeof value);
        return value;
    }
    static Node wrap(element const& value)
    {
        Node node;
        std::memcpy(node.element_.data(), static_cast<void const*>(&value), sizeof value);
        return node;
    }
    template <typename T>
    static std::optional<T> get(Node const& node)
    {
        T value{};
        if (of(node).get(value) != simdjson::SUCCESS)
            return std::nullopt;
        return value;
    }
};

Kind Node::kind() const
{
    switch (Access::of(*this).type()) {
    case element_type::ARRAY: return Kind::array;
    case element_type::OBJECT: return Kind::object;
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE: return Kind::number;
    case element_type::STRING: return Kind::text;
    case element_type::BOOL: return Kind::boolean;
    case element_type::NULL_VALUE: return Kind::null;
    }
    std::unreachable();
}

std::optional<bool> Node::boolean() const { return Access::get<bool>(*this); }
std::optional<std::int64_t> Node::integer() const { return Access::get<std::int64_t>(*this); }
std::optional<std::uint64_t> Node::unsigned_integer() const
{
    return Access::get<std::uint64_t>(*this);
}
std::optional<double> Node::number() const { return Access::get<double>(*this); }
std::optional<std::string_view> Node::text() const { return Access::get<std::string_view>(*this); }

std::size_t Node::size() const
{
    if (auto const array = Access::get<simdjson::dom::array>(*this))
        return array->size();
    if (auto const object = Access::get<simdjson::dom::object>(*this))
        return object->size();
    return 0;
}

std::optional<Node> Node::find(std::string_view key) const
{
    element found;
    auto const value = Access::of(*this);
    if (!value.is_object() || value.at_key(key).get(found) != simdjson::SUCCESS)
        return std::nullopt;
    return Access::wrap(found);
}

void Node::each_element(std::function<bool(Node)> const& visit) const
{
    auto const array = Access::get<simdjson::dom::array>(*this);
    if (!array)
        return;
    for (auto const child : *array)
        if (!visit(Access::wrap(child)))
            return;
}

void Node::each_member(std::function<bool(std::string_view, Node)> const& visit) const
{
    auto const object = Access::get<simdjson::dom::object>(*this);
    if (!object)
        return;
    for (auto const member : *object)
        if (!visit(member.key, Access::wrap(member.value)))
            return;
}

std::string Node::compact() const { return simdjson::minify(Access::of(*this)); }

struct Parser::State {
    simdjson::dom::parser parser;
};

namespace {

constexpr std::size_t depth_max = 64;

}  // namespace

Parser::Parser() : state_(std::make_unique<State>()) {}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

Result<Node> Parser::parse(std::string_view text)
{
    auto& parser = state_->parser;
    if (parser.capacity() < text.size() || parser.max_depth() != depth_max)
        if (parser.allocate(std::max<std::size_t>(text.size(), 4096), depth_max))
            return fail(ErrorCode::internal, "out of memory for a JSON document");
    element root;
    if (auto const error = parser.parse(text.data(), text.size()).get(root))
        return fail(ErrorCode::bad_request, std::string("not valid JSON: ") + error_message(error));
    return Node::Access::wrap(root);
}

}  // namespace gatehouse::json
