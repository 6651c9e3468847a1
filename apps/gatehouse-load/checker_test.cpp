// SPDX-License-Identifier: Apache-2.0
#include "checker.hpp"

#include <gtest/gtest.h>

namespace gatehouse::load {
namespace {

using enum Fault;

std::vector<Past> const history{
    {.version = 1, .type = "room.opened"},
    {.version = 2, .type = "room.came", .principal = "anna"},
    {.version = 3, .type = "room.came", .principal = "ben"},
    {.version = 4, .type = "played", .actor = 1, .action = 1},
    {.version = 5, .type = "turn_won", .actor = 1, .action = 1},
    {.version = 6, .type = "played", .actor = 2, .action = 1},
    {.version = 7, .type = "played"},
    {.version = 8, .type = "played", .actor = 1, .action = 4},
};

// What the record of a room says of this history.
std::string verdict_of(auto&& happened, std::vector<Past> const& past = history)
{
    Verdict live;
    RoomRecord record("r", live);
    happened(record);
    Verdict after;
    record.compare(past, after);
    live.merge(std::move(after));
    return live.tally();
}

TEST(Checker, is_content_where_everything_acked_is_in_history)
{
    EXPECT_EQ(verdict_of([](RoomRecord& record) {
        record.acked("anna", 1, 5);
        record.acked("ben", 1, 6);
        record.acked("anna", 4, 8);
        record.saw(0, 8, 7);
        record.saw(-1, 8, 9);
        record.saw(-1, 8, 9);
    }),
        "acked 3  lost 0  twice 0  gaps 0  unseen 0  differ 0");
}

TEST(Checker, finds_an_acked_action_that_is_missing_misplaced_or_somebody_elses)
{
    EXPECT_EQ(verdict_of([](RoomRecord& record) {
        record.acked("anna", 2, 5);
        record.acked("anna", 1, 4);
        record.acked("carl", 1, 5);
    }),
        "acked 3  lost 3  twice 0  gaps 0  unseen 0  differ 0");
}

TEST(Checker, finds_an_action_that_was_applied_again_later_or_at_once)
{
    auto later = history;
    later.push_back({.version = 9, .type = "played", .actor = 1, .action = 1});
    EXPECT_EQ(verdict_of([](RoomRecord&) {}, later),
        "acked 0  lost 0  twice 1  gaps 0  unseen 0  differ 0");
    auto at_once = history;
    at_once.push_back({.version = 9, .type = "played", .actor = 1, .action = 4});
    EXPECT_EQ(verdict_of([](RoomRecord&) {}, at_once),
        "acked 0  lost 0  twice 1  gaps 0  unseen 0  differ 0");
}

TEST(Checker, finds_holes_and_what_was_seen_beyond_the_end)
{
    auto torn = history;
    torn.erase(torn.begin() + 6);
    EXPECT_EQ(verdict_of([](RoomRecord& record) { record.saw(2, 9, 1); }, torn),
        "acked 0  lost 0  twice 0  gaps 1  unseen 1  differ 0");
    EXPECT_EQ(verdict_of([](RoomRecord& record) { record.acked("anna", 1, 5); }, {}),
        "acked 1  lost 1  twice 0  gaps 0  unseen 1  differ 0");
}

TEST(Checker, finds_two_views_of_one_version)
{
    EXPECT_EQ(verdict_of([](RoomRecord& record) {
        record.saw(-1, 3, 1);
        record.saw(0, 3, 2); // Another audience.
        record.saw(-1, 4, 2);
        record.saw(-1, 3, 2);
    }),
        "acked 0  lost 0  twice 0  gaps 0  unseen 0  differ 1");
}

TEST(Checker, reads_what_the_admin_api_answers)
{
    json::Parser parser;
    auto const page = read_page(*parser.parse(R"({"events":[
        {"version":1,"type":"room.came","data":{"principal":"anna"},"raw":"00"},
        {"version":2,"type":"played","actor":1,"action":7,"data":{},"raw":"00"}],"last":false})"));
    ASSERT_TRUE(page);
    EXPECT_FALSE(page->is_last);
    ASSERT_EQ(page->events.size(), 2U);
    EXPECT_EQ(page->events[0].principal, "anna");

    std::vector<Past> sealed{{.version = 1, .type = "room.came"}, {.version = 2, .type = "added"},
        {.version = 3, .type = "room.came", .principal = "dan"},
        {.version = 4, .type = "room.came"}};
    EXPECT_TRUE(name_those_who_came(sealed, *parser.parse(
        R"({"keys":[{"subject":"ann","actor":1,"key":"00"},{"subject":"cem","actor":3}]})")));
    EXPECT_EQ(sealed[0].principal, "ann");
    EXPECT_EQ(sealed[2].principal, "dan") << "nothing was sealed when he came";
    EXPECT_EQ(sealed[3].principal, "cem");
    EXPECT_FALSE(name_those_who_came(sealed, *parser.parse("{}")));
    EXPECT_EQ(page->events[1].actor, 1U);
    EXPECT_EQ(page->events[1].action, 7U);
    EXPECT_FALSE(read_page(*parser.parse(R"({"code":"not_found"})")));
}

}  // namespace
}  // namespace gatehouse::load
