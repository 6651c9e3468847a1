// SPDX-License-Identifier: Apache-2.0
#include "identity/service_tokens.hpp"

#include "base/bytes.hpp"
#include "identity/claims.hpp"
#include "identity/jws.hpp"
#include "identity/tokens.hpp"

#include <gtest/gtest.h>

namespace gatehouse::identity {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{1'763'726'400'000};

// RFC 8037 appendix A.1 to A.3.
SigningKey const key = SigningKey::from_seed(
    from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));

TEST(ServiceTokens, name_their_key_as_rfc_8037_does)
{
    ServiceTokens const tokens(key, "gatehouse");
    EXPECT_EQ(tokens.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    EXPECT_TRUE(tokens.key_set().contains("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
}

TEST(ServiceTokens, are_good_by_the_key_set_for_whom_they_are_meant)
{
    ServiceTokens const tokens(key, "gatehouse");
    auto const token = tokens.issue("users", "designs", noon, 60s);
    auto const keys = KeySet::parse(tokens.key_set());
    ASSERT_TRUE(keys);
    auto const payload = verify_jws(*keys, token);
    ASSERT_TRUE(payload);
    EXPECT_EQ(*payload,
        R"({"iss":"gatehouse","sub":"users","aud":"designs","iat":1763726400,"exp":1763726460})");
    ClaimRules rules{.issuer = "gatehouse", .audiences = {"designs"}, .skew = 0s};
    EXPECT_EQ(judge_claims(rules, *payload, noon)->subject, "users");
    EXPECT_FALSE(judge_claims(rules, *payload, noon + 60s));
    rules.audiences = {"users"};
    EXPECT_FALSE(judge_claims(rules, *payload, noon));
}

// One key signs both.
TEST(ServiceTokens, are_no_tokens_of_guests_and_those_are_none_of_services)
{
    ServiceTokens const services(key, "gatehouse");
    GuestTokens guests(key);
    EXPECT_FALSE(guests.verify(services.issue("g_1", "designs", noon, 60s), noon));
    auto const payload
        = verify_jws(KeySet({{"", key.public_key()}}), guests.issue("g_1", noon, 60s));
    ClaimRules const rules{.issuer = "gatehouse", .audiences = {"designs"}};
    EXPECT_EQ(judge_claims(rules, *payload, noon).error().fault, ClaimFault::wrong_audience);
}

} // namespace
} // namespace gatehouse::identity
