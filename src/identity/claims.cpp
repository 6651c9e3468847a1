// SPDX-License-Identifier: Apache-2.0
#include "identity/claims.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "identity/jws.hpp"
#include "identity/members.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace gatehouse::identity {
namespace {

constexpr std::size_t id_bytes_max = 256;
constexpr std::int64_t seconds_max = 253'402'300'799;

using Checked = std::expected<void, ClaimRefusal>;

std::unexpected<ClaimRefusal> refuse(ClaimFault fault, std::string detail)
{
    return std::unexpected(ClaimRefusal{fault, std::move(detail)});
}

// What the token says, for the log of an operator: short, and without control characters.
std::string shown(std::string_view text)
{
    constexpr std::size_t shown_max = 100;
    auto const out = printable(replace_broken_utf8(text.substr(0, shown_max)));
    return "\"" + out + (text.size() > shown_max ? "…\"" : "\"");
}

bool is_clean(std::string_view text, std::size_t bytes_max)
{
    auto const is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
    return !text.empty() && text.size() <= bytes_max && is_utf8(text)
        && std::ranges::none_of(text, is_control);
}

Checked check_issuer(ClaimRules const& rules, json::Node claims)
{
    auto const issuer = claims.find("iss");
    if (issuer && !issuer->text())
        return refuse(ClaimFault::malformed, "iss is no text");
    if (rules.issuer.empty())
        return {};
    if (!issuer)
        return refuse(ClaimFault::wrong_issuer, "it has no iss; wanted " + shown(rules.issuer));
    if (*issuer->text() != rules.issuer)
        return refuse(ClaimFault::wrong_issuer,
            "its iss is " + shown(*issuer->text()) + ", wanted " + shown(rules.issuer));
    return {};
}

// RFC 7519 §4.1.3: one text, or many. Empty where it is neither.
std::optional<std::vector<std::string_view>> texts_of(json::Node value)
{
    if (auto const text = value.text())
        return std::vector{*text};
    if (value.kind() != json::Kind::array)
        return std::nullopt;
    std::vector<std::string_view> texts;
    value.each_element([&texts](json::Node each) {
        if (auto const text = each.text())
            texts.push_back(*text);
        return each.text().has_value();
    });
    if (texts.size() != value.size())
        return std::nullopt;
    return texts;
}

Checked check_audience(ClaimRules const& rules, json::Node claims)
{
    auto const claim = claims.find("aud");
    auto const named = claim ? texts_of(*claim) : std::vector<std::string_view>();
    if (!named)
        return refuse(ClaimFault::malformed, "aud is neither text nor a list of texts");
    if (!claim && rules.audiences.empty())
        return {};
    auto const is_ours = [&rules](std::string_view each) {
        return std::ranges::find(rules.audiences, each) != rules.audiences.end();
    };
    if (std::ranges::any_of(*named, is_ours))
        return {};
    auto const wanted = rules.audiences.empty() ? "none" : shown(rules.audiences.front());
    return refuse(ClaimFault::wrong_audience,
        "its aud is " + (named->empty() ? "missing" : shown(named->front())) + ", wanted "
            + wanted);
}

// Empty where there is no such claim. RFC 7519 §2, NumericDate.
std::expected<std::optional<WallTime>, ClaimRefusal> date_of(
    json::Node claims, std::string_view name)
{
    auto const claim = claims.find(name);
    if (!claim)
        return std::nullopt;
    // Of an integer as well: below 2^53 it is the same number.
    auto const seconds = claim->kind() == json::Kind::number ? claim->number() : std::nullopt;
    if (!seconds || !(*seconds >= 0) || *seconds > static_cast<double>(seconds_max))
        return refuse(ClaimFault::malformed,
            std::string(name) + " is no number of seconds from 0 to " + std::to_string(seconds_max)
                + ": " + shown(claim->compact()));
    return WallTime{static_cast<std::int64_t>(std::floor(*seconds * 1000))};
}

// RFC 7519 §4.1.4 to §4.1.6. What was issued in the future comes from a clock that is wrong, so its
// `exp` means nothing either.
std::expected<WallTime, ClaimRefusal> check_dates(
    ClaimRules const& rules, json::Node claims, WallTime now)
{
    auto const expiry = date_of(claims, "exp");
    if (!expiry)
        return std::unexpected(expiry.error());
    if (!*expiry)
        return refuse(ClaimFault::no_expiry, "it has no exp");
    auto const ends = **expiry + rules.skew;
    if (now >= ends)
        return refuse(ClaimFault::expired,
            "it expired at " + rfc3339((*expiry)->ms) + ", now it is " + rfc3339(now.ms));
    for (std::string_view const name : {"nbf", "iat"}) {
        auto const begin = date_of(claims, name);
        if (!begin)
            return std::unexpected(begin.error());
        if (*begin && **begin > now + rules.skew)
            return refuse(ClaimFault::not_yet_valid,
                "its " + std::string(name) + " is " + rfc3339((*begin)->ms) + ", now it is "
                    + rfc3339(now.ms));
    }
    return ends;
}

// The name as it stands comes first: issuers use URLs, which have dots, as names of claims.
std::optional<json::Node> value_at(json::Node claims, std::string_view path)
{
    if (auto const whole = claims.find(path))
        return whole;
    auto const dot = path.find('.');
    if (dot == path.npos)
        return std::nullopt;
    auto const below = claims.find(path.substr(0, dot));
    return below ? value_at(*below, path.substr(dot + 1)) : std::nullopt;
}

// A token without roles is one of somebody who has none. One whose roles can't be read is refused:
// a rule may say `not role in (…)`.
std::expected<std::vector<std::string>, ClaimRefusal> read_roles(
    ClaimRules const& rules, json::Node claims)
{
    auto const claim = rules.roles_path.empty() ? std::nullopt : value_at(claims, rules.roles_path);
    if (!claim)
        return std::vector<std::string>();
    auto const texts = texts_of(*claim);
    auto const is_good = [](std::string_view each) { return is_clean(each, role_bytes_max); };
    if (!texts || texts->size() > roles_max || !std::ranges::all_of(*texts, is_good))
        return refuse(ClaimFault::bad_roles,
            rules.roles_path + " is no list of at most " + std::to_string(roles_max)
                + " texts of 1 to " + std::to_string(role_bytes_max) + " bytes");
    return std::vector<std::string>(texts->begin(), texts->end());
}

std::expected<std::string, ClaimRefusal> read_subject(json::Node claims)
{
    auto const claim = claims.find("sub");
    auto const subject = claim ? claim->text().value_or("") : "";
    if (!is_principal_id(subject))
        return refuse(ClaimFault::no_subject,
            "its sub is no id: 1 to 256 bytes of UTF-8 without control characters");
    return std::string(subject);
}

} // namespace

bool is_principal_id(std::string_view id)
{
    return is_clean(id, id_bytes_max);
}

std::expected<Claims, ClaimRefusal> judge_claims(
    ClaimRules const& rules, std::string_view payload, WallTime now)
{
    if (payload.size() > token_bytes_max)
        return refuse(ClaimFault::malformed, "longer than 8 KiB");
    json::Parser parser;
    auto const claims = parser.parse(payload);
    if (!claims)
        return refuse(ClaimFault::malformed, claims.error().message);
    if (claims->kind() != json::Kind::object || !has_unique_members(*claims))
        return refuse(ClaimFault::malformed, "the claims are no JSON object with unique names");
    if (auto const good = check_issuer(rules, *claims); !good)
        return std::unexpected(good.error());
    if (auto const good = check_audience(rules, *claims); !good)
        return std::unexpected(good.error());
    auto const ends = check_dates(rules, *claims, now);
    if (!ends)
        return std::unexpected(ends.error());
    auto subject = read_subject(*claims);
    if (!subject)
        return std::unexpected(std::move(subject).error());
    auto roles = read_roles(rules, *claims);
    if (!roles)
        return std::unexpected(std::move(roles).error());
    return Claims{*std::move(subject), *std::move(roles), *ends};
}

std::string claimed_issuer(std::string_view payload)
{
    json::Parser parser;
    auto const claims = parser.parse(payload);
    auto const issuer = claims ? claims->find("iss") : std::nullopt;
    return std::string(issuer ? issuer->text().value_or("") : "");
}

Error error_of(ClaimRefusal refusal)
{
    auto const sentence = [fault = refusal.fault] {
        switch (fault) {
            using enum ClaimFault;
        case malformed:
        case bad_roles: return "the token's claims can't be read";
        case wrong_issuer: return "the token was issued by somebody else";
        case wrong_audience: return "the token is meant for somebody else";
        case no_expiry: return "the token does not say when it expires";
        case expired: return "the token has expired";
        case not_yet_valid: return "the token is not valid yet";
        case no_subject: return "the token names nobody";
        }
        std::unreachable();
    }();
    auto const code = refusal.fault == ClaimFault::expired ? ErrorCode::token_expired
                                                           : ErrorCode::unauthenticated;
    return {code, sentence, std::move(refusal.detail)};
}

} // namespace gatehouse::identity
