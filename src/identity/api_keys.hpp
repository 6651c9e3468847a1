// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/principal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::identity {

// API keys: gh_<id>_<secret><checksum>, such as
//
//     gh_3fa1c0de99887766_5a…(40 hexadecimal digits)…e19c0ffee1
//
// 16 digits name the key, 40 are its secret (160 bits of chance), and the last 8 are the head of
// the SHA-256 of all before them: a typing error is found without a look at the store, and a
// scanner of repositories knows a key when it sees one: gh_[0-9a-f]{16}_[0-9a-f]{48}. There is
// one spelling of each.
//
// What is stored tells nobody a key: HMAC-SHA-256 of id and secret under the server's pepper, which
// lies elsewhere. A slow hash as for passwords would add nothing: there is nothing to guess.
struct ApiKey {
    std::string id{};
    std::string digest{};    // Hexadecimal.
    std::string principal{}; // Who acts by it.
    std::vector<std::string> roles{};
    std::string note{}; // What it is for, in the words of whoever made it.
    std::int64_t created_ms = 0;
    std::optional<std::int64_t> expires_ms{};
    std::optional<std::int64_t> revoked_ms{};

    static constexpr bool lenient = true;
    static void fields(auto& self, auto&& field)
    {
        field("id", self.id);
        field("digest", self.digest);
        field("principal", self.principal);
        field("roles", self.roles);
        field("note", self.note);
        field("created_ms", self.created_ms);
        field("expires_ms", self.expires_ms);
        field("revoked_ms", self.revoked_ms);
    }
    bool operator==(ApiKey const&) const = default;
};

struct ApiKeyGrant {
    std::string principal;
    std::vector<std::string> roles{};
    std::string note{};
    std::optional<WallTime> expires_at{};
};

struct NewApiKey {
    std::string text; // Shown once, to whoever asked for it; kept nowhere.
    ApiKey stored;
};

// The pepper has 32 bytes at least. Fails with bad_request where a principal, a role or the note is
// no text to be kept (1 to 256 bytes, none for the note, no control characters), where there are
// more than 64 roles, or where the key would be expired at once.
[[nodiscard]] Result<NewApiKey> make_api_key(
    ApiKeyGrant grant, std::string_view pepper, Dice& dice, WallTime now);

struct PresentedApiKey {
    std::string id;
    std::string secret; // Hexadecimal.
};

// Empty where the text is no key, for its form or its checksum.
[[nodiscard]] std::optional<PresentedApiKey> read_api_key(std::string_view text);

// `stored` is what the store has under that id, or null; that takes as long. Who does not know the
// secret learns nothing of the key, not even that there is one. Fails with unauthenticated.
[[nodiscard]] Result<Verified> judge_api_key(
    PresentedApiKey const& presented, ApiKey const* stored, std::string_view pepper, WallTime now);

// As it is stored: JSON. Reading fails with `internal` where it is none of ours.
[[nodiscard]] std::string to_text(ApiKey const& key);
[[nodiscard]] Result<ApiKey> api_key_from_text(std::string_view text);

} // namespace gatehouse::identity
