// SPDX-License-Identifier: Apache-2.0

// What is known to have fooled others who verify tokens, tried on the keys of one issuer: RSA for
// RS256, P-256, and an Ed25519 key with which the attacker is signed in (RFC 8725 §2).

#include "base/base64.hpp"
#include "base/bytes.hpp"
#include "identity/claims.hpp"
#include "identity/hmac.hpp"
#include "identity/jws.hpp"

#include <gtest/gtest.h>

namespace gatehouse::identity {
namespace {

constexpr WallTime noon{1'763'726'400'000};
constexpr std::string_view claims
    = R"({"iss":"https://id.example.com","aud":"game","exp":1763730000,"sub":"eve"})";
ClaimRules const rules{.issuer = "https://id.example.com", .audiences = {"game"}};

// RFC 7520 §3.3, RFC 7515 appendix A.3.
constexpr std::string_view modulus
    = "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_"
      "AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7"
      "Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_"
      "vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw";
constexpr std::string_view point_x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr std::string_view point_y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

// Of `signer`: RFC 8037 appendix A.2 and RFC 8032 §7.1, test 1.
std::string const signer_point = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
SigningKey const signer = SigningKey::from_seed(
    from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
SigningKey const attacker = SigningKey::from_seed(std::string(32, 'e'));

// The set of a server that made every choice there is, beside that of one that made none.
KeySet keys_under(KeyPolicy policy)
{
    auto const jwk = [](std::string_view members) { return "{" + std::string(members) + "}"; };
    auto const json = R"({"keys":[)"
        + jwk(R"("kty":"RSA","kid":"rsa","alg":"RS256","e":"AQAB","n":")" + std::string(modulus)
            + '"')
        + ","
        + jwk(R"("kty":"EC","crv":"P-256","kid":"ec","x":")" + std::string(point_x) + R"(","y":")"
            + std::string(point_y) + '"')
        + "," + jwk(R"("kty":"OKP","crv":"Ed25519","kid":"ed","x":")" + signer_point + '"') + "]}";
    auto keys = KeySet::parse(json, policy);
    EXPECT_TRUE(keys) << keys.error().message;
    return *keys;
}

using Sign = std::string (*)(std::string_view signed_part);

std::string by_signer(std::string_view text)
{
    return signer.sign(text);
}
std::string by_attacker(std::string_view text)
{
    return attacker.sign(text);
}
std::string by_nobody(std::string_view)
{
    return {};
}
std::string by_zeros(std::string_view)
{
    return std::string(64, '\0');
}
std::string by_modulus(std::string_view text)
{
    return hmac(Hash::sha256, *from_base64url(modulus), text);
}
std::string by_modulus_text(std::string_view text)
{
    return hmac(Hash::sha256, modulus, text);
}
std::string by_point(std::string_view text)
{
    return hmac(Hash::sha256, *from_base64url(signer_point), text);
}
std::string by_empty_secret(std::string_view text)
{
    return hmac(Hash::sha256, "", text);
}

std::string token_of(std::string_view header, Sign sign, std::string_view payload = claims)
{
    auto const signed_part = to_base64url(header) + "." + to_base64url(payload);
    return signed_part + "." + to_base64url(sign(signed_part));
}

// Empty where the token is good, else why it is not.
std::string refusal_of(KeySet const& keys, std::string_view token)
{
    auto const payload = verify_jws(keys, token);
    if (!payload) {
        EXPECT_EQ(payload.error().code, ErrorCode::unauthenticated);
        EXPECT_EQ(payload.error().message, "the token is not valid"); // Whatever it was.
        return payload.error().detail;
    }
    auto const judged = judge_claims(rules, *payload, noon);
    return judged ? "" : error_of(judged.error()).message;
}

std::string refusal_of(std::string_view token)
{
    auto const refusal = refusal_of(keys_under({}), token);
    KeyPolicy const every_choice{
        .secrets = KeyPolicy::Secrets::allowed, .hashes = KeyPolicy::Hashes::longer_too};
    EXPECT_EQ(refusal_of(keys_under(every_choice), token), refusal);
    return refusal;
}

struct Attack {
    std::string_view header;
    Sign sign;
    std::string_view refusal;
};

TEST(Attacks, by_a_header_are_refused)
{
    constexpr std::string_view wrong_alg = "alg is not that of the key";
    constexpr std::string_view no_key = "no such key";
    constexpr std::string_view wrong = "the signature is wrong";
    constexpr std::string_view extension = "the header asks for an extension";
    constexpr std::string_view not_unique = "the header is not a JSON object with unique names";
    for (auto const& [header, sign, refusal] : {
             // The honest one, and what is good beside it.
             Attack{R"({"alg":"EdDSA","kid":"ed"})", by_signer, ""},
             Attack{R"({"alg":"EdDSA","kid":"ed","typ":"at+jwt","cty":"x"})", by_signer, ""},
             // No signature at all (CVE-2015-9235).
             Attack{R"({"alg":"none"})", by_nobody, no_key},
             Attack{R"({"alg":"none","kid":"ed"})", by_nobody, wrong_alg},
             Attack{R"({"alg":"None","kid":"ed"})", by_nobody, wrong_alg},
             Attack{R"({"alg":"NONE","kid":"ed"})", by_nobody, wrong_alg},
             Attack{R"({"alg":"nOnE","kid":"rsa"})", by_nobody, wrong_alg},
             Attack{R"({"alg":"none ","kid":"ed"})", by_nobody, wrong_alg},
             Attack{R"({"alg":"","kid":"ed"})", by_nobody, wrong_alg},
             Attack{R"({"alg":"EdDSA","kid":"ed"})", by_nobody, wrong},
             Attack{R"({"alg":"RS256","kid":"rsa"})", by_nobody, wrong},
             Attack{R"({"alg":"ES256","kid":"ec"})", by_nobody, wrong},
             // A public key taken for a secret (CVE-2016-10555).
             Attack{R"({"alg":"HS256","kid":"rsa"})", by_modulus, wrong_alg},
             Attack{R"({"alg":"HS256","kid":"rsa"})", by_modulus_text, wrong_alg},
             Attack{R"({"alg":"RS256","kid":"rsa"})", by_modulus, wrong},
             Attack{R"({"alg":"HS256","kid":"ed"})", by_point, wrong_alg},
             Attack{R"({"alg":"HS256"})", by_empty_secret, no_key},
             Attack{R"({"alg":"HS256","kid":"ec"})", by_empty_secret, wrong_alg},
             // One key under the algorithm of another.
             Attack{R"({"alg":"EdDSA","kid":"rsa"})", by_signer, wrong_alg},
             Attack{R"({"alg":"PS256","kid":"rsa"})", by_zeros, wrong_alg},
             Attack{R"({"alg":"ES512","kid":"ec"})", by_zeros, wrong_alg},
             Attack{R"({"alg":"eddsa","kid":"ed"})", by_signer, wrong_alg},
             // r = s = 0 ("psychic signatures", CVE-2022-21449).
             Attack{R"({"alg":"ES256","kid":"ec"})", by_zeros, wrong},
             Attack{R"({"alg":"EdDSA","kid":"ed"})", by_zeros, wrong},
             // A kid that is a path, a query, a command, or no text.
             Attack{R"({"alg":"HS256","kid":"../../../../dev/null"})", by_empty_secret, no_key},
             Attack{R"({"alg":"HS256","kid":"/proc/sys/kernel/randomize_va_space"})",
                 by_empty_secret, no_key},
             Attack{
                 R"({"alg":"HS256","kid":"x' UNION SELECT 'secret' --"})", by_empty_secret, no_key},
             Attack{R"({"alg":"HS256","kid":"|/bin/true"})", by_empty_secret, no_key},
             Attack{R"({"alg":"EdDSA","kid":"ed\u0000"})", by_signer, no_key},
             Attack{R"({"alg":"EdDSA","kid":""})", by_signer, no_key},
             Attack{
                 R"({"alg":"EdDSA","kid":["ed"]})", by_signer, "alg or kid is missing or no text"},
             Attack{R"({"kid":"ed"})", by_signer, "alg or kid is missing or no text"},
             Attack{
                 R"({"alg":["EdDSA"],"kid":"ed"})", by_signer, "alg or kid is missing or no text"},
             // A key that the token brings along or leads to (CVE-2018-0114).
             Attack{R"({"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"}})", by_attacker,
                 no_key},
             Attack{R"({"alg":"EdDSA","kid":"ed","jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"}})",
                 by_attacker, wrong},
             Attack{R"({"alg":"EdDSA","kid":"ed","jku":"https://evil.example/jwks.json"})",
                 by_attacker, wrong},
             Attack{R"({"alg":"EdDSA","kid":"ed","x5u":"https://evil.example/chain.pem"})",
                 by_attacker, wrong},
             Attack{R"({"alg":"EdDSA","kid":"ed","x5c":["AA=="]})", by_attacker, wrong},
             Attack{R"({"alg":"EdDSA","kid":"ed","jku":"https://evil.example"})", by_signer, ""},
             // Extensions that whoever verifies must know (RFC 7515 §4.1.11, RFC 7797).
             Attack{R"({"alg":"EdDSA","kid":"ed","crit":["exp"],"exp":1})", by_signer, extension},
             Attack{R"({"alg":"EdDSA","kid":"ed","crit":[]})", by_signer, extension},
             Attack{
                 R"({"alg":"EdDSA","kid":"ed","b64":false,"crit":["b64"]})", by_signer, extension},
             Attack{R"({"alg":"EdDSA","kid":"ed","b64":true})", by_signer, extension},
             // Two readers, two headers.
             Attack{R"({"alg":"none","alg":"EdDSA","kid":"ed"})", by_signer, not_unique},
             Attack{R"({"alg":"EdDSA","kid":"ed","a\u006cg":"none"})", by_signer, not_unique},
             Attack{R"({"alg":"EdDSA","kid":"x","kid":"ed"})", by_signer, not_unique},
             Attack{R"({"alg":"EdDSA","kid":"ed","x":{"y":1,"y":2}})", by_signer, not_unique},
             Attack{R"({"alg":"EdDSA","kid":"ed"}{})", by_signer, not_unique},
             Attack{R"(["EdDSA"])", by_signer, not_unique},
             Attack{"", by_signer, not_unique},
         })
        EXPECT_EQ(refusal_of(token_of(header, sign)), refusal) << header;
}

TEST(Attacks, by_the_form_of_a_token_are_refused)
{
    auto const good = token_of(R"({"alg":"EdDSA","kid":"ed"})", by_signer);
    auto const first = good.find('.');
    auto const second = good.rfind('.');
    auto const with = [&good](std::size_t at, std::string_view more) {
        auto text = good;
        text.insert(at, more);
        return text;
    };
    ASSERT_EQ(refusal_of(good), "");
    constexpr std::string_view no_parts = "not three parts";
    constexpr std::string_view no_header = "the header is not base64url";
    constexpr std::string_view no_base64 = "payload or signature is not base64url";
    struct Form {
        std::string token;
        std::string_view refusal;
    };
    for (auto const& [token, refusal] : {
             Form{"", no_parts},
             Form{"..", "the header is not a JSON object with unique names"},
             Form{good.substr(0, second), no_parts},
             Form{good + ".AA.AA", no_parts}, // Five parts are a JWE (RFC 7516 §7.1).
             Form{good + ".", no_parts},
             Form{R"({"payload":"e30","signatures":[]})", no_parts},
             Form{good.substr(0, second + 1), "the signature is wrong"},
             Form{with(0, " "), no_header},
             Form{with(first, "="), no_header},
             Form{with(first, "\n"), no_header},
             Form{with(first + 1, " "), no_base64},
             Form{with(second, "=="), no_base64},
             Form{with(second, "%3D"), no_base64},
             Form{with(second + 3, "\r\n"), no_base64},
             Form{good + "=", no_base64},
             Form{good + "==", no_base64},
             Form{good + " ", no_base64},
             Form{good + std::string(1, '\0'), no_base64},
             Form{std::string(9000, 'A'), "longer than 8 KiB"},
             Form{std::string(8000, '.'), no_parts},
         })
        EXPECT_EQ(refusal_of(token), refusal) << token;

    // The alphabet of RFC 4648 §4 in place of that of §5, and bits that mean nothing.
    auto other = token_of(R"({"alg":"EdDSA","kid":"ed","x":"~~~~~~"})", by_signer);
    ASSERT_EQ(refusal_of(other), "");
    auto const dash = other.find_first_of("-_");
    ASSERT_LT(dash, other.find('.'));
    other[dash] = other[dash] == '-' ? '+' : '/';
    EXPECT_EQ(refusal_of(other), no_header);
    auto loose = good; // 64 bytes leave four bits over: the last character is one of four.
    loose.back() = static_cast<char>(loose.back() + 1);
    EXPECT_EQ(refusal_of(loose), no_base64);
}

TEST(Attacks, by_claims_of_a_good_signature_are_refused)
{
    auto const refusal = [](std::string_view payload) {
        return refusal_of(token_of(R"({"alg":"EdDSA","kid":"ed"})", by_signer, payload));
    };
    constexpr std::string_view unreadable = "the token's claims can't be read";
    std::string const good(claims.substr(0, claims.size() - 1));
    EXPECT_EQ(refusal(good + R"(,"admin":true})"), "");
    EXPECT_EQ(refusal(good + R"(,"sub":"root"})"), unreadable);
    EXPECT_EQ(refusal(good + R"(,"nbf":1e999})"), unreadable);
    EXPECT_EQ(refusal(good + R"(,"iat":99999999999999999999})"), unreadable);
    EXPECT_EQ(refusal(R"({"sub":"eve"})"), "the token was issued by somebody else");
    EXPECT_EQ(refusal(R"({"iss":"https://id.example.com","aud":"bank","exp":1763730000})"),
        "the token is meant for somebody else");
    EXPECT_EQ(refusal(R"({"iss":"https://id.example.com","aud":"game","sub":"eve"})"),
        "the token does not say when it expires");
    EXPECT_EQ(refusal(""), unreadable);
    EXPECT_EQ(refusal("claims"), unreadable);
}

} // namespace
} // namespace gatehouse::identity
