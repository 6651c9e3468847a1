// SPDX-License-Identifier: Apache-2.0
// A shard forgets somebody: in all its rooms, and in those that it is just reading.
#include "rooms/testing_shard.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;

struct PeopleOfAShard : RoomsOfAShard {
    Client ann = client("ann", 1);
    Client bob = client("bob", 2);
    std::string room{};
    bool is_forgotten = false;

    void SetUp() override
    {
        RoomsOfAShard::SetUp();
        room = **create_now("AAAAA");
        ask(room, ann, Join{.id = 1});
        ask(room, bob, Join{.id = 1});
        ask(room, ann, Act{.id = 1, .name = "room.name", .body = R"({"name":"Ann"})"});
        ask(room, bob, Act{.id = 1, .name = "room.name", .body = R"({"name":"Bob"})"});
        settle();
    }
    void forget_in_store()
    {
        for (auto& [stream, members] : store.keys)
            std::erase_if(members, [](auto const& each) { return each.second.subject == "ann"; });
    }
    void forget()
    {
        rooms->forget("ann", [this] { is_forgotten = true; });
    }
    std::optional<std::string> name(std::size_t seat)
    {
        return describe(room).value()->view.seats[seat].name;
    }
};

TEST_F(PeopleOfAShard, are_known_again_after_a_restart)
{
    build();
    settle();
    EXPECT_EQ(name(0), "Ann");
    auto again = client("ann", 9);
    ask(room, again, Join{.id = 1});
    settle();
    EXPECT_EQ(again.seat, 0);
}

TEST_F(PeopleOfAShard, are_known_where_a_snapshot_cannot_be_used)
{
    store.snapshots[room] = {.version = 3, .link = {}, .state = "rot", .hash = "rot"};
    build();
    settle();
    EXPECT_EQ(complaints.size(), 1);
    EXPECT_EQ(name(0), "Ann");
    EXPECT_EQ(name(1), "Bob");
    store.is_down = true; // And so when they are read once more.
    ask(room, ann, Join{.id = 2});
    ask(room, ann, Act{.id = 2, .name = "begin"});
    settle();
    store.is_down = false;
    after(options.reread_after);
    EXPECT_EQ(name(0), "Ann");
}

TEST_F(PeopleOfAShard, have_no_names_where_their_keys_cannot_be_read)
{
    store.keys.clear();
    store.keys_lost = "a page is damaged";
    build();
    settle();
    ASSERT_EQ(complaints.size(), 1);
    EXPECT_EQ(complaints[0].detail, "a page is damaged");
    EXPECT_FALSE(name(0));
    auto again = client("ann", 9);
    ask(room, again, Join{.id = 1});
    settle();
    EXPECT_TRUE(again.is_in) << "as somebody new";
}

TEST_F(PeopleOfAShard, are_forgotten_at_once_where_nothing_is_on_its_way)
{
    forget_in_store();
    forget();
    EXPECT_TRUE(is_forgotten);
    EXPECT_FALSE(name(0));
    EXPECT_EQ(name(1), "Bob");
    EXPECT_FALSE(ann.is_in);
    build();
    settle();
    EXPECT_FALSE(name(0));
}

// Whoever deletes keys again when it is done leaves none.
TEST_F(PeopleOfAShard, are_forgotten_when_what_was_on_its_way_is_answered)
{
    auto const other = **create_now("BBBBB");
    forget_in_store();
    ask(other, ann, Join{.id = 1});
    rooms->end_turn(); // The key is on its way.
    forget();
    ask(room, bob, Act{.id = 2, .name = "begin"});
    rooms->end_turn();
    EXPECT_FALSE(is_forgotten);
    answer_once();
    EXPECT_TRUE(is_forgotten);
    forget_in_store();
    settle();
    EXPECT_FALSE(ann.is_in);
    build();
    settle();
    EXPECT_FALSE(describe(other).value()->view.seats[0].name);
    EXPECT_TRUE(store.keys[other].empty());
}

TEST_F(PeopleOfAShard, are_not_forgotten_because_of_an_answer_that_overtakes)
{
    auto const other = **create_now("BBBBB");
    ask(other, ann, Join{.id = 1});
    rooms->end_turn();
    forget();
    ask(room, bob, Act{.id = 2, .name = "begin"});
    rooms->end_turn();
    std::exchange(store.answers.back(), [] { })();
    EXPECT_FALSE(is_forgotten);
    answer_once();
    EXPECT_TRUE(is_forgotten);
}

TEST_F(PeopleOfAShard, are_forgotten_by_what_is_cached_of_rooms_that_ended)
{
    ask(room, ann, Act{.id = 2, .name = "end"});
    ask(room, ann, Gone{});
    ask(room, bob, Gone{});
    settle();
    after(1ms);
    EXPECT_EQ(name(0), "Ann");
    EXPECT_EQ(rooms->awake(), 0) << "it is cached";
    forget_in_store();
    forget();
    settle();
    EXPECT_FALSE(name(0));
    EXPECT_EQ(name(1), "Bob");
}

TEST_F(PeopleOfAShard, are_forgotten_by_rooms_that_are_being_read)
{
    build();
    settle();
    rooms.reset();
    store.answers.clear();
    build(); // It asks for the heads, …
    answer_once(); // … and for the room; the store has read its keys by now.
    forget_in_store();
    forget();
    settle();
    EXPECT_FALSE(name(0));
    EXPECT_EQ(name(1), "Bob");
}

} // namespace
} // namespace gatehouse::rooms
