// SPDX-License-Identifier: Apache-2.0
#include "identity/tokens.hpp"

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "identity/claims.hpp"
#include "identity/jws.hpp"

#include <limits>
#include <optional>

namespace gatehouse::identity {
namespace {

constexpr std::int64_t seconds_max = std::numeric_limits<std::int64_t>::max() / 1000;

struct Claims {
    std::string issuer;
    std::string subject;
    std::string kind;
    WallTime expires_at;
};

// RFC 7519 §4.1. The signature was ours, so what does not fit is no guest token, but nothing worse.
std::optional<Claims> read_claims(std::string_view payload)
{
    json::Parser parser;
    auto const root = parser.parse(payload);
    if (!root)
        return std::nullopt;
    auto const text = [&root](std::string_view name) {
        auto const member = root->find(name);
        return std::string(member ? member->text().value_or("") : "");
    };
    auto const expiry = root->find("exp");
    auto const seconds = expiry ? expiry->integer() : std::nullopt;
    if (!seconds || *seconds < 0 || *seconds > seconds_max)
        return std::nullopt;
    return Claims{text("iss"), text("sub"), text("kind"), WallTime{*seconds * 1000}};
}

}  // namespace

GuestTokens::GuestTokens(SigningKey key, Options options)
    : key_(std::move(key))
    , keys_({KeySet::Entry{{}, key_.public_key()}})
    , options_(std::move(options))
    , verified_(options_.remembered_max)
{
}

std::string GuestTokens::issue(
    std::string_view principal_id, WallTime now, std::chrono::seconds ttl) const
{
    auto const issued_at = now.ms / 1000;
    auto const expires_at = (now.ms + 999) / 1000 + ttl.count();
    std::string claims;
    json::Writer out(claims);
    out.object().key("iss").value(options_.issuer).key("sub").value(principal_id);
    out.key("iat").value(issued_at).key("exp").value(expires_at);
    out.key("kind").value(name_of(PrincipalKind::guest)).end_object();
    return sign_jws(key_, claims);
}

Result<Verified> GuestTokens::verify(std::string_view token, WallTime now)
{
    if (token.size() > token_bytes_max)
        return fail(ErrorCode::unauthenticated, "the token is not valid", "longer than 8 KiB");
    auto digest = sha256(token);
    auto const* const known = verified_.find(digest);
    auto verified = known ? *known : GH_TRY(check(token));
    if (now >= verified.expires_at)
        return fail(ErrorCode::token_expired, "the token has expired");
    if (!known)
        verified_.remember(std::move(digest), verified);
    return verified;
}

Result<Verified> GuestTokens::check(std::string_view token) const
{
    auto claims = read_claims(GH_TRY(verify_jws(keys_, token)));
    bool const is_ours = claims && claims->issuer == options_.issuer
        && claims->kind == name_of(PrincipalKind::guest);
    if (!is_ours)
        return fail(ErrorCode::unauthenticated, "the token is not valid", "no guest token of ours");
    if (!is_principal_id(claims->subject))
        return fail(ErrorCode::unauthenticated, "the token names nobody",
            "its sub is no id: 1 to 256 bytes of UTF-8 without control characters");
    return Verified{
        {.id = std::move(claims->subject), .kind = PrincipalKind::guest}, claims->expires_at};
}

}  // namespace gatehouse::identity
