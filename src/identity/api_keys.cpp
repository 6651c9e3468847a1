// SPDX-License-Identifier: Apache-2.0
#include "identity/api_keys.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/fields.hpp"
#include "identity/claims.hpp"
#include "identity/hmac.hpp"

#include <algorithm>

namespace gatehouse::identity {
namespace {

constexpr std::string_view prefix = "gh_";
constexpr std::size_t id_digits = 16;
constexpr std::size_t secret_digits = 40;
constexpr std::size_t sum_digits = 8;
constexpr std::size_t pepper_bytes_min = 32;
constexpr WallTime never{253'402'300'799'000}; // The end of the year 9999.

std::string checksum_of(std::string_view text)
{
    return to_hex(std::string_view(sha256(text)).substr(0, sum_digits / 2));
}

std::string digest_of(PresentedApiKey const& key, std::string_view pepper)
{
    GH_ASSERT(pepper.size() >= pepper_bytes_min);
    return to_hex(hmac(Hash::sha256, pepper, "api key\n" + key.id + "\n" + key.secret));
}

bool is_lower_hex(std::string_view text)
{
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<void> check_grant(ApiKeyGrant const& grant, WallTime now)
{
    if (!is_principal_id(grant.principal))
        return fail(ErrorCode::bad_request,
            "a key acts for somebody: 1 to 256 bytes of UTF-8 without control characters");
    if (!grant.note.empty() && !is_principal_id(grant.note))
        return fail(ErrorCode::bad_request,
            "a note has at most 256 bytes of UTF-8 without control characters");
    auto const is_good = [](std::string const& role) {
        return is_principal_id(role) && role.size() <= role_bytes_max;
    };
    if (grant.roles.size() > roles_max || !std::ranges::all_of(grant.roles, is_good))
        return fail(ErrorCode::bad_request,
            "a key has at most 64 roles of 1 to 128 bytes without control characters");
    if (grant.expires_at && *grant.expires_at <= now)
        return fail(ErrorCode::bad_request, "the key would be expired already");
    return {};
}

std::unexpected<Error> refuse(std::string detail)
{
    return fail(ErrorCode::unauthenticated, "the API key is not valid", std::move(detail));
}

} // namespace

Result<NewApiKey> make_api_key(ApiKeyGrant grant, std::string_view pepper, Dice& dice, WallTime now)
{
    GH_CHECK(check_grant(grant, now));
    PresentedApiKey const key{
        to_hex(dice.bytes(id_digits / 2)), to_hex(dice.bytes(secret_digits / 2))};
    auto text = std::string(prefix) + key.id + "_" + key.secret;
    text += checksum_of(text);
    ApiKey stored{.id = key.id,
        .digest = digest_of(key, pepper),
        .principal = std::move(grant.principal),
        .roles = std::move(grant.roles),
        .note = std::move(grant.note),
        .created_ms = now.ms};
    if (grant.expires_at)
        stored.expires_ms = grant.expires_at->ms;
    return NewApiKey{std::move(text), std::move(stored)};
}

std::optional<PresentedApiKey> read_api_key(std::string_view text)
{
    constexpr auto id_end = prefix.size() + id_digits;
    constexpr auto secret_end = id_end + 1 + secret_digits;
    if (text.size() != secret_end + sum_digits || !text.starts_with(prefix) || text[id_end] != '_')
        return std::nullopt;
    PresentedApiKey key{std::string(text.substr(prefix.size(), id_digits)),
        std::string(text.substr(id_end + 1, secret_digits))};
    if (!is_lower_hex(key.id) || !is_lower_hex(key.secret)
        || checksum_of(text.substr(0, secret_end)) != text.substr(secret_end))
        return std::nullopt;
    return key;
}

Result<Verified> judge_api_key(
    PresentedApiKey const& presented, ApiKey const* stored, std::string_view pepper, WallTime now)
{
    auto const digest = digest_of(presented, pepper);
    if (!stored || stored->id != presented.id)
        return refuse("no key " + presented.id);
    if (!equal_in_constant_time(digest, stored->digest))
        return refuse("key " + presented.id + ": the secret is wrong");
    if (stored->revoked_ms)
        return fail(ErrorCode::unauthenticated, "the API key was revoked", "key " + stored->id);
    auto const ends = stored->expires_ms ? WallTime{*stored->expires_ms} : never;
    if (now >= ends)
        return fail(ErrorCode::unauthenticated, "the API key has expired", "key " + stored->id);
    return Verified{
        {.id = stored->principal, .kind = PrincipalKind::service, .roles = stored->roles}, ends};
}

std::string to_text(ApiKey const& key)
{
    std::string text;
    json::Writer out(text);
    write_json(out, key);
    return text;
}

Result<ApiKey> api_key_from_text(std::string_view text)
{
    json::Parser parser;
    ApiKey key;
    auto const root = parser.parse(text);
    auto const read = root ? read_json(*root, key) : std::unexpected(root.error());
    if (!read)
        return fail(ErrorCode::internal, "a stored API key can't be read", read.error().message);
    return key;
}

} // namespace gatehouse::identity
