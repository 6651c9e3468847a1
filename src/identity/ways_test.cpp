// SPDX-License-Identifier: Apache-2.0
#include "identity/ways.hpp"

#include "identity/jws.hpp"
#include "identity/service_tokens.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fmt/format.h>

namespace gatehouse::identity {
namespace {

using namespace std::chrono_literals;

Now at(Duration later)
{
    return {TimePoint(1h) + later,
        WallTime{1'763'726'400'000} + std::chrono::duration_cast<Milliseconds>(later)};
}
Now const noon = at(0s);

SigningKey key_of(char seed)
{
    return SigningKey::from_seed(std::string(32, seed));
}

// "good ann", "later", "absent", or the message of the error.
std::string said(Answer const& answer)
{
    if (auto const* const good = std::get_if<Verified>(&answer))
        return "good " + good->principal.id;
    if (auto const* const error = std::get_if<Error>(&answer))
        return error->message;
    return std::holds_alternative<Later>(answer) ? "later" : "absent";
}

// An issuer, whose tokens are those of ServiceTokens: he signs with the newest of his keys.
struct Issuer {
    ServiceTokens tokens{key_of('a'), "https://id.example.com"};

    [[nodiscard]] std::string token(std::string_view subject = "ann", Now const& now = noon,
        std::string_view audience = "game") const
    {
        return tokens.issue(subject, audience, now.wall, 60s);
    }
};

struct JwtWays : ::testing::Test {
    Issuer issuer{};
    int fetches = 0;
    JwtWay way{{.rules = {.issuer = "https://id.example.com", .audiences = {"game"}, .skew = 0s},
                   .prefix = "players:"},
        KeySource(KeySource::Options{}), [this] { fetches++; }};

    std::string verify(std::string_view token, Now const& now = noon)
    {
        return said(way.verify({.bearer = token}, now));
    }
    void answer(Now const& now = noon)
    {
        ASSERT_TRUE(way.fetched(issuer.tokens.key_set(), std::nullopt, now.steady));
    }
};

TEST_F(JwtWays, wait_for_the_keys_and_then_know_who_comes)
{
    EXPECT_EQ(said(way.verify({}, noon)), "absent");
    auto const token = issuer.token();
    EXPECT_EQ(verify(token), "later");
    EXPECT_EQ(verify(token), "later");
    EXPECT_EQ(fetches, 1);
    answer();
    EXPECT_EQ(verify(token), "good players:ann");
    EXPECT_EQ(verify(token), "good players:ann"); // Remembered.
    EXPECT_EQ(verify(token, at(59'999ms)), "good players:ann");
    EXPECT_EQ(verify(token, at(60s)), "the token has expired");
    EXPECT_EQ(verify(issuer.token("ann", noon, "bank")), "the token is meant for somebody else");
    EXPECT_EQ(verify(issuer.token("")), "the token names nobody");
    EXPECT_EQ(verify(issuer.token(std::string(250, 's'))), "the token names nobody");
    EXPECT_EQ(verify(std::string(9000, 'x')), "the token is not valid");
    EXPECT_EQ(verify(""), "the token is not valid");
    EXPECT_EQ(fetches, 1);
}

TEST_F(JwtWays, say_that_they_cannot_tell_while_there_are_no_keys)
{
    EXPECT_EQ(verify(issuer.token()), "later");
    way.failed();
    EXPECT_EQ(verify(issuer.token()), "tokens can't be checked at the moment");
    auto const later = at(60s);
    EXPECT_EQ(verify(issuer.token("ann", later), later), "later");
    EXPECT_EQ(fetches, 2);
}

TEST_F(JwtWays, follow_an_issuer_who_changes_his_key_and_forget_the_one_that_is_gone)
{
    EXPECT_EQ(verify(issuer.token()), "later");
    answer();
    auto const old = issuer.token("ann", at(90s));
    EXPECT_EQ(verify(old, at(90s)), "good players:ann");
    issuer.tokens = ServiceTokens(key_of('b'), "https://id.example.com");
    EXPECT_EQ(verify(issuer.token("ann", at(90s)), at(90s)), "later");
    EXPECT_EQ(verify(old, at(90s)), "good players:ann"); // Until the new set is here.
    answer(at(90s));
    EXPECT_EQ(verify(issuer.token("ann", at(90s)), at(90s)), "good players:ann");
    EXPECT_EQ(verify(old, at(90s)), "the token is not valid"); // Though it was remembered.
    EXPECT_EQ(fetches, 2);
}

TEST_F(JwtWays, look_for_no_keys_for_tokens_of_others)
{
    ServiceTokens const stranger(key_of('x'), "https://evil.example");
    EXPECT_EQ(verify(stranger.issue("ann", "game", noon.wall, 60s)),
        "the token was issued by somebody else");
    EXPECT_EQ(verify(sign_jws(key_of('x'), "no claims")), "the token was issued by somebody else");
    EXPECT_EQ(fetches, 0);
    answer();
    // One who says that he is the issuer, with a key that is not: one look a minute.
    ServiceTokens const liar(key_of('x'), "https://id.example.com");
    for (int i = 0; i < 100; i++)
        EXPECT_EQ(verify(liar.issue(std::to_string(i), "game", noon.wall, 60s)), "later");
    answer();
    EXPECT_EQ(verify(liar.issue("ann", "game", noon.wall, 60s)), "the token is not valid");
    EXPECT_EQ(fetches, 1);
}

TEST(Ways, are_tried_in_the_order_of_the_route)
{
    GuestTokens tokens(key_of('k'));
    auto const guest = tokens.issue("g_1", noon.wall, 60s);
    GuestWay guests{GuestTokens(key_of('k'))};
    Issuer const issuer;
    JwtWay players({.rules = {.issuer = "https://id.example.com", .audiences = {"game"}}},
        KeySource(*KeySet::parse(issuer.tokens.key_set())), {});
    JwtWay silent({.rules = {.audiences = {"game"}}}, KeySource(KeySource::Options{}), [] {});
    CertificateWay machines({.name = CertificateName::dns, .prefix = "m:"});
    Certificate const certificate{.dns_names = {"a.example"}, .not_after = at(1h).wall};

    std::array<Way*, 3> const all{&players, &guests, &machines};
    auto const verify = [&](Evidence const& evidence, Now const& now = noon) {
        return said(verify_by(all, evidence, now));
    };
    EXPECT_EQ(verify({}), "absent");
    EXPECT_EQ(verify({.bearer = guest}), "good g_1");
    EXPECT_EQ(verify({.bearer = issuer.token()}), "good ann");
    EXPECT_EQ(verify({.certificate = &certificate}), "good m:a.example");
    EXPECT_EQ(verify({.bearer = guest, .certificate = &certificate}), "good g_1");
    EXPECT_EQ(verify({.bearer = "junk", .certificate = &certificate}), "good m:a.example");
    EXPECT_EQ(verify({.bearer = "junk"}), "the token is not valid");
    EXPECT_EQ(verify({.bearer = guest}, at(2min)), "the token has expired");
    auto const forged = GuestTokens(key_of('x')).issue("g_1", noon.wall, 60s);
    EXPECT_EQ(verify({.bearer = forged}), "the token was issued by somebody else"); // The first.
    EXPECT_EQ(said(verify_by({}, {.bearer = guest}, noon)), "absent");

    std::array<Way*, 2> const waiting{&silent, &guests};
    EXPECT_EQ(said(verify_by(waiting, {.bearer = guest}, noon)), "good g_1");
    EXPECT_EQ(said(verify_by(waiting, {.bearer = issuer.token()}, noon)), "later");
    silent.failed();
    EXPECT_EQ(said(verify_by(waiting, {.bearer = issuer.token()}, noon)),
        "tokens can't be checked at the moment");
}

TEST(Ways, know_keys_that_the_operator_made)
{
    struct Zeros final : Dice {
        std::string bytes(std::size_t size) override { return std::string(size, '\0'); }
    } dice;
    std::string const pepper(32, 'p');
    auto const made
        = *make_api_key({.principal = "acme", .roles = {"reader"}}, pepper, dice, noon.wall);
    bool is_kept = true;
    ApiKeyWay way(pepper, [&](std::string_view id) {
        return is_kept && id == made.stored.id ? &made.stored : nullptr;
    });
    EXPECT_EQ(said(way.verify({}, noon)), "absent");
    EXPECT_EQ(said(way.verify({.api_key = made.text}, noon)), "good acme");
    EXPECT_EQ(said(way.verify({.api_key = "gh_1"}, noon)), "the API key is not valid");
    is_kept = false;
    EXPECT_EQ(said(way.verify({.api_key = made.text}, noon)), "the API key is not valid");
}

TEST(Ways, are_told_of_in_a_challenge)
{
    EXPECT_EQ(challenge_of("players", nullptr), R"(Bearer realm="players")");
    Error const expired{ErrorCode::token_expired, "the token has expired", "secret detail"};
    EXPECT_EQ(challenge_of("players", &expired),
        R"(Bearer realm="players", error="invalid_token", )"
        R"(error_description="the token has expired")");
    Error const odd{ErrorCode::forbidden, "a \"b\" \\ ü\r\n"};
    EXPECT_EQ(challenge_of("players", &odd),
        R"(Bearer realm="players", error="insufficient_scope", )"
        R"(error_description="a 'b' ' ''''")");
}

} // namespace
} // namespace gatehouse::identity
