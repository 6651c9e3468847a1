// SPDX-License-Identifier: Apache-2.0
// Rooms that are closed, and that operators have read anew.
#include "rooms/testing_shard.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;

struct Closed : RoomsOfAShard {
    Client ann = client("ann", 1);
    std::string room{};

    void SetUp() override
    {
        RoomsOfAShard::SetUp();
        room = **create_now("AAAAA");
        ask(room, ann, Join{.id = 1});
        ask(room, ann, Act{.id = 1, .name = "add", .body = R"({"n":5})"});
        settle();
    }
    void act(std::uint64_t id, std::string name)
    {
        std::string body = name == "add" ? R"({"n":1})" : "";
        ask(room, ann, Act{.id = id, .name = std::move(name), .body = std::move(body)});
        settle();
    }
    Result<events::Version> reopen()
    {
        Result<events::Version> answer = fail(ErrorCode::internal, "no answer");
        rooms->reopen(room, [&](Result<events::Version> result) { answer = std::move(result); });
        settle();
        return answer;
    }
};

TEST_F(Closed, a_room_whose_game_failed_plays_on_once_an_operator_opens_it)
{
    for (int time = 1; time <= 2; time++) {
        SCOPED_TRACE(time);
        auto const version = store.streams[room].size();
        auto const id = version * 10;
        act(id, "blind");
        EXPECT_EQ(ann.errors[id], "internal");
        ASSERT_FALSE(complaints.empty());
        EXPECT_TRUE(complaints.back().detail.contains("gatehouse room open " + room));
        act(id + 1, "add");
        EXPECT_EQ(ann.errors[id + 1], "internal") << "it is closed";

        EXPECT_EQ(reopen(), version);
        act(id + 2, "add");
        EXPECT_TRUE(ann.acks.contains(id + 2)) << "who was there is there";
        EXPECT_EQ(ann.view["game"]["sum"], 5 + static_cast<int>(ann.acks.size()) - 1);
    }
}

TEST_F(Closed, what_still_cannot_be_read_stays_closed_and_says_why)
{
    auto const sound = store.streams[room];
    store.streams[room].back().data = "nonsense";
    build();
    settle();
    auto const refused = reopen();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "this room's history cannot be read");
    store.streams[room] = sound; // By a backup, say.
    EXPECT_EQ(reopen(), sound.size());
}

TEST_F(Closed, a_room_that_is_shut_opens_whether_it_is_in_memory_or_not)
{
    for (bool const is_finished : {false, true}) {
        if (is_finished)
            act(9, "end");
        auto const version = store.streams[room].size();
        build();
        rooms->beware({}, {{.room = room, .doing = Doing::show, .why = "SIGSEGV"}});
        settle();
        auto bob = client("bob", 2);
        ask(room, bob, Join{.id = 1, .as_spectator = true});
        settle();
        EXPECT_EQ(bob.errors[1], "unavailable");
        EXPECT_EQ(reopen(), version);
        ask(room, bob, Join{.id = 2, .as_spectator = true});
        settle();
        EXPECT_TRUE(bob.is_in);
        clients.clear();
    }
}

TEST_F(Closed, what_is_not_closed_cannot_be_opened)
{
    EXPECT_EQ(reopen().error().code, ErrorCode::not_found);
    room = "none.00000000";
    EXPECT_EQ(reopen().error().code, ErrorCode::not_found);
}

} // namespace
} // namespace gatehouse::rooms
