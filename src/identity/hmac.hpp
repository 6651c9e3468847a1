// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::identity {

enum class Hash : std::uint8_t { sha256, sha384, sha512 };

// RFC 2104: 32, 48 or 64 bytes. The key may have any length; as long as the hash is the usual one.
[[nodiscard]] std::string hmac(Hash hash, std::string_view key, std::string_view message);

} // namespace gatehouse::identity
