// SPDX-License-Identifier: Apache-2.0
#include "admin/admin.hpp"
#include "events/testing.hpp"

#include "admin/rendering.hpp"
#include "base/cbor.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace gatehouse::admin {
namespace {

using Json = nlohmann::json;

// What a test fills it with; answers at once.
struct FilledStore final : events::testing::UnableStore {
    void append(std::vector<events::StreamAppend>, OnAppended) override { FAIL() << "read only"; }
    void read(std::string stream, events::Version after, std::size_t events_max,
        OnEvents done) override
    {
        std::vector<events::Event> found;
        for (auto version = after + 1; stream == "long.1" && version <= last; version++)
            if (found.size() < events_max)
                found.push_back({.version = version, .type = "added", .schema = 2,
                    .at = {1'000}, .cause = {3, 17}, .data = data});
        done(std::move(found));
    }
    void streams(std::string after, std::size_t streams_max, OnHeads done) override
    {
        if (is_broken)
            return done(fail(ErrorCode::unavailable, "The store cannot read."));
        std::vector<events::StreamHead> found;
        for (auto const& head : heads_by_name)
            if (head.stream > after && found.size() < streams_max)
                found.push_back(head);
        done(std::move(found));
    }
    void log(events::LogCursor from, std::size_t, OnPage done) override
    {
        done(events::LogPage{.events = {{.slot = 7, .position = 40, .stream = "a.1",
                                 .event = {.version = 1, .type = "opened", .schema = 1,
                                     .at = {9}, .cause = {}, .data = data}}},
            .next = from + 1, .is_last = true});
    }

    events::Version last = 0;
    std::vector<events::StreamHead> heads_by_name{
        {.stream = "a.1", .category = "chess", .version = 4,
            .state = {.finished = false, .deadline = WallTime{5'000}}},
        {.stream = "b.1", .category = "tally", .version = 9,
            .state = {.finished = true, .deadline = {}}}};
    bool is_broken = false;
    std::string data = "\xa1\x61n\x07"; // {"n":7}
};

struct AdminTest : testing::Test {
    http::Response ask(std::string_view path, std::string_view query = "",
        std::string_view method = "GET")
    {
        std::vector<http::Response> answers;
        answer({.method = method, .path = path, .query = query, .request_id = "r-1",
                   .store_name = "sqlite:/x.db", .now = {}},
            store, [&](http::Response one) { answers.push_back(std::move(one)); });
        EXPECT_EQ(answers.size(), 1u);
        return answers.at(0);
    }
    std::string rooms(std::string_view query)
    {
        std::string names;
        auto const listed = Json::parse(ask("/admin/rooms", query).body);
        for (auto const& each : listed["rooms"])
            names += each["room"].get<std::string>() + " ";
        return names;
    }
    FilledStore store;
};

TEST_F(AdminTest, names_its_store)
{
    EXPECT_EQ(Json::parse(ask("/admin/store").body)["store"], "sqlite:/x.db");
}

TEST_F(AdminTest, lists_the_rooms_by_game_and_status)
{
    EXPECT_EQ(rooms(""), "a.1 b.1 ");
    EXPECT_EQ(rooms("game=tally"), "b.1 ");
    EXPECT_EQ(rooms("status=finished"), "b.1 ");
    EXPECT_EQ(rooms("status=unfinished"), "a.1 ");
    EXPECT_EQ(rooms("game=tally&status=unfinished"), "");
}

TEST_F(AdminTest, lists_the_rooms_page_by_page)
{
    store.heads_by_name.clear();
    for (std::size_t i = 0; i < rooms_per_page + 1; i++)
        store.heads_by_name.push_back({.stream = "r." + std::to_string(10'000 + i),
            .category = i < rooms_per_page ? "chess" : "tally"});
    auto const first = Json::parse(ask("/admin/rooms", "game=tally").body);
    EXPECT_EQ(first["rooms"].size(), 0u) << "none of those looked at fits";
    EXPECT_EQ(first["next"], "r.10999");
    EXPECT_FALSE(first["last"].get<bool>());
    auto const rest = Json::parse(ask("/admin/rooms", "game=tally&after=r.10999").body);
    EXPECT_EQ(rest["rooms"][0]["room"], "r.11000");
    EXPECT_TRUE(rest["last"].get<bool>());
    auto const none = Json::parse(ask("/admin/rooms", "after=r.11000").body);
    EXPECT_EQ(none, Json::parse(R"({"rooms":[],"next":"r.11000","last":true})"));
}

TEST_F(AdminTest, says_that_the_store_cannot_be_read)
{
    store.is_broken = true;
    EXPECT_EQ(ask("/admin/rooms").status, 503);
}

TEST_F(AdminTest, shows_events_page_by_page)
{
    store.last = events_per_page + 1;
    auto const first = Json::parse(ask("/admin/rooms/long.1/events").body);
    EXPECT_EQ(first["events"].size(), events_per_page);
    EXPECT_FALSE(first["last"].get<bool>());
    EXPECT_EQ(first["events"][0], Json::parse(R"({"version":1,"type":"added","schema":2,
        "at":1000,"actor":3,"action":17,"data":{"n":7},"raw":"a1616e07"})"));
    auto const rest = Json::parse(ask("/admin/rooms/long.1/events", "after=1000").body);
    EXPECT_EQ(rest["events"].size(), 1u);
    EXPECT_TRUE(rest["last"].get<bool>());
    auto const none = ask("/admin/rooms/long.1/events", "after=1001");
    EXPECT_EQ(none.status, 200) << "the room is there";
    EXPECT_EQ(ask("/admin/rooms/nobody.1/events").status, 404);
}

TEST_F(AdminTest, shows_the_log_with_where_each_event_stands)
{
    auto const page = Json::parse(ask("/admin/log", "from=41").body);
    EXPECT_EQ(page["next"], 42);
    EXPECT_EQ(page["events"][0], Json::parse(R"({"room":"a.1","slot":7,"position":40,"version":1,
        "type":"opened","schema":1,"at":9,"data":{"n":7},"raw":"a1616e07"})"));
}

TEST_F(AdminTest, refuses_what_is_no_question)
{
    EXPECT_EQ(ask("/admin/log", "from=x").status, 400);
    EXPECT_EQ(ask("/admin/log", "from=18446744073709551616").status, 400);
    EXPECT_EQ(ask("/admin/rooms/long.1/events", "after=-1").status, 400);
    EXPECT_EQ(ask("/admin/nothing").status, 404);
    EXPECT_EQ(ask("/admin/rooms/events").status, 404);
    EXPECT_EQ(ask("/admin/rooms", "", "HEAD").status, 200);
    auto const write = ask("/admin/rooms", "", "DELETE");
    EXPECT_EQ(write.status, 405);
    EXPECT_EQ(write.headers.at(0), std::pair(std::string("Allow"), std::string("GET, HEAD")));
}

TEST(Rendering, reads_back_what_it_wrote)
{
    events::StreamHead const head{.stream = "k7qxm.9f", .category = "chess", .version = 12,
        .state = {.finished = true, .deadline = WallTime{77}}, .at = {1'763'733'787'000}};
    events::Event const event{.version = 3, .type = "moved", .schema = 2, .at = {1'763'733'787'000},
        .cause = {5, 6}, .data = std::string("\x00\xff\xa0", 3),
        .link = {std::byte{7}, std::byte{255}}};
    std::string text;
    json::Writer out(text);
    out.array();
    write_head(out, head);
    write_event(out, event);
    out.end_array();
    json::Parser parser;
    std::vector<json::Node> nodes;
    parser.parse(text)->each_element([&](json::Node node) {
        nodes.push_back(node);
        return true;
    });
    EXPECT_EQ(read_head(nodes.at(0)), head);
    EXPECT_EQ(read_event(nodes.at(1)), event);
    EXPECT_FALSE(read_event(nodes.at(0)));
    EXPECT_FALSE(read_head(nodes.at(1)));
}

}  // namespace
}  // namespace gatehouse::admin
