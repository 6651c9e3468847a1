// SPDX-License-Identifier: Apache-2.0
#include "identity/ways.hpp"

#include "base/digest.hpp"
#include "identity/jws.hpp"

namespace gatehouse::identity {
namespace {

Answer answer_of(Result<Verified> verified)
{
    if (!verified)
        return std::move(verified).error();
    return *std::move(verified);
}

int weight_of(Error const& error)
{
    switch (error.code) {
    case ErrorCode::unavailable: return 2;
    case ErrorCode::token_expired: return 1;
    default: return 0;
    }
}

// The stronger of two that did not verify.
bool says_more(Answer const& a, Answer const& b)
{
    auto const rank = [](Answer const& answer) {
        if (std::holds_alternative<Later>(answer))
            return 10;
        auto const* const error = std::get_if<Error>(&answer);
        return error ? 1 + weight_of(*error) : 0;
    };
    return rank(a) > rank(b);
}

} // namespace

Answer verify_by(std::span<Way* const> ways, Evidence const& evidence, Now const& now)
{
    Answer best = Absent{};
    for (auto* const way : ways) {
        auto answer = way->verify(evidence, now);
        if (std::holds_alternative<Verified>(answer))
            return answer;
        if (says_more(answer, best))
            best = std::move(answer);
    }
    return best;
}

std::string challenge_of(std::string_view realm, Error const* error)
{
    auto field = "Bearer realm=\"" + std::string(realm) + "\"";
    if (!error)
        return field;
    auto const name = error->code == ErrorCode::forbidden ? "insufficient_scope" : "invalid_token";
    field += std::string(", error=\"") + name + "\", error_description=\"";
    // RFC 6750 §3: neither quotes nor backslashes nor what is not ASCII.
    for (char const c : error->message)
        field += c >= ' ' && c < 0x7f && c != '"' && c != '\\' ? c : '\'';
    return field + "\"";
}

Answer GuestWay::verify(Evidence const& evidence, Now const& now)
{
    if (!evidence.bearer)
        return Absent{};
    return answer_of(tokens_.verify(*evidence.bearer, now.wall));
}

JwtWay::JwtWay(Options options, KeySource source, std::move_only_function<void()> begin_fetch)
    : options_(std::move(options))
    , source_(std::move(source))
    , begin_fetch_(std::move(begin_fetch))
    , verified_(options_.remembered_max)
{ }

Result<void> JwtWay::fetched(std::string_view json, std::optional<Duration> max_age, TimePoint now)
{
    GH_CHECK(source_.fetched(json, max_age, now));
    verified_ = VerifiedTokens(options_.remembered_max);
    return {};
}

Answer JwtWay::verify(Evidence const& evidence, Now const& now)
{
    if (!evidence.bearer)
        return Absent{};
    auto const token = *evidence.bearer;
    if (token.size() > token_bytes_max)
        return Error{ErrorCode::unauthenticated, "the token is not valid", "longer than 8 KiB"};
    auto digest = sha256(token);
    if (auto const* const known = verified_.find(digest)) {
        if (now.wall >= known->expires_at)
            return Error{ErrorCode::token_expired, "the token has expired"};
        return *known;
    }
    auto answer = check(token, now);
    if (auto const* const good = std::get_if<Verified>(&answer))
        verified_.remember(std::move(digest), *good);
    return answer;
}

Answer JwtWay::check(std::string_view token, Now const& now)
{
    auto const jws = read_jws(token);
    if (!jws)
        return jws.error();
    // A token of another way of the same route is no reason to look for new keys.
    auto const& issuer = options_.rules.issuer;
    if (!issuer.empty() && claimed_issuer(jws->payload) != issuer)
        return error_of({ClaimFault::wrong_issuer, "wanted " + issuer});
    auto const found = source_.ask(jws->kid, now.steady);
    if (found.next == KeySource::Next::fetch)
        begin_fetch_();
    if (!found.has_key && found.next != KeySource::Next::nothing)
        return Later{};
    if (!found.keys)
        return Error{ErrorCode::unavailable, "tokens can't be checked at the moment",
            "there are no keys of " + issuer};
    if (auto const good = check_jws(*found.keys, *jws); !good)
        return good.error();
    auto claims = judge_claims(options_.rules, jws->payload, now.wall);
    if (!claims)
        return error_of(std::move(claims).error());
    auto id = options_.prefix + claims->subject;
    if (!is_principal_id(id))
        return error_of({ClaimFault::no_subject, "its sub is too long"});
    return Verified{{.id = std::move(id), .kind = options_.kind, .roles = std::move(claims->roles)},
        claims->expires_at};
}

Answer ApiKeyWay::verify(Evidence const& evidence, Now const& now)
{
    if (!evidence.api_key)
        return Absent{};
    auto const key = read_api_key(*evidence.api_key);
    if (!key)
        return Error{ErrorCode::unauthenticated, "the API key is not valid",
            "it is no key: its form or its checksum is wrong"};
    return answer_of(judge_api_key(*key, find_(key->id), pepper_, now.wall));
}

Answer CertificateWay::verify(Evidence const& evidence, Now const& now)
{
    if (!evidence.certificate)
        return Absent{};
    return answer_of(principal_of(*evidence.certificate, rules_, now.wall));
}

} // namespace gatehouse::identity
