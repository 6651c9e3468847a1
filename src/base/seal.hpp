// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

// Authenticated encryption: AES-256-GCM (NIST SP 800-38D). Sealed text is the nonce, the
// ciphertext, and a tag over it and over `about`, which is not stored: sealed text opens only where
// it was sealed for.
inline constexpr std::size_t seal_key_size = 32;
inline constexpr std::size_t seal_nonce_size = 12;
inline constexpr std::size_t seal_tag_size = 16;

// A nonce must never meet the same key again: draw it, do not count it.
[[nodiscard]] std::string seal(
    std::string_view key, std::string_view nonce, std::string_view text, std::string_view about);

// Empty where it was sealed with another key or about something else, or was changed since.
[[nodiscard]] std::optional<std::string> unseal(
    std::string_view key, std::string_view sealed, std::string_view about);

} // namespace gatehouse
