// SPDX-License-Identifier: Apache-2.0
// What becomes of rooms when a game, or the platform, changes what it writes.
#include "rooms/rules_of.hpp"
#include "rooms/testing.hpp"
#include "rooms/testing_coins.hpp"

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

}  // namespace
}  // namespace gatehouse::rooms
