// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::schema {

// A URI reference cut in its parts (RFC 3986 appendix B), none of them decoded. Views into the
// text.
struct UriParts {
    std::optional<std::string_view> scheme;
    std::optional<std::string_view> authority;
    std::string_view path;
    std::optional<std::string_view> query;
    std::optional<std::string_view> fragment;
};
[[nodiscard]] UriParts split_uri(std::string_view text);

// The URI that `reference` means in a document at `base` (RFC 3986 §5.2.2), fragment and all.
[[nodiscard]] std::string resolve_uri(std::string_view base, std::string_view reference);

// What stands before the "#", and what stands behind it ("" where there is none), decoded.
struct Located {
    std::string document;
    std::string fragment;
};
[[nodiscard]] Located cut_fragment(std::string_view uri);

} // namespace gatehouse::schema
