// SPDX-License-Identifier: Apache-2.0

// Whatever an issuer signs as claims, under several rules: an error with words for both readers, or
// somebody with an id who is let in until an instant ahead, and no longer.

#include "base/assert.hpp"
#include "identity/claims.hpp"

#include <cstdint>

using namespace gatehouse;
using namespace gatehouse::identity;

namespace {

constexpr WallTime noon{1'763'726'400'000};

void judge(ClaimRules const& rules, std::string_view payload)
{
    auto const judged = judge_claims(rules, payload, noon);
    if (!judged) {
        auto const error = error_of(judged.error());
        GH_ASSERT(!error.message.empty() && !error.detail.empty() && error.detail.size() < 1024);
        GH_ASSERT((error.code == ErrorCode::token_expired)
            == (judged.error().fault == ClaimFault::expired));
        return;
    }
    GH_ASSERT(is_principal_id(judged->subject) && judged->roles.size() <= roles_max);
    for (auto const& role : judged->roles)
        GH_ASSERT(is_principal_id(role) && role.size() <= role_bytes_max);
    GH_ASSERT(judged->expires_at > noon && judged->expires_at.ms < std::int64_t{1} << 53);
    GH_ASSERT(rules.issuer.empty() || claimed_issuer(payload) == rules.issuer);
    auto const until = judge_claims(rules, payload, judged->expires_at + Milliseconds(-1));
    GH_ASSERT(until && *until == *judged);
    auto const after = judge_claims(rules, payload, judged->expires_at);
    GH_ASSERT(!after && after.error().fault == ClaimFault::expired);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const payload(reinterpret_cast<char const*>(data), size);
    judge({}, payload);
    judge({.issuer = "i", .audiences = {"game", "lobby"}, .roles_path = "realm_access.roles"},
        payload);
    judge({.roles_path = "a..b.", .skew = Milliseconds(0)}, payload);
    return 0;
}
