// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

// RFC 4648, both alphabets. Decoding is strict, so that one sequence of bytes has exactly one text:
// no white space, no foreign characters, unused bits are zero; `=` padding is demanded in base64
// (§4) and refused in base64url (§5).
[[nodiscard]] std::string to_base64(std::string_view bytes);
[[nodiscard]] std::string to_base64url(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace gatehouse
