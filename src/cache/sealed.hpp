// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/local.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::cache {

// How an answer stands in the shared layer: one byte of format and, sealed (base/seal.hpp), its
// version and time (8 bytes each, big-endian) and its value. It is sealed for the name that it
// stands under, so no answer passes for another one's.
class Seal {
public:
    // Whoever has the same secret, of any length, reads it.
    explicit Seal(std::string_view secret);

    // The nonce is drawn (base/seal.hpp).
    [[nodiscard]] std::string close(
        std::string_view name, Answer const& answer, std::string_view nonce) const;
    // Empty where it is nothing that was closed under this name with this secret.
    [[nodiscard]] std::optional<Answer> open(std::string_view name, std::string_view sealed) const;
    // A word for the secret that tells nothing of it: who has another one uses other names.
    [[nodiscard]] std::string const& fingerprint() const { return fingerprint_; }

private:
    std::string key_;
    std::string fingerprint_;
};

} // namespace gatehouse::cache
