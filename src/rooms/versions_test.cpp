// SPDX-License-Identifier: Apache-2.0
// What becomes of rooms when a game, or the platform, changes what it writes.
#include "rooms/rules_of.hpp"
#include "rooms/testing.hpp"
#include "rooms/testing_coins.hpp"
#include "rooms/testing_tally.hpp"

#include <gtest/gtest.h>

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace testing::coins;

template <typename T>
std::string cbor_of(T const& value)
{
    std::string bytes;
    cbor::Writer out(bytes);
    write_cbor(out, value);
    return bytes;
}

template <typename... Games>
Catalogue server_with()
{
    Catalogue games;
    (games.add(rules_of<Games>()), ...);
    return games;
}

// ---- Events

TEST(OldEvents, are_brought_up_to_date_one_step_after_the_other)
{
    auto const first = read_event<Third>("thrown", 1, cbor_of(Thrown1{1, true})).value();
    EXPECT_TRUE(is_same(std::get<Thrown3>(first), Thrown3{1, Face::heads, 0}));
    auto const second = read_event<Third>("thrown", 2, cbor_of(Thrown2{0, Face::tails})).value();
    EXPECT_TRUE(is_same(std::get<Thrown3>(second), Thrown3{0, Face::tails, 0}));
    auto const third = read_event<Third>("thrown", 3, cbor_of(Thrown3{0, Face::heads, 4})).value();
    EXPECT_TRUE(is_same(std::get<Thrown3>(third), Thrown3{0, Face::heads, 4}));
    auto const renamed = read_event<Third>("left", 1, cbor_of(Left{1})).value();
    EXPECT_EQ(std::get<Folded>(renamed).seat, 1);
}

TEST(OldEvents, are_read_by_their_schema_and_not_by_their_looks)
{
    EXPECT_EQ(read_event<Third>("thrown", 2, cbor_of(Thrown1{1, true})).error().code,
        ErrorCode::internal);
    EXPECT_EQ(read_event<Third>("thrown", 1, cbor_of(Thrown1{}) + '\0').error().code,
        ErrorCode::internal);
}

TEST(UnknownEvents, are_refused_with_what_this_server_knows)
{
    auto const newer = read_event<Second>("thrown", 3, {}).error();
    EXPECT_EQ(newer.code, ErrorCode::unavailable);
    EXPECT_EQ(newer.detail, R"(unknown schema 3 of type "thrown": this server knows 1 to 2)");
    EXPECT_EQ(read_event<First>("thrown", 0, {}).error().detail,
        R"(unknown schema 0 of type "thrown": this server knows 1)");
    auto const stranger = read_event<Second>("flew", 2, {}).error();
    EXPECT_EQ(stranger.code, ErrorCode::unavailable);
    EXPECT_EQ(
        stranger.detail, R"(unknown type "flew" (schema 2): this server knows thrown left)");

    auto const platform = decode_platform("room.came", 3, encode_body(Came{})).error();
    EXPECT_EQ(platform.code, ErrorCode::unavailable);
    EXPECT_EQ(
        platform.detail, R"(unknown schema 3 of type "room.came": this server knows 1 to 2)");
}

TEST(Games, store_events_with_their_schema)
{
    Chance const chance(std::string(32, 's'));
    std::vector<Occupant> const seats(2, Occupant::player);
    json::Parser parser;
    auto const nothing = parser.parse("{}").value();
    auto const schema_by = [&](auto rules) {
        std::uint16_t schema = 0;
        auto const play = rules->begin(options_bytes(*rules)).value();
        play->decide(SeatAction{0, "throw", nothing}, {{}, chance, seats},
            [&](Verdict const& verdict) { schema = verdict.events.at(0).schema; });
        return schema;
    };
    EXPECT_EQ(schema_by(rules_of<First>()), 1);
    EXPECT_EQ(schema_by(rules_of<Second>()), 2);
    EXPECT_EQ(schema_by(rules_of<Third>()), 3);
}

// ---- Slips that rules_of does not compile

struct ForgotTheOld {
    using Event = std::variant<Thrown2>;
};
struct ForgotToUpcast {
    using Event = std::variant<Thrown2>;
    using OldEvents = std::variant<Thrown1>;
};
struct ForgotToName {
    using Event = std::variant<Thrown1>;
    static Thrown1 upcast(Thrown2 const&);
    static Thrown1 upcast(Thrown3 const&);
};
struct RunsInCircles {
    using Event = std::variant<Thrown3>;
    using OldEvents = std::variant<Thrown1, Thrown2>;
    static Thrown2 upcast(Thrown1 const&);
    static Thrown1 upcast(Thrown2 const&);
};
struct LeadsNowhere {
    using Event = std::variant<Thrown2>;
    using OldEvents = std::variant<Thrown1>;
    static Left upcast(Thrown1 const&);
};
struct ForgotToCount {
    using Event = std::variant<Thrown1>;
    using OldEvents = std::variant<Thrown1>;
};

template <typename G>
consteval bool all_lead_onward()
{
    using namespace schemas_detail;
    return schemas_detail::all_lead_onward<G>(std::make_index_sequence<EventsOf<G>::olds>());
}

TEST(Upcasts, are_checked_by_the_compiler)
{
    using namespace schemas_detail;
    EXPECT_FALSE(leaves_no_gap<ForgotTheOld>());
    EXPECT_TRUE(leaves_no_gap<ForgotToUpcast>() && leaves_no_gap<Third>());
    EXPECT_TRUE(leaves_no_gap<Fourth>()) << "the rules before know the older schemas";
    EXPECT_FALSE(all_lead_onward<ForgotToUpcast>());
    EXPECT_FALSE(all_lead_onward<RunsInCircles>());
    EXPECT_FALSE(all_lead_onward<LeadsNowhere>());
    EXPECT_TRUE(all_lead_onward<Third>() && all_lead_onward<First>());
    EXPECT_TRUE(NamesUpcast<ForgotToName> && NamesUpcast<Second>);
    EXPECT_FALSE(NamesUpcast<First>);
    EXPECT_FALSE(are_distinct(EventsOf<ForgotToCount>::layouts));
    EXPECT_TRUE(are_distinct(EventsOf<Third>::layouts));
}

// ---- Rules

TEST(Catalogue, has_rules_of_several_versions_side_by_side)
{
    auto const both = server_with<Fourth, Third, Tally>();
    EXPECT_EQ(both.find("coins")->about().version, 2);
    EXPECT_EQ(both.find("coins", 1)->about().version, 1);
    EXPECT_EQ(both.find("coins", 2)->about().version, 2);
    EXPECT_EQ(both.find("coins", 3), nullptr);
    EXPECT_EQ(both.successor("coins", 1), nullptr) << "its own rules are here";
    EXPECT_EQ(both.all().size(), 2U);

    auto const newest = server_with<Fourth>();
    EXPECT_EQ(newest.find("coins", 1)->about().version, 1) << "for replay";
    EXPECT_EQ(newest.successor("coins", 1)->about().version, 2);
    EXPECT_EQ(newest.successor("coins", 2), nullptr);
    EXPECT_EQ(newest.find("tally"), nullptr);
}

// A server of rules 2 that forgot rules 1.
struct Forgetful : Coins<State2, std::variant<Thrown3, Folded>> {
    static constexpr About about = Fourth::about;
    using View = State2;
    using OldEvents = Third::OldEvents;
    static auto upcast(auto const& old) { return Third::upcast(old); }
    static View view(State2 const& state, Seat) { return state; }
    static void evolve(State2& state, Event const& event) { Fourth::evolve(state, event); }
};

// A room on the server of each generation in turn.
struct OldRoom : ::testing::Test {
    Bench bench{};
    Client ann = bench.add("ann", 1);
    Client bob = bench.add("bob", 2);

    template <typename... Games>
    void serve()
    {
        bench.games = server_with<Games...>();
        bench.clients.clear();
        bench.room = std::make_unique<Room>("k7qxm.00000001", bench.options, bench.around);
        bench.room->learn(bench.keys);
        if (bench.room->absorb(bench.kept))
            bench.room->hydrated();
        bench.settle();
        for (auto* each : {&ann, &bob}) {
            each->version.reset();
            bench.join(*each);
        }
        bench.settle();
    }
    void begin()
    {
        bench.games = server_with<First>();
        bench.room = std::make_unique<Room>("k7qxm.00000001", bench.options, bench.around);
        bench.room->open({.game = "coins", .rules = 1, .code = "K7QXM",
                             .seed = std::string(64, '0'), .options = to_hex("\xa0")}, [](auto) {});
        bench.join(ann);
        bench.join(bob);
        throw_twice(1);
    }
    void throw_twice(std::uint64_t id)
    {
        bench.act(ann, id, "throw");
        bench.act(bob, id, "throw");
        bench.settle();
        EXPECT_TRUE(ann.acks.contains(id) && bob.acks.contains(id));
    }
    [[nodiscard]] std::size_t count(std::string_view type) const
    {
        return static_cast<std::size_t>(
            std::ranges::count(bench.kept, type, &events::Event::type));
    }
};

TEST_F(OldRoom, goes_on_where_its_events_have_newer_schemas)
{
    begin();
    serve<Second>();
    throw_twice(2);
    serve<Third>();
    throw_twice(3);
    std::vector<int> schemas;
    for (auto const& event : bench.kept)
        if (event.type == "thrown")
            schemas.push_back(event.schema);
    EXPECT_EQ(schemas, (std::vector{1, 1, 2, 2, 3, 3}));
    EXPECT_EQ(ann.view["game"]["throws"], 6);
    EXPECT_EQ(bench.expected_view(0, bench.kept.size()), ann.view);
}

TEST_F(OldRoom, keeps_its_rules_while_they_are_here)
{
    begin();
    serve<First, Fourth>();
    throw_twice(2);
    EXPECT_EQ(bench.room->state().opened().rules, 1);
    EXPECT_EQ(count("room.upgraded"), 0U);
}

TEST_F(OldRoom, is_upgraded_once_where_its_rules_are_gone)
{
    begin();
    serve<Fourth>();
    EXPECT_EQ(count("room.upgraded"), 1U);
    EXPECT_EQ(ann.view["game"]["players"].size(), 2U) << ann.view;
    throw_twice(2);
    EXPECT_EQ(bench.room->state().opened().rules, 2);

    auto const state = state_bytes(bench.room->state());
    serve<Fourth>();
    EXPECT_EQ(count("room.upgraded"), 1U);
    EXPECT_EQ(state_bytes(bench.room->state()), state);
    // Both of them replay it alike, and so does whoever knows neither rules 1 nor the upgrade.
    serve<Third, Fourth>();
    EXPECT_EQ(state_bytes(bench.room->state()), state);
    serve<Forgetful>();
    EXPECT_EQ(state_bytes(bench.room->state()), state);
    throw_twice(3);
}

TEST_F(OldRoom, is_upgraded_again_where_the_store_lost_it)
{
    begin();
    bench.games = server_with<Fourth>();
    bench.room = std::make_unique<Room>("k7qxm.00000001", bench.options, bench.around);
    bench.room->learn(bench.keys);
    ASSERT_TRUE(bench.room->absorb(bench.kept));
    bench.room->hydrated();
    bench.turn();
    ASSERT_EQ(bench.asked.size(), 1U);
    bench.lose();
    bench.reload();
    EXPECT_EQ(bench.asked.size(), 1U);
    bench.settle();
    EXPECT_EQ(count("room.upgraded"), 1U);
    EXPECT_EQ(bench.kept.back().type, "room.upgraded");
}

TEST_F(OldRoom, is_left_as_it_is_once_it_is_finished)
{
    begin();
    for (std::uint64_t id = 2; id <= 6; id++)
        throw_twice(id);
    auto const events = bench.kept.size();
    EXPECT_EQ(bench.kept.back().type, "room.finished");
    serve<Fourth>();
    EXPECT_EQ(bench.kept.size(), events);
    EXPECT_EQ(ann.view["game"]["points"].size(), 2U) << ann.view;
}

TEST_F(OldRoom, stays_shut_until_a_server_with_its_rules_comes)
{
    begin();
    bench.complaints.clear();
    auto const events = bench.kept.size();
    serve<Forgetful>();
    EXPECT_EQ(bench.kept.size(), events);
    EXPECT_EQ(ann.errors[1], "unavailable");
    ASSERT_EQ(bench.complaints.size(), 1U);
    EXPECT_EQ(bench.complaints[0].message, "this server has other rules of coins");
    EXPECT_EQ(
        bench.complaints[0].detail, "the room is played by rules 1, and here are 2");

    serve<First>();
    throw_twice(2);
}

TEST_F(OldRoom, is_left_alone_by_a_server_older_than_its_events)
{
    begin();
    serve<Third>();
    throw_twice(2); // A timer is armed now.
    bench.complaints.clear();
    auto const events = bench.kept.size();
    serve<Second>();
    bench.after(Milliseconds(60'000));
    bench.act(ann, 3, "throw");
    bench.settle();
    EXPECT_EQ(bench.kept.size(), events);
    EXPECT_EQ(ann.errors[1], "unavailable");
    ASSERT_GE(bench.complaints.size(), 1U);
    EXPECT_EQ(bench.complaints[0].message,
        "a newer server wrote to this room; this one leaves it as it is");
    EXPECT_EQ(bench.complaints[0].detail, "event " + std::to_string(events - 1)
            + R"( (thrown): unknown schema 3 of type "thrown": this server knows 1 to 2)");

    serve<Third>();
    throw_twice(4);
}

}  // namespace
}  // namespace gatehouse::rooms
