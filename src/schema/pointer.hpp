// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"

#include <optional>
#include <string>
#include <string_view>

// JSON pointers, RFC 6901: "/a/0" is the first element of the member "a".
namespace gatehouse::schema {

// The next segment, unescaped, which is taken off the pointer. Empty at the end, or where it does
// not begin with a slash.
[[nodiscard]] std::optional<std::string> take_segment(std::string_view& pointer);
void append_segment(std::string& pointer, std::string_view key);

// The member, or the element, that a segment names.
[[nodiscard]] std::optional<json::Node> child(json::Node node, std::string_view segment);
// What stands at that pointer. Empty where nothing does.
[[nodiscard]] std::optional<json::Node> node_at(json::Node root, std::string_view pointer);

} // namespace gatehouse::schema
