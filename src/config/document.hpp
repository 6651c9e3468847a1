// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config {

using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// A YAML value that remembers where it stands. Scalars are text: what they mean is decided by the
// key that they stand under, not by how they look.
struct Node {
    enum class Kind : std::uint8_t { null, scalar, list, map };

    Kind kind = Kind::null;
    bool is_bare = false; // Shown without quotes in JSON: a number, true or false.
    Place place {};
    std::string text {}; // Of a scalar.
    std::string key {};  // In a map.
    Place key_place {};
    std::vector<Node> children {}; // Elements of a list, members of a map in their order.

    [[nodiscard]] Node const* find(std::string_view name) const;
};

// Bounds on one document. Aliases are copied where they are used and count each time, so that a few
// lines can't grow into gigabytes ("billion laughs").
inline constexpr std::size_t document_bytes_max = 1024 * 1024;
inline constexpr std::size_t document_nodes_max = 20'000;
inline constexpr std::size_t document_text_max = 4 * 1024 * 1024;
inline constexpr int document_depth_max = 32;

// The same for a document that is no configuration, such as an OpenAPI document.
inline constexpr std::size_t data_bytes_max = 4 * 1024 * 1024;
inline constexpr std::size_t data_nodes_max = 200'000;
inline constexpr std::size_t data_text_max = 16 * 1024 * 1024;

// Reads YAML strictly: one document, no duplicate keys, no tags, no merge keys. `${NAME}` and
// `${NAME:-default}` are expanded in every scalar value. Empty: it could not be read at all; what
// was wrong, here or in parts of it, is in `problems`.
[[nodiscard]] std::optional<Node> parse_document(std::string const& name, std::string_view text,
    Environment const& environment, Problems& problems);

// The same for data: nothing is expanded, and what JSON would read as a number, true or false is
// bare unless it stands in quotes.
[[nodiscard]] std::optional<Node> parse_data(
    std::string const& name, std::string_view text, Problems& problems);

// `${NAME}`, `${NAME:-default}` (which also stands in for an empty variable) and `$$` for a `$`.
// Else the error says what is wrong.
[[nodiscard]] std::expected<std::string, std::string> expand_variables(
    std::string_view text, Environment const& environment);

// Maps merge; any other value of `over` replaces what was there; an empty one says nothing.
void merge(Node& base, Node&& over);

} // namespace gatehouse::config
