// SPDX-License-Identifier: Apache-2.0
#include "identity/api_keys.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"

#include <gtest/gtest.h>

namespace gatehouse::identity {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{1'763'726'400'000};
std::string const pepper(32, 'p');

struct CountingDice final : Dice {
    unsigned char next = 0;
    std::string bytes(std::size_t size) override
    {
        std::string out;
        for (std::size_t i = 0; i < size; i++)
            out += static_cast<char>(next++);
        return out;
    }
};

struct ApiKeys : ::testing::Test {
    CountingDice dice{};

    NewApiKey make(ApiKeyGrant grant = {.principal = "partner:acme", .roles = {"reader"}})
    {
        return *make_api_key(std::move(grant), pepper, dice, noon);
    }
    static std::string refusal_of(std::string_view text, ApiKey const* stored, WallTime now = noon)
    {
        auto const key = read_api_key(text);
        if (!key)
            return "no key";
        auto const judged = judge_api_key(*key, stored, pepper, now);
        if (judged)
            return "";
        EXPECT_EQ(judged.error().code, ErrorCode::unauthenticated);
        return judged.error().message;
    }
};

TEST_F(ApiKeys, say_who_acts)
{
    auto const made = make();
    EXPECT_EQ(
        made.text.substr(0, 60), "gh_0001020304050607_08090a0b0c0d0e0f101112131415161718191a1b");
    EXPECT_EQ(made.text.size(), 68U);
    auto const judged = judge_api_key(*read_api_key(made.text), &made.stored, pepper, noon);
    ASSERT_TRUE(judged);
    EXPECT_EQ(judged->principal,
        (Principal{.id = "partner:acme", .kind = PrincipalKind::service, .roles = {"reader"}}));
    EXPECT_GT(judged->expires_at, noon + 24h * 365 * 1000);
}

TEST_F(ApiKeys, are_stored_such_that_the_store_tells_nobody_a_key)
{
    auto const made = make();
    auto const text = to_text(made.stored);
    auto const secret = read_api_key(made.text)->secret;
    EXPECT_FALSE(text.contains(secret));
    EXPECT_FALSE(text.contains(to_hex(sha256(secret)))); // It hangs on the pepper.
    EXPECT_EQ(*api_key_from_text(text), made.stored);
    auto const elsewhere
        = judge_api_key(*read_api_key(made.text), &made.stored, std::string(32, 'q'), noon);
    EXPECT_FALSE(elsewhere);
    for (auto const bad : {"", "{", "[]", R"({"id":7})", R"({"unknown":""})"})
        EXPECT_EQ(api_key_from_text(bad).error().code, ErrorCode::internal) << bad;
}

TEST_F(ApiKeys, notice_any_change_of_any_character)
{
    auto const made = make();
    for (std::size_t i = 0; i < made.text.size(); i++)
        for (char const c : {'0', 'f', 'F', '_', ' ', '\0'}) {
            auto forged = made.text;
            forged[i] = c;
            EXPECT_EQ(refusal_of(forged, &made.stored) == "", forged == made.text) << i << c;
        }
    for (std::size_t size = 0; size < made.text.size(); size++)
        EXPECT_FALSE(read_api_key(made.text.substr(0, size)));
    EXPECT_FALSE(read_api_key(made.text + "0"));
    auto upper = made.text;
    upper[34] = 'A'; // Of "0a": there is one spelling.
    EXPECT_FALSE(read_api_key(upper));
}

TEST_F(ApiKeys, give_nothing_away_to_whoever_has_not_the_secret)
{
    auto made = make();
    auto const other = make();
    made.stored.revoked_ms = noon.ms;
    // Well formed, of the same id, with another secret.
    auto forged = made.text.substr(0, 20) + other.text.substr(20, 40);
    forged += to_hex(sha256(forged)).substr(0, 8);
    EXPECT_EQ(refusal_of(forged, &made.stored), "the API key is not valid");
    EXPECT_EQ(refusal_of(made.text, nullptr), "the API key is not valid");
    EXPECT_EQ(refusal_of(made.text, &other.stored), "the API key is not valid");
    EXPECT_EQ(refusal_of(made.text, &made.stored), "the API key was revoked");
}

TEST_F(ApiKeys, end_when_they_say_or_are_revoked)
{
    auto const made = make({.principal = "acme", .expires_at = noon + 60s});
    EXPECT_EQ(refusal_of(made.text, &made.stored, noon + 59'999ms), "");
    EXPECT_EQ(refusal_of(made.text, &made.stored, noon + 60s), "the API key has expired");
    EXPECT_EQ(judge_api_key(*read_api_key(made.text), &made.stored, pepper, noon)->expires_at,
        noon + 60s);
}

TEST_F(ApiKeys, are_made_for_somebody_for_some_time)
{
    auto const makes = [&](ApiKeyGrant grant) {
        auto const made = make_api_key(std::move(grant), pepper, dice, noon);
        return made ? "" : made.error().message;
    };
    EXPECT_EQ(makes({.principal = "acme"}), "");
    EXPECT_NE(makes({.principal = ""}), "");
    EXPECT_NE(makes({.principal = "a\nb"}), "");
    EXPECT_NE(makes({.principal = "acme", .note = "a\nb"}), "");
    EXPECT_NE(makes({.principal = "acme", .roles = {""}}), "");
    EXPECT_NE(makes({.principal = "acme", .roles = {std::string(129, 'r')}}), "");
    EXPECT_NE(makes({.principal = "acme", .roles = std::vector<std::string>(65, "r")}), "");
    EXPECT_NE(makes({.principal = "acme", .expires_at = noon}), "");
}

} // namespace
} // namespace gatehouse::identity
