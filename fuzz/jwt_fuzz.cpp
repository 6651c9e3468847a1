// SPDX-License-Identifier: Apache-2.0

// Whatever somebody shows as a token: what is read of it has one spelling, and nobody is let in
// whose token the issuer did not sign. An input that begins with a '+' is a header and claims, a
// line each, which the issuer signs; all others are whole tokens.

#include "base/assert.hpp"
#include "base/base64.hpp"
#include "identity/jws.hpp"
#include "identity/ways.hpp"

#include <cstdint>
#include <string>
#include <variant>

using namespace gatehouse;
using namespace gatehouse::identity;

namespace {

constexpr WallTime noon{1'763'726'400'000};
constexpr std::string_view key_set = R"({"keys":[{"kty":"EC","crv":"P-256","kid":"ec","x":)"
                                     R"("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":)"
                                     R"("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},)"
                                     R"({"kty":"OKP","crv":"Ed25519","kid":"ed","x":)"
                                     R"("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

// The key of RFC 8037 appendix A.1.
SigningKey const& signer()
{
    static SigningKey const key = *SigningKey::from_text(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    return key;
}

std::string signed_token(std::string_view lines)
{
    auto const end = lines.find('\n');
    auto const payload = end == lines.npos ? "" : lines.substr(end + 1);
    auto token = to_base64url(lines.substr(0, end)) + "." + to_base64url(payload);
    auto const signature = signer().sign(token);
    return token + "." + to_base64url(signature);
}

void read(std::string_view token)
{
    auto const jws = read_jws(token);
    if (!jws)
        return;
    GH_ASSERT(token.size() <= token_bytes_max);
    auto const header = token.substr(0, token.find('.'));
    GH_ASSERT(to_base64url(*from_base64url(header)) == header);
    GH_ASSERT(jws->signed_part == std::string(header) + "." + to_base64url(jws->payload));
    GH_ASSERT(token == std::string(jws->signed_part) + "." + to_base64url(jws->signature));
}

void show(std::string_view token, bool is_signed)
{
    JwtWay way({.rules = {.issuer = "https://id.example.com",
                    .audiences = {"game"},
                    .roles_path = "realm_access.roles"},
                   .prefix = "players:"},
        KeySource(*KeySet::parse(key_set)), [] { GH_ASSERT(false); });
    for (int i = 0; i < 2; i++) { // The second time it is remembered.
        auto const answer = way.verify({.bearer = token}, {{}, noon});
        auto const* const good = std::get_if<Verified>(&answer);
        GH_ASSERT(good || std::holds_alternative<Error>(answer));
        if (!good)
            continue;
        GH_ASSERT(is_signed && good->expires_at > noon);
        GH_ASSERT(good->principal.id.starts_with("players:"));
        GH_ASSERT(is_principal_id(good->principal.id) && good->principal.roles.size() <= roles_max);
        GH_ASSERT(good->principal.kind == PrincipalKind::player);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const input(reinterpret_cast<char const*>(data), size);
    bool const is_signed = input.starts_with('+');
    auto const token = is_signed ? signed_token(input.substr(1)) : std::string(input);
    read(token);
    show(token, is_signed);
    return 0;
}
