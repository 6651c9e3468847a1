// SPDX-License-Identifier: Apache-2.0
#include "identity/tokens.hpp"

#include "base/base64.hpp"
#include "identity/jws.hpp"

#include <gtest/gtest.h>

namespace gatehouse::identity {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{1'763'726'400'000};

SigningKey key_of(char seed) { return SigningKey::from_seed(std::string(32, seed)); }

ErrorCode refusal_of(GuestTokens& tokens, std::string_view token, WallTime now = noon)
{
    auto const verified = tokens.verify(token, now);
    return verified ? ErrorCode::internal : verified.error().code;
}

TEST(GuestTokens, know_the_guest_again_on_any_node_that_has_the_key)
{
    GuestTokens here(key_of('k'));
    GuestTokens there(key_of('k'));
    auto const token = here.issue("g_1", noon, 24h);
    auto const guest = there.verify(token, noon);
    ASSERT_TRUE(guest);
    EXPECT_EQ(guest->principal, (Principal{.id = "g_1", .kind = PrincipalKind::guest}));
}

TEST(GuestTokens, are_jwts_that_anyone_can_read)
{
    auto const token = GuestTokens(key_of('k')).issue("g_1", {1'000'000'001}, 60s);
    auto const payload = token.substr(token.find('.') + 1, token.rfind('.') - token.find('.') - 1);
    EXPECT_EQ(from_base64url(payload),
        R"({"iss":"gatehouse","sub":"g_1","iat":1000000,"exp":1000061,"kind":"guest"})");
}

TEST(GuestTokens, expire_at_the_second_that_they_name_remembered_or_not)
{
    GuestTokens tokens(key_of('k'));
    GuestTokens forgetful(key_of('k'), {.remembered_max = 0});
    auto const token = tokens.issue("g_1", noon, 60s);
    for (auto* each : {&tokens, &forgetful}) {
        EXPECT_TRUE(each->verify(token, noon + Milliseconds(59'999)));
        EXPECT_EQ(refusal_of(*each, token, noon + 60s), ErrorCode::token_expired);
        EXPECT_TRUE(each->verify(token, noon)); // The clock of another node may be behind.
    }
}

TEST(GuestTokens, refuse_what_another_key_signed_and_what_was_tampered_with)
{
    GuestTokens tokens(key_of('k'));
    GuestTokens stranger(key_of('x'));
    EXPECT_EQ(refusal_of(tokens, stranger.issue("g_1", noon, 60s)), ErrorCode::unauthenticated);

    auto const token = tokens.issue("g_1", noon, 60s);
    ASSERT_TRUE(tokens.verify(token, noon)); // Remembered now: its forgeries must not be.
    for (std::size_t i = 0; i < token.size(); i++) {
        auto forged = token;
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        EXPECT_EQ(refusal_of(tokens, forged), ErrorCode::unauthenticated) << i;
    }
    EXPECT_EQ(refusal_of(tokens, ""), ErrorCode::unauthenticated);
    EXPECT_EQ(refusal_of(tokens, std::string(100'000, 'A')), ErrorCode::unauthenticated);
}

TEST(GuestTokens, refuse_what_our_key_signed_for_another_purpose)
{
    GuestTokens tokens(key_of('k'));
    for (auto const claims : {
             R"({"iss":"gatehouse","sub":"g_1","kind":"guest"})",
             R"({"iss":"gatehouse","sub":"g_1","exp":"2000000000","kind":"guest"})",
             R"({"iss":"gatehouse","sub":"g_1","exp":-1,"kind":"guest"})",
             R"({"iss":"gatehouse","sub":"g_1","exp":9223372036854775807,"kind":"guest"})",
             R"({"iss":"gatehouse","sub":"g_1","exp":2e9,"kind":"guest"})",
             R"({"iss":"other","sub":"g_1","exp":2000000000,"kind":"guest"})",
             R"({"iss":"gatehouse","sub":"g_1","exp":2000000000,"kind":"player"})",
             R"({"iss":"gatehouse","sub":"","exp":2000000000,"kind":"guest"})",
             R"({"iss":"gatehouse","exp":2000000000,"kind":"guest"})",
             R"([])",
             R"({)",
         })
        EXPECT_EQ(refusal_of(tokens, sign_jws(key_of('k'), claims)), ErrorCode::unauthenticated)
            << claims;
}

TEST(GuestTokens, name_who_can_be_kept)
{
    GuestTokens tokens(key_of('k'));
    auto const detail = [&](std::string const& id) {
        auto const verified = tokens.verify(tokens.issue(id, noon, 60s), noon);
        return verified ? std::string() : verified.error().detail;
    };
    for (auto const& id : {std::string("g_1"), std::string("Zoë 王"), std::string(256, 'x')})
        EXPECT_EQ(detail(id), "");
    using namespace std::string_literals;
    for (auto const& id : {""s, "g\0_1"s, "g\n"s, "g\x7f"s, std::string(257, 'x')})
        EXPECT_TRUE(detail(id).contains("its sub is no id")) << id;
}

TEST(VerifiedTokens, keep_those_in_use_and_never_more_than_allowed)
{
    VerifiedTokens tokens(10);
    auto const name = [](int i) { return "digest " + std::to_string(i); };
    for (int i = 0; i < 100; i++) {
        tokens.remember(name(i), {{.id = name(i)}, noon});
        ASSERT_LE(tokens.size(), 10U);
        auto const* const first = tokens.find(name(0)); // Asked for all the time, so it stays...
        ASSERT_NE(first, nullptr);
        ASSERT_EQ(first->principal.id, name(0));
        ASSERT_NE(tokens.find(name(i)), nullptr);
    }
    EXPECT_EQ(tokens.find(name(1)), nullptr); // ...and others make room.
    EXPECT_EQ(tokens.find("unknown"), nullptr);
}

TEST(VerifiedTokens, may_be_turned_off)
{
    VerifiedTokens tokens(0);
    tokens.remember("digest", {{.id = "g_1"}, noon});
    EXPECT_EQ(tokens.find("digest"), nullptr);
}

}  // namespace
}  // namespace gatehouse::identity
