// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/result.hpp"
#include "identity/key.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::identity {

// What a key set may hold, and what a token may ask of its keys. The default is for keys that an
// issuer publishes.
struct KeyPolicy {
    // Allowed: a set of shared secrets and nothing else (HS256, HS384, HS512).
    enum class Secrets : std::uint8_t { refused, allowed };
    // Longer too: a token may be signed with the padding of an RSA key's `alg` and a longer hash,
    // so PS384 by a key that says PS256. RFC 8725 §3.1 wants one algorithm of each key; this is for
    // issuers whose key sets say less than they do.
    enum class Hashes : std::uint8_t { of_the_key, longer_too };

    Secrets secrets = Secrets::refused;
    Hashes hashes = Hashes::of_the_key;
};

// The keys of one issuer (RFC 7517). Immutable once parsed: a refresh is a new one.
class KeySet {
public:
    static constexpr std::size_t keys_max = 64;
    static constexpr std::size_t json_bytes_max = 256 * 1024;

    struct Entry {
        std::string kid; // Empty where the key has none.
        VerifyingKey key;
    };

    KeySet() = default;
    explicit KeySet(std::vector<Entry> entries) : entries_(std::move(entries)) {}

    // Keys for encryption and of types that are not known here are passed over (§5). A key for
    // signatures that is weak, malformed or at odds with itself fails the set, and so do a `kid`
    // that stands twice and a shared secret among public keys. Fails with bad_request.
    static Result<KeySet> parse(std::string_view json, KeyPolicy policy = {});

    // The key called `kid`; for a token that names none, the only key of the set.
    [[nodiscard]] VerifyingKey const* find(std::string_view kid) const;
    // That key as the token's `alg` would have it. Empty where it is not for that algorithm.
    [[nodiscard]] std::optional<VerifyingKey> for_algorithm(
        VerifyingKey const& key, std::string_view algorithm) const;
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    [[nodiscard]] Result<void> add(json::Node jwk);

    std::vector<Entry> entries_;
    KeyPolicy policy_{};
};

}  // namespace gatehouse::identity
