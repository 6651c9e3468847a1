// SPDX-License-Identifier: Apache-2.0
#include "identity/claims.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

namespace gatehouse::identity {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{1'763'726'400'000}; // 1763726400 s
ClaimRules const rules{.issuer = "https://id.example.com",
    .audiences = {"game", "lobby"},
    .roles_path = "realm_access.roles",
    .skew = 60s};

// Good claims, and `more` behind them, or in their place where the name is the same.
std::string claims_with(std::string_view name = "", std::string_view value = "")
{
    std::vector<std::pair<std::string_view, std::string_view>> members{
        {"iss", R"("https://id.example.com")"}, {"aud", R"("game")"}, {"exp", "1763726460"},
        {"sub", R"("ann")"}};
    auto const found
        = std::ranges::find(members, name, &std::pair<std::string_view, std::string_view>::first);
    if (found == members.end())
        members.emplace_back(name, value);
    else
        found->second = value;
    std::string text;
    for (auto const& [each, json] : members)
        if (!json.empty())
            text += fmt::format(R"({}"{}":{})", text.empty() ? "" : ",", each, json);
    return "{" + text + "}";
}

std::string verdict_of(std::expected<Claims, ClaimRefusal> const& judged)
{
    static constexpr std::array<std::string_view, 8> names{"malformed", "wrong_issuer",
        "wrong_audience", "no_expiry", "expired", "not_yet_valid", "no_subject", "bad_roles"};
    return judged ? "good" : std::string(names[std::to_underlying(judged.error().fault)]);
}

std::string verdict_on(std::string_view name, std::string_view value)
{
    return verdict_of(judge_claims(rules, claims_with(name, value), noon));
}

TEST(Claims, say_who_and_until_when)
{
    auto const judged = judge_claims(
        rules, claims_with("realm_access", R"({"roles":["designer","admin"]})"), noon);
    ASSERT_TRUE(judged) << judged.error().detail;
    EXPECT_EQ(*judged,
        (Claims{.subject = "ann",
            .roles = {"designer", "admin"},
            .expires_at = {1'763'726'460'000 + 60'000}}));
}

struct Case {
    std::string_view name;
    std::string_view value; // Empty: the claim is not there.
    std::string_view verdict;
};

TEST(Claims, are_judged_one_by_one)
{
    for (auto const& [name, value, verdict] : {
             Case{"iss", "", "wrong_issuer"},
             Case{"iss", R"("https://id.example.com/")", "wrong_issuer"},
             Case{"iss", R"("HTTPS://ID.EXAMPLE.COM")", "wrong_issuer"},
             Case{"iss", R"(["https://id.example.com"])", "malformed"},
             Case{"iss", "null", "malformed"},
             Case{"aud", "", "wrong_audience"},
             Case{"aud", R"("other")", "wrong_audience"},
             Case{"aud", R"("gam")", "wrong_audience"},
             Case{"aud", R"(["other","lobby"])", "good"},
             Case{"aud", "[]", "wrong_audience"},
             Case{"aud", R"(["game",7])", "malformed"},
             Case{"aud", R"({"game":1})", "malformed"},
             Case{"aud", "null", "malformed"},
             Case{"sub", "", "no_subject"},
             Case{"sub", R"("")", "no_subject"},
             Case{"sub", "7", "no_subject"},
             Case{"sub", R"("a\u0000b")", "no_subject"},
             Case{"sub", R"("a\nb")", "no_subject"},
             Case{"exp", "", "no_expiry"},
             Case{"exp", "null", "malformed"},
             Case{"exp", R"("1763726460")", "malformed"},
             Case{"exp", "-1", "malformed"},
             Case{"exp", "true", "malformed"},
             Case{"exp", "0", "expired"},
             Case{"exp", "1763726460.5", "good"},
             Case{"exp", "1.76372646e9", "good"},
             Case{"exp", "253402300799", "good"},
             Case{"exp", "253402300800", "malformed"},
             Case{"exp", "9223372036854775807", "malformed"},
             Case{"exp", "18446744073709551615", "malformed"},
             Case{"exp", "18446744073709551616", "malformed"},
             Case{"exp", "1e300", "malformed"},
             Case{"exp", "1e400", "malformed"},
             Case{"exp", "-1e400", "malformed"},
             Case{"exp", "NaN", "malformed"},
             Case{"exp", "01763726460", "malformed"},
             Case{"nbf", "1763726400", "good"},
             Case{"nbf", R"("1763726400")", "malformed"},
             Case{"nbf", "-0.5", "malformed"},
             Case{"nbf", "1e300", "malformed"},
             Case{"iat", "1763726400", "good"},
             Case{"iat", "1763726999", "not_yet_valid"},
             Case{"iat", "{}", "malformed"},
             Case{"realm_access", "7", "good"},
             Case{"realm_access", "{}", "good"},
             Case{"realm_access", R"({"roles":[]})", "good"},
             Case{"realm_access", R"({"roles":"admin"})", "good"},
             Case{"realm_access", R"({"roles":{"admin":true}})", "bad_roles"},
             Case{"realm_access", R"({"roles":["admin",1]})", "bad_roles"},
             Case{"realm_access", R"({"roles":[""]})", "bad_roles"},
             Case{"realm_access", R"({"roles":["a\u0000"]})", "bad_roles"},
             Case{"realm_access", R"({"roles":null})", "bad_roles"},
         })
        EXPECT_EQ(verdict_on(name, value), verdict) << name << " " << value;
}

TEST(Claims, are_refused_where_anything_stands_twice)
{
    auto const good = claims_with();
    auto const twice = [&good](std::string_view more) {
        auto const text = good.substr(0, good.size() - 1) + "," + std::string(more) + "}";
        return verdict_of(judge_claims(rules, text, noon));
    };
    EXPECT_EQ(twice(R"("x":1)"), "good");
    EXPECT_EQ(twice(R"("sub":"eve")"), "malformed");
    EXPECT_EQ(twice(R"("sub":"ann")"), "malformed");
    EXPECT_EQ(twice(R"("s\u0075b":"eve")"), "malformed");
    EXPECT_EQ(twice(R"("x":[{"roles":1,"roles":2}])"), "malformed");
}

TEST(Claims, hold_from_not_before_to_expiry_give_or_take_the_skew)
{
    auto const at = [](Milliseconds later, std::string_view name, std::string_view value) {
        return verdict_of(judge_claims(rules, claims_with(name, value), noon + later));
    };
    EXPECT_EQ(at(119'999ms, "exp", "1763726460"), "good");
    EXPECT_EQ(at(120'000ms, "exp", "1763726460"), "expired");
    EXPECT_EQ(at(120'499ms, "exp", "1763726460.5"), "good");
    EXPECT_EQ(at(120'500ms, "exp", "1763726460.5"), "expired");
    EXPECT_EQ(at(-60'000ms, "nbf", "1763726400"), "good");
    EXPECT_EQ(at(-60'001ms, "nbf", "1763726400"), "not_yet_valid");
    EXPECT_EQ(at(-60'001ms, "iat", "1763726400"), "not_yet_valid");

    auto exact = rules;
    exact.skew = 0s;
    EXPECT_EQ(verdict_of(judge_claims(exact, claims_with(), {1'763'726'459'999})), "good");
    EXPECT_EQ(verdict_of(judge_claims(exact, claims_with(), {1'763'726'460'000})), "expired");
}

TEST(Claims, need_no_issuer_or_audience_where_none_is_asked_for)
{
    ClaimRules const lenient{};
    auto const judge
        = [&](std::string_view text) { return verdict_of(judge_claims(lenient, text, noon)); };
    EXPECT_EQ(judge(R"({"sub":"ann","exp":1763726460})"), "good");
    EXPECT_EQ(judge(R"({"iss":"any","sub":"ann","exp":1763726460})"), "good");
    EXPECT_EQ(judge(R"({"iss":7,"sub":"ann","exp":1763726460})"), "malformed");
    EXPECT_EQ(judge(R"({"aud":"game","sub":"ann","exp":1763726460})"), "wrong_audience");
}

TEST(Claims, have_their_roles_at_a_path_or_under_a_name_with_dots)
{
    auto const roles = [](std::string_view path, std::string_view name, std::string_view value) {
        auto other = rules;
        other.roles_path = path;
        return judge_claims(other, claims_with(name, value), noon)->roles;
    };
    std::vector<std::string> const admin{"admin"};
    EXPECT_EQ(roles("roles", "roles", R"(["admin"])"), admin);
    EXPECT_EQ(roles("https://a.example/roles", "https://a.example/roles", R"("admin")"), admin);
    EXPECT_EQ(roles("a.b.c", "a", R"({"b":{"c":["admin"]}})"), admin);
    EXPECT_EQ(roles("a.b.c", "a", R"({"b.c":["admin"]})"), admin);
    EXPECT_TRUE(roles("", "roles", R"(["admin"])").empty());
    EXPECT_TRUE(roles("a..b", "a", R"({"b":["admin"]})").empty());
}

TEST(Claims, are_bounded)
{
    auto const padded = [](std::size_t size) {
        auto const text = claims_with("x", R"("")");
        auto const padding = std::string(size - text.size(), 'x');
        return verdict_on("x", "\"" + padding + "\"");
    };
    EXPECT_EQ(padded(8192), "good");
    EXPECT_EQ(padded(8193), "malformed");
    auto const nested = [](std::size_t depth) {
        return verdict_on("x", std::string(depth, '[') + std::string(depth, ']'));
    };
    EXPECT_EQ(nested(50), "good");
    EXPECT_EQ(nested(64), "malformed");
    auto const many = [](std::size_t count) {
        std::string roles;
        for (std::size_t i = 0; i < count; i++)
            roles += fmt::format(R"({}"{}")", i == 0 ? "" : ",", i);
        return verdict_on("realm_access", "{\"roles\":[" + roles + "]}");
    };
    EXPECT_EQ(many(roles_max), "good");
    EXPECT_EQ(many(roles_max + 1), "bad_roles");
    EXPECT_EQ(verdict_on("sub", "\"" + std::string(256, 's') + "\""), "good");
    EXPECT_EQ(verdict_on("sub", "\"" + std::string(257, 's') + "\""), "no_subject");
    for (auto const bad : {"", "[]", "7", "{", "null", "{\"exp\":}"})
        EXPECT_EQ(verdict_of(judge_claims(rules, bad, noon)), "malformed") << bad;
}

TEST(Claims, are_refused_in_words_for_clients_and_in_more_for_operators)
{
    auto const error = [](std::string_view name, std::string_view value) {
        return error_of(judge_claims(rules, claims_with(name, value), noon).error());
    };
    EXPECT_EQ(error("exp", "1763000000"),
        (Error{ErrorCode::token_expired, "the token has expired",
            "it expired at 2025-11-13T02:13:20.000Z, now it is 2025-11-21T12:00:00.000Z"}));
    EXPECT_EQ(error("iss", R"("https://evil.example\u001b[2J")"),
        (Error{ErrorCode::unauthenticated, "the token was issued by somebody else",
            R"(its iss is "https://evil.example\x1b[2J", wanted "https://id.example.com")"}));
    EXPECT_EQ(error("aud", "").detail, R"(its aud is missing, wanted "game")");
    EXPECT_LT(error("iss", "\"" + std::string(8000, 'x') + "\"").detail.size(), 200U);
}

} // namespace
} // namespace gatehouse::identity
