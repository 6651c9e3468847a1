// SPDX-License-Identifier: Apache-2.0
#include "node/ways.hpp"

#include "identity/service_tokens.hpp"
#include "node/world_test.hpp"

#include <gtest/gtest.h>

namespace gatehouse::node {
namespace {

using identity::SigningKey;

constexpr std::string_view here = "https://id.example.com";

SigningKey key_of(char seed)
{
    return SigningKey::from_seed(std::string(32, seed));
}

WayOptions players(identity::ServiceTokens const& issuer)
{
    JwtOptions jwt{.keys = issuer.key_set()};
    jwt.judged.rules = {.issuer = std::string(here), .audiences = {"game"}};
    jwt.judged.prefix = "players:";
    return {"players", jwt};
}

// "ann", or what was said instead.
std::string said(identity::Answer const& answer)
{
    if (auto const* const good = std::get_if<identity::Verified>(&answer))
        return good->principal.id;
    if (auto const* const error = std::get_if<Error>(&answer))
        return error->message;
    return std::holds_alternative<identity::Later>(answer) ? "later" : "absent";
}

struct WaysTest : testing::Test {
    Now now{TimePoint{1h}, {1'763'733'787'000}};
    SigningKey own = key_of('k');
    identity::GuestTokens guests{own};
    identity::ServiceTokens issuer{key_of('a'), std::string(here)};
    Ways ways{own};
    std::string guest = guests.issue("g_1", now.wall, 60s);
    std::string player = issuer.issue("ann", "game", now.wall, 60s);

    std::string verify(std::string_view token, std::vector<std::string> const& names)
    {
        return said(ways.verify({.bearer = token}, names, now));
    }
};

TEST_F(WaysTest, each_token_is_good_where_its_way_is_named)
{
    ways.change({{"guests", GuestOptions{}}, players(issuer)});
    EXPECT_EQ(verify(guest, {"guests"}), "g_1");
    EXPECT_EQ(verify(guest, {"players", "guests"}), "g_1");
    EXPECT_EQ(verify(guest, {"players"}), "the token was issued by somebody else");
    EXPECT_EQ(verify(player, {"players", "guests"}), "players:ann");
    EXPECT_EQ(verify(player, {"guests"}), "the token is not valid");
    EXPECT_EQ(verify(guest, {}), "g_1") << "where no way is named, guests come";
    EXPECT_EQ(verify(player, {"gone"}), "absent");
}

TEST_F(WaysTest, a_changed_way_forgets_what_was_good_before)
{
    ways.change({players(issuer)});
    EXPECT_EQ(verify(player, {"players"}), "players:ann");
    ways.change({players(issuer)});
    EXPECT_EQ(verify(player, {"players"}), "players:ann");
    ways.change({players(identity::ServiceTokens(key_of('b'), std::string(here)))});
    EXPECT_NE(verify(player, {"players"}), "players:ann") << "its key is gone";
    ways.change({});
    EXPECT_EQ(verify(player, {"players"}), "absent");
}

TEST_F(WaysTest, knows_where_guests_come)
{
    ways.change({{"anyone", GuestOptions{.ttl = 5s}}, players(issuer)});
    auto const guests_of
        = [this](std::vector<std::string> const& names) { return ways.guests_of(names); };
    ASSERT_TRUE(guests_of({"players", "anyone"}));
    EXPECT_EQ(guests_of({"players", "anyone"})->ttl, 5s);
    EXPECT_FALSE(guests_of({"players"}));
    EXPECT_TRUE(guests_of({}));
}

TEST_F(WaysTest, who_waits_is_told_of_a_change_once)
{
    int told = 0;
    ways.await([&] {
        told++;
        ways.await([&] { told += 10; });
    });
    ways.change({});
    EXPECT_EQ(told, 1);
}

// ---- Keys that are fetched

struct FetchedWays : testing::Test {
    Now now{TimePoint{1h}, {1'763'733'787'000}};
    identity::ServiceTokens issuer{key_of('a'), std::string(here)};
    std::vector<std::string> fetches{};
    Ways ways{
        key_of('k'), [this](std::string const& way, JwtOptions const&) { fetches.push_back(way); }};
    WayOptions options = fetched();
    std::string player = issuer.issue("ann", "game", now.wall, 600s);

    [[nodiscard]] WayOptions fetched() const
    {
        auto made = players(issuer);
        auto& jwt = std::get<JwtOptions>(made.kind);
        jwt.keys.clear();
        jwt.url = "https://id.example.com/keys";
        return made;
    }
    void SetUp() override { ways.change({options}); }
    [[nodiscard]] JwtOptions const& jwt() const { return std::get<JwtOptions>(options.kind); }
    std::string verify()
    {
        return said(ways.verify({.bearer = player}, std::vector<std::string>{"players"}, now));
    }
};

TEST_F(FetchedWays, who_waits_is_told_when_they_came)
{
    EXPECT_EQ(verify(), "later");
    EXPECT_EQ(verify(), "later");
    EXPECT_EQ(fetches, std::vector<std::string>{"players"});
    std::string told;
    ways.await([&] { told = verify(); });
    EXPECT_TRUE(ways.came("players", jwt(), issuer.key_set(), std::nullopt, now.steady));
    EXPECT_EQ(told, "players:ann");
}

TEST_F(FetchedWays, who_waits_is_told_when_they_did_not)
{
    EXPECT_EQ(verify(), "later");
    std::string told;
    ways.await([&] { told = verify(); });
    ways.failed("players", jwt());
    EXPECT_EQ(told, "tokens can't be checked at the moment");
    EXPECT_FALSE(ways.came("players", jwt(), "rubbish", std::nullopt, now.steady));
    EXPECT_EQ(fetches.size(), 1) << "within the cooldown nobody is asked again";
    now.steady += 60s;
    EXPECT_EQ(verify(), "later");
    EXPECT_EQ(fetches.size(), 2);
}

TEST_F(FetchedWays, what_comes_for_a_way_that_has_changed_is_not_its_own)
{
    EXPECT_EQ(verify(), "later");
    auto const before = jwt();
    std::get<JwtOptions>(options.kind).url = "https://other.example.com/keys";
    ways.change({options});
    EXPECT_TRUE(ways.came("players", before, issuer.key_set(), std::nullopt, now.steady));
    EXPECT_EQ(verify(), "later") << "those are of somebody else";
    EXPECT_EQ(fetches.size(), 2);
}

// ---- Through the node

struct NodeWays : testing::Test {
    NodeWays() { world.start(); }

    std::string sign_in(std::vector<std::string> accepts)
    {
        gateway::GatewayOptions options;
        options.routes
            = {{.path = "/v1/**", .target = gateway::Target::rooms, .auth = std::move(accepts)}};
        auto const config = gateway::compile(std::move(options)).value();
        for (auto& each : world.shards)
            each->node.reload({{"guests", GuestOptions{}}, players(issuer)}, config);
        return world.ask(0, "POST /v1/sessions");
    }
    bool opens_room(std::string const& token)
    {
        return world
            .ask(0, "POST /v1/rooms", "Authorization: Bearer " + token + "\r\n",
                R"({"game":"tally","options":{"first":5}})")
            .contains(" 201 ");
    }

    World world;
    identity::ServiceTokens issuer{key_of('a'), std::string(here)};
    std::string player = issuer.issue("ann", "game", world.now.wall, 60s);
};

TEST_F(NodeWays, a_route_without_guests_hands_out_no_sessions)
{
    EXPECT_TRUE(sign_in({"players", "guests"}).contains(" 201 "));
    auto const refused = sign_in({"players"});
    EXPECT_TRUE(refused.contains(" 403 ") && refused.contains("players")) << refused;
}

TEST_F(NodeWays, a_reload_changes_who_may_come)
{
    EXPECT_TRUE(sign_in({"guests"}).contains(" 201 "));
    EXPECT_FALSE(opens_room(player));
    static_cast<void>(sign_in({"players"}));
    EXPECT_TRUE(opens_room(player));
}

TEST_F(NodeWays, a_player_gets_tickets_of_their_own)
{
    static_cast<void>(sign_in({"players"}));
    auto const ticket
        = world.ask(0, "POST /v1/tickets", "Authorization: Bearer " + player + "\r\n", "{}");
    EXPECT_TRUE(ticket.contains("players:ann")) << ticket;
}

} // namespace
} // namespace gatehouse::node
