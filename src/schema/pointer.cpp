// SPDX-License-Identifier: Apache-2.0
#include "schema/pointer.hpp"

#include <algorithm>

namespace gatehouse::schema {

std::optional<std::string> take_segment(std::string_view& pointer)
{
    if (!pointer.starts_with('/'))
        return std::nullopt;
    pointer.remove_prefix(1);
    auto const end = std::min(pointer.find('/'), pointer.size());
    std::string segment;
    for (std::size_t at = 0; at < end; at++) {
        bool const is_escape = pointer[at] == '~' && at + 1 < end
            && (pointer[at + 1] == '0' || pointer[at + 1] == '1');
        if (is_escape)
            segment.push_back(pointer[++at] == '0' ? '~' : '/');
        else
            segment.push_back(pointer[at]);
    }
    pointer.remove_prefix(end);
    return segment;
}

void append_segment(std::string& pointer, std::string_view key)
{
    pointer.push_back('/');
    for (auto const c : key) {
        if (c == '~')
            pointer.append("~0");
        else if (c == '/')
            pointer.append("~1");
        else
            pointer.push_back(c);
    }
}

std::optional<json::Node> child(json::Node node, std::string_view segment)
{
    if (node.kind() == json::Kind::object)
        return node.find(segment);
    std::optional<json::Node> found;
    std::size_t index = 0;
    node.each_element([&](json::Node element) {
        if (std::to_string(index++) == segment)
            found = element;
        return !found;
    });
    return found;
}

std::optional<json::Node> node_at(json::Node root, std::string_view pointer)
{
    while (auto const segment = take_segment(pointer)) {
        auto const next = child(root, *segment);
        if (!next)
            return std::nullopt;
        root = *next;
    }
    return pointer.empty() ? std::optional(root) : std::nullopt;
}

} // namespace gatehouse::schema
