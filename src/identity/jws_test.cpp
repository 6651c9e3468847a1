// SPDX-License-Identifier: Apache-2.0
#include "identity/jws.hpp"

#include "base/base64.hpp"

#include <gtest/gtest.h>

namespace gatehouse::identity {
namespace {

SigningKey const signer = SigningKey::from_seed(std::string(32, 's'));
KeySet const keys({{"", signer.public_key()}});

// A token with that header, rightly signed.
std::string token_with(std::string_view header, std::string_view payload = "{}")
{
    auto const input = to_base64url(header) + "." + to_base64url(payload);
    return input + "." + to_base64url(signer.sign(input));
}

TEST(Jws, gives_back_what_was_signed)
{
    EXPECT_EQ(verify_jws(keys, sign_jws(signer, "payload")), "payload");
    EXPECT_EQ(verify_jws(keys, sign_jws(signer, "")), "");
    EXPECT_EQ(verify_jws(keys, token_with(R"({"typ":"x","alg":"EdDSA"})")), "{}");
}

// RFC 8037 appendix A.4.
TEST(Jws, verifies_the_example_of_rfc_8037)
{
    auto const set = KeySet::parse(
        R"({"keys":[{"kty":"OKP","crv":"Ed25519",)"
        R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
    ASSERT_TRUE(set);
    EXPECT_EQ(verify_jws(*set,
                  "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
                  "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_"
                  "MuM0KAg"),
        "Example of Ed25519 signing");
}

TEST(Jws, notices_any_change_of_any_character)
{
    auto const token = sign_jws(signer, R"({"sub":"ann"})");
    for (std::size_t i = 0; i < token.size(); i++)
        for (char const c : {'A', 'b', '.', '=', ' ', '\0'}) {
            auto forged = token;
            forged[i] = c;
            EXPECT_EQ(verify_jws(keys, forged).has_value(), forged == token) << i << c;
        }
    for (std::size_t size = 0; size < token.size(); size++)
        EXPECT_FALSE(verify_jws(keys, token.substr(0, size)));
    EXPECT_FALSE(verify_jws(keys, token + "."));
    EXPECT_FALSE(verify_jws(keys, token + "A"));
}

TEST(Jws, takes_the_algorithm_from_the_key_and_no_orders_from_the_token)
{
    for (auto const header : {R"({"alg":"none"})", R"({"alg":"HS256"})", R"({"alg":"RS256"})",
             R"({"alg":"eddsa"})", R"({})", R"({"alg":7})", R"([])", R"("alg")",
             R"({"alg":"EdDSA")", R"({"alg":"EdDSA","alg":"EdDSA"})",
             R"({"alg":"EdDSA","crit":["exp"]})",
             R"({"alg":"EdDSA","b64":false})", R"({"alg":"EdDSA","kid":"other"})",
             R"({"alg":"EdDSA","kid":7})"}) {
        auto const verified = verify_jws(keys, token_with(header));
        ASSERT_FALSE(verified) << header;
        EXPECT_EQ(verified.error().code, ErrorCode::unauthenticated);
        EXPECT_EQ(verified.error().message, "the token is not valid");
    }
    auto const unsigned_token = to_base64url(R"({"alg":"none"})") + "." + to_base64url("{}") + ".";
    EXPECT_FALSE(verify_jws(keys, unsigned_token));
}

TEST(Jws, bounds_the_size_of_a_token)
{
    EXPECT_TRUE(verify_jws(keys, sign_jws(signer, std::string(6000, 'x'))));
    EXPECT_FALSE(verify_jws(keys, sign_jws(signer, std::string(6200, 'x'))));
    std::string deep(6000, '[');
    EXPECT_FALSE(verify_jws(keys, token_with(deep)));
}

TEST(KeySet, finds_a_key_by_its_kid_or_the_only_one_without)
{
    auto const other = SigningKey::from_seed(std::string(32, 'o'));
    KeySet const two({{"a", signer.public_key()}, {"b", other.public_key()}});
    EXPECT_EQ(two.find(""), nullptr);
    EXPECT_EQ(two.find("c"), nullptr);
    EXPECT_TRUE(verify_jws(two, token_with(R"({"alg":"EdDSA","kid":"a"})")));
    EXPECT_FALSE(verify_jws(two, token_with(R"({"alg":"EdDSA","kid":"b"})")));
    EXPECT_FALSE(verify_jws(two, token_with(R"({"alg":"EdDSA"})")));
    EXPECT_FALSE(verify_jws(KeySet(), token_with(R"({"alg":"EdDSA"})")));
}

TEST(KeySet, passes_over_foreign_keys_and_refuses_broken_ones)
{
    auto const parse = [](std::string_view keys_text) {
        return KeySet::parse("{\"keys\":[" + std::string(keys_text) + "]}");
    };
    std::string const key
        = R"("kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")";
    EXPECT_EQ(parse("")->size(), 0U);
    EXPECT_EQ(parse("{" + key + "}")->size(), 1U);
    EXPECT_EQ(parse("{\"kid\":\"a\"," + key + "},{\"kid\":\"b\"," + key + "}")->size(), 2U);
    EXPECT_EQ(parse(R"({"kty":"new"},{"use":"enc",)" + key + "}")->size(), 0U);
    EXPECT_EQ(parse(R"({"key_ops":["sign","verify"],)" + key + "}")->size(), 1U);
    EXPECT_EQ(parse(R"({"key_ops":["sign"],)" + key + "}")->size(), 0U);

    EXPECT_FALSE(parse("{\"kid\":\"a\"," + key + "},{\"kid\":\"a\"," + key + "}"));
    EXPECT_FALSE(parse(R"({"alg":"ES256",)" + key + "}"));
    EXPECT_FALSE(parse(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg"})"));
    EXPECT_FALSE(parse(R"({"kty":"OKP","crv":"Ed25519"})"));
    EXPECT_FALSE(parse(R"({"kty":"oct","k":"AAAA"},{)" + key + "}"));
    EXPECT_FALSE(parse(R"({"kid":"a","kid":"b",)" + key + "}"));
    EXPECT_FALSE(parse("{" + key + R"(},{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})"));
    EXPECT_FALSE(KeySet::parse("{}"));
    EXPECT_FALSE(KeySet::parse("[]"));
    EXPECT_FALSE(KeySet::parse("{\"keys\":{}}"));

    std::string many;
    for (std::size_t i = 0; i < KeySet::keys_max; i++)
        many += "{" + key + "},";
    EXPECT_TRUE(parse(many.substr(0, many.size() - 1)));
    EXPECT_FALSE(parse(many + "{" + key + "}"));
}

TEST(KeySet, has_secrets_only_where_that_was_chosen_and_never_beside_public_keys)
{
    std::string const secret = R"("kty":"oct","alg":"HS256","k":")" + std::string(43, 'A') + "\"";
    std::string const key
        = R"("kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")";
    auto const parse = [](std::string_view keys_text) {
        return KeySet::parse("{\"keys\":[" + std::string(keys_text) + "]}",
            {.secrets = KeyPolicy::Secrets::allowed});
    };
    EXPECT_EQ(parse("{" + secret + "}")->size(), 1U);
    EXPECT_EQ(parse(R"({"kid":"a",)" + secret + R"(},{"kid":"b",)" + secret + "}")->size(), 2U);
    EXPECT_EQ(parse("{" + key + "}")->size(), 1U);
    EXPECT_EQ(parse("{" + key + R"(},{"use":"enc",)" + secret + "}")->size(), 1U);
    EXPECT_FALSE(parse("{" + key + "},{" + secret + "}"));
    EXPECT_FALSE(parse("{" + secret + "},{" + key + "}"));
    for (auto const bad : {R"({"kty":"oct","k":"AAAA","alg":"HS256"})",
             R"({"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})",
             R"({"kty":"oct","alg":"none","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})",
             R"({"kty":"oct","alg":"RS256","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})",
             R"({"kty":"oct","alg":"HS256"})"})
        EXPECT_FALSE(parse(bad)) << bad;
    EXPECT_FALSE(KeySet::parse("{\"keys\":[{" + secret + "}]}"));
}

}  // namespace
}  // namespace gatehouse::identity
