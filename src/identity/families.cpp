// SPDX-License-Identifier: Apache-2.0
#include "identity/families.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/fields.hpp"
#include "identity/hmac.hpp"

#include <algorithm>
#include <charconv>

namespace gatehouse::identity {
namespace {

constexpr std::size_t id_digits = 32;
constexpr std::size_t secret_digits = 64;
constexpr std::size_t counter_digits_max = 15;
constexpr std::size_t pepper_bytes_min = 32;

std::string secret_of(Family const& family, std::uint64_t counter, std::string_view pepper)
{
    GH_ASSERT(pepper.size() >= pepper_bytes_min);
    return to_hex(hmac(Hash::sha256, pepper,
        "refresh\n" + family.id + "\n" + family.seed + "\n" + std::to_string(counter)));
}

bool is_lower_hex(std::string_view text)
{
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Refreshed refuse(std::string detail)
{
    return {.detail = std::move(detail)};
}

Refreshed revoke(Family const& family, WallTime now, std::string detail)
{
    return {.outcome = Refreshed::Outcome::reused,
        .family = revoked(family, now),
        .detail = std::move(detail)};
}

} // namespace

Family begin_family(std::string principal, std::vector<std::string> roles, Dice& dice, WallTime now)
{
    return {.id = to_hex(dice.bytes(id_digits / 2)),
        .seed = to_hex(dice.bytes(16)),
        .principal = std::move(principal),
        .roles = std::move(roles),
        .created_ms = now.ms,
        .rotated_ms = now.ms};
}

std::string refresh_token_of(Family const& family, std::string_view pepper)
{
    return family.id + "." + std::to_string(family.counter) + "."
        + secret_of(family, family.counter, pepper);
}

std::optional<PresentedRefresh> read_refresh_token(std::string_view text)
{
    if (text.size() > id_digits + 1 + counter_digits_max + 1 + secret_digits)
        return std::nullopt;
    auto const first = text.find('.');
    auto const second = text.rfind('.');
    if (first != id_digits || second == first || text.size() - second - 1 != secret_digits)
        return std::nullopt;
    auto const counter = text.substr(first + 1, second - first - 1);
    PresentedRefresh token{
        std::string(text.substr(0, first)), 0, std::string(text.substr(second + 1))};
    auto const* const end = counter.data() + counter.size();
    auto const [at, error] = std::from_chars(counter.data(), end, token.counter);
    bool const has_one_spelling = counter == "0" || !counter.starts_with('0');
    if (error != std::errc() || at != end || !has_one_spelling || !is_lower_hex(token.id)
        || !is_lower_hex(token.secret))
        return std::nullopt;
    return token;
}

Refreshed judge_refresh(PresentedRefresh const& presented, Family const* stored,
    FamilyOptions const& options, std::string_view pepper, WallTime now)
{
    if (!stored || stored->id != presented.id)
        return refuse("no family " + presented.id);
    auto const secret = secret_of(*stored, presented.counter, pepper);
    if (!equal_in_constant_time(secret, presented.secret))
        return refuse("family " + stored->id + ": the secret is wrong");
    if (stored->revoked_ms)
        return refuse("family " + stored->id + " was revoked");
    if (now >= ends_at(*stored, options))
        return refuse("family " + stored->id + " has expired");
    if (presented.counter == stored->counter) {
        Refreshed next{.outcome = Refreshed::Outcome::rotated, .family = *stored};
        next.family.counter++;
        next.family.rotated_ms = now.ms;
        next.token = refresh_token_of(next.family, pepper);
        return next;
    }
    // A token of ours from the future: the store was set back, and with it what it knew of uses.
    if (presented.counter > stored->counter)
        return revoke(*stored, now, "family " + stored->id + ": the store is older than the token");
    bool const is_last = presented.counter + 1 == stored->counter;
    if (is_last && now - WallTime{stored->rotated_ms} < options.grace)
        return {.outcome = Refreshed::Outcome::again,
            .family = *stored,
            .token = refresh_token_of(*stored, pepper)};
    return revoke(*stored, now,
        "family " + stored->id + ": token " + std::to_string(presented.counter)
            + " was used before, now it is at " + std::to_string(stored->counter));
}

Family revoked(Family family, WallTime now)
{
    if (!family.revoked_ms)
        family.revoked_ms = now.ms;
    return family;
}

WallTime ends_at(Family const& family, FamilyOptions const& options)
{
    return std::min(WallTime{family.rotated_ms} + options.idle_max,
        WallTime{family.created_ms} + options.age_max);
}

std::string to_text(Family const& family)
{
    std::string text;
    json::Writer out(text);
    write_json(out, family);
    return text;
}

Result<Family> family_from_text(std::string_view text)
{
    json::Parser parser;
    Family family;
    auto const root = parser.parse(text);
    auto const read = root ? read_json(*root, family) : std::unexpected(root.error());
    if (!read)
        return fail(ErrorCode::internal, "a stored sign-in can't be read", read.error().message);
    return family;
}

} // namespace gatehouse::identity
