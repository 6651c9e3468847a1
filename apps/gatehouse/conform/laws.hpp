// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/tree.hpp"

#include <string>
#include <string_view>

namespace gatehouse::conform {

// What holds of everything that a server says; each is the name of a case, too.
namespace law {
inline constexpr std::string_view chain = "chain";
inline constexpr std::string_view ack_last = "ack-after-update";
inline constexpr std::string_view no_null = "no-null-in-views";
inline constexpr std::string_view shape = "shape";
} // namespace law

// What a message lacks that docs/asyncapi.yaml demands, or has of another kind. Empty: nothing.
// Types and members that are not known are none of our business.
[[nodiscard]] std::string trouble_with(json::Tree const& message);

} // namespace gatehouse::conform
