// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gatehouse {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view bytes);

// Each byte that is no part of a valid sequence becomes U+FFFD.
[[nodiscard]] std::string replace_broken_utf8(std::string_view bytes);

}  // namespace gatehouse
