// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/result.hpp"
#include "identity/key.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::identity {

// The public keys of one issuer (RFC 7517). Immutable once parsed: a refresh is a new one.
class KeySet {
public:
    static constexpr std::size_t keys_max = 64;

    struct Entry {
        std::string kid; // Empty where the key has none.
        PublicKey key;
    };

    KeySet() = default;
    explicit KeySet(std::vector<Entry> entries) : entries_(std::move(entries)) {}

    // Keys for encryption and of types that are not known here are passed over (§5). A key for
    // signatures that is weak, malformed or at odds with itself fails the set, and so do a `kid`
    // that stands twice and a shared secret among public keys. Fails with bad_request.
    static Result<KeySet> parse(std::string_view json);

    // The key called `kid`; for a token that names none, the only key of the set.
    [[nodiscard]] PublicKey const* find(std::string_view kid) const;
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    [[nodiscard]] Result<void> add(json::Node jwk);

    std::vector<Entry> entries_;
};

}  // namespace gatehouse::identity
