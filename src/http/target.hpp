// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::http {

// Each %XX becomes its byte. Nothing for a broken escape, and for %00, which ends strings in C.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

// The one spelling of a path, by which routes are matched and which is sent upstream: what was
// allowed here must be what is served there.
// - Escaped unreserved characters are decoded, other escapes get capital digits (RFC 3986 §6.2.2).
// - Empty and dot segments are removed (§5.2.4), so "%2e%2e" is one as well. A path that climbs
//   above its root is refused.
// - An escaped slash stays escaped: it is part of a segment, never a separator. But who reads it as
//   one must not get out either: if "%2F", "%5C" or "\" has a dot segment beside it, the path is
//   refused.
// - Broken escapes and control characters, escaped or not, are refused.
[[nodiscard]] std::optional<std::string> normalize_path(std::string_view path);

// The first value of that name, decoded as forms are ("+" is a space). Pairs with broken escapes do
// not count.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

// All pairs, in order, decoded so. Nothing where an escape is broken.
using QueryPairs = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::optional<QueryPairs> query_pairs(std::string_view query);

}  // namespace gatehouse::http
