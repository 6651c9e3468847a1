// SPDX-License-Identifier: Apache-2.0
// What a room records of people can be read with their key, and without it by nobody.
#include "rooms/schemas.hpp"
#include "rooms/testing.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;

struct People : Table {
    void SetUp() override
    {
        bench.open();
        ann.principal = "auth0|ann@example.com";
        bench.join(ann);
        bench.join(bob);
        name(ann, "Annabel");
        name(bob, "Bobby");
    }
    void name(Client& who, std::string const& display)
    {
        bench.act(who, ++last_act, "room.name", R"({"name":")" + display + R"("})");
        bench.settle();
    }
    [[nodiscard]] static std::optional<std::string> name_of(RoomState const& state, Seat seat)
    {
        return state.view().seats[static_cast<std::size_t>(seat)].name;
    }
    // All that is stored, but the keys.
    [[nodiscard]] std::string stored() const
    {
        std::string all;
        for (auto const& event : bench.kept)
            all += event.type + event.data;
        for (auto const& snapshot : bench.snapshots)
            all += snapshot.state;
        return all + bench.room->state().snapshot().state;
    }
    std::uint64_t last_act = 0;
};

TEST_F(People, are_named_in_no_event_and_no_snapshot)
{
    bench.crash();
    for (std::string const word : {"auth0", "ann@example.com", "bob", "Annabel", "Bobby"}) {
        EXPECT_FALSE(stored().contains(word)) << word;
        EXPECT_FALSE(stored().contains(to_hex(word))) << word;
    }
    EXPECT_EQ(name_of(bench.room->state(), 0), "Annabel");
    EXPECT_EQ(bench.room->state().actor_of("auth0|ann@example.com"), 1);
    ASSERT_EQ(bench.keys.size(), 2);
    EXPECT_EQ(bench.keys[0].subject, "auth0|ann@example.com");
    EXPECT_EQ(bench.keys[0].actor, 1);
    EXPECT_NE(bench.keys[0].key, bench.keys[1].key);
}

TEST_F(People, who_are_forgotten_leave_a_seat_without_a_name)
{
    auto const events = bench.kept.size();
    bench.forget(ann.principal);
    EXPECT_EQ(bench.kept.size(), events) << "nothing is recorded";
    EXPECT_EQ(state_bytes(bench.room->state()), state_bytes(bench.replayed()));
    EXPECT_EQ(bench.room->state().snapshot(), bench.replayed().snapshot());
    EXPECT_FALSE(name_of(bench.room->state(), 0));
    EXPECT_EQ(name_of(bench.room->state(), 1), "Bobby");
    EXPECT_EQ(bench.room->state().actor_of(ann.principal), 0);
    EXPECT_EQ(bench.room->state().actor_of(""), 0);
    EXPECT_FALSE(bench.room->forget(ann.principal)) << "that is no news";
    bench.crash();
    EXPECT_FALSE(name_of(bench.room->state(), 0));
}

// No event tells that somebody was forgotten, so what a client holds of before leads nowhere.
TEST_F(People, who_are_forgotten_are_in_no_view_that_a_client_comes_back_with)
{
    auto come_back = [this, connection = 9u](Client& who) mutable {
        bench.ask(who, Gone{});
        bench.settle();
        auto again = who;
        again.who.connection = {connection++};
        again.heard.clear();
        bench.join(again, {.at = Place{1, *again.version}});
        bench.settle();
        return again;
    };
    auto const how = [](Client const& who) { return who.of_type("joined").back()["how"]; };
    bench.forget(ann.principal);
    auto again = come_back(bob);
    EXPECT_EQ(how(again), "snap");
    bench.crash();
    again = come_back(again);
    EXPECT_EQ(how(again), "snap") << "whoever reads the room does not know when that was";
    name(again, "Robert");
    again = come_back(again);
    EXPECT_EQ(how(again), "live");
}

TEST_F(People, who_are_forgotten_while_they_are_here_have_to_go)
{
    bench.forget(ann.principal);
    EXPECT_FALSE(ann.is_in);
    EXPECT_EQ(ann.heard.back()["why"], "erased");
    EXPECT_TRUE(bob.is_in);
    EXPECT_FALSE(bob.view["room"]["seats"][0].contains("name")) << "others see it at once";
    EXPECT_EQ(bob.view["room"]["seats"][1]["name"], "Bobby");
    EXPECT_FALSE(bench.room->summary()->seats[0].name);
    auto const before = bench.kept.size();
    bench.act(ann, ++last_act, "begin");
    bench.settle();
    EXPECT_EQ(ann.errors[last_act], "not_found") << "joining comes first";
    EXPECT_EQ(bench.kept.size(), before);
}

TEST_F(People, who_come_back_after_that_are_somebody_new)
{
    bench.forget(ann.principal);
    auto again = bench.add(ann.principal, 9);
    bench.join(again);
    bench.settle();
    EXPECT_TRUE(again.is_in);
    EXPECT_EQ(again.seat, 2) << "the old seat belongs to nobody";
    EXPECT_EQ(bench.room->state().actor_of(ann.principal), 3);
    name(again, "Anna");
    bench.crash();
    EXPECT_FALSE(name_of(bench.room->state(), 0));
    EXPECT_EQ(name_of(bench.room->state(), 2), "Anna");
}

// The seat that they left is free again as any other that nobody comes back to.
TEST_F(People, who_are_forgotten_hold_no_seat_for_ever)
{
    bench.forget(ann.principal);
    bench.after(bench.options.seat_held + Milliseconds(1));
    EXPECT_EQ(bench.room->state().chairs()[0].by, Occupant::nobody);
}

TEST_F(People, keep_their_names_after_an_append_of_unknown_fate)
{
    bench.act(ann, ++last_act, "room.name", R"({"name":"Anna"})");
    bench.join(eve);
    bench.turn();
    bench.lose(Bench::Fate::kept_unknown);
    bench.reload();
    bench.settle();
    EXPECT_EQ(name_of(bench.room->state(), 0), "Anna");
    EXPECT_EQ(bench.room->state().actor_of("eve"), 3);
    EXPECT_EQ(state_bytes(bench.room->state()), state_bytes(bench.replayed()));
}

TEST_F(People, bring_their_key_with_the_append_that_is_kept)
{
    bench.join(eve);
    bench.turn();
    auto const lost = bench.asked.front().keys;
    ASSERT_EQ(lost.size(), 1);
    bench.lose();
    bench.reload();
    bench.join(eve);
    bench.settle();
    ASSERT_EQ(bench.keys.size(), 3);
    EXPECT_EQ(bench.keys[2].subject, "eve");
    EXPECT_NE(bench.keys[2].key, lost[0].key) << "drawn anew";
    bench.crash();
    EXPECT_EQ(bench.room->state().actor_of("eve"), 3);
}

// A store may have kept the key of an append that it did not keep.
TEST_F(People, are_not_taken_for_whoever_came_in_an_append_that_was_lost)
{
    bench.join(eve);
    bench.turn();
    bench.keys.push_back(bench.asked.front().keys.at(0));
    bench.lose();
    bench.reload();
    auto dan = bench.add("dan", 4);
    bench.join(dan);
    bench.settle();
    EXPECT_EQ(bench.room->state().actor_of("dan"), 3);
    EXPECT_EQ(bench.room->state().actor_of("eve"), 0);
    bench.crash();
    EXPECT_EQ(bench.room->state().actor_of("dan"), 3);
    ASSERT_EQ(bench.keys.size(), 3);
    EXPECT_EQ(bench.keys[2].subject, "dan");
}

TEST_F(People, who_are_forgotten_in_the_turn_in_which_they_come_leave_no_key)
{
    bench.join(eve);
    bench.room->forget("eve");
    bench.settle();
    EXPECT_EQ(bench.keys.size(), 2);
    EXPECT_FALSE(eve.is_in);
    EXPECT_EQ(state_bytes(bench.room->state()), state_bytes(bench.replayed()));
}

TEST_F(People, whose_key_went_while_the_room_was_read_have_to_go)
{
    bench.act(bob, ++last_act, "begin");
    bench.turn();
    bench.lose();
    std::erase_if(bench.keys, [&](auto const& key) { return key.subject == ann.principal; });
    EXPECT_FALSE(bench.room->forget(ann.principal)) << "it knows nobody just now";
    bench.reload();
    bench.settle();
    EXPECT_FALSE(ann.is_in);
    EXPECT_TRUE(bob.is_in);
}

TEST_F(People, with_an_id_too_long_to_be_kept_cannot_play)
{
    auto much = bench.add(std::string(events::subject_size_max + 1, 'm'), 7);
    bench.join(much);
    bench.settle();
    EXPECT_EQ(much.errors[1], "too_large");
    bench.join(much, {.id = 2, .as_spectator = true});
    bench.settle();
    EXPECT_TRUE(much.is_in);
}

// ---- Rooms from before sealing

struct UnsealedRoom : ::testing::Test {
    Bench bench{};
    Client ann = bench.add("ann", 1);

    void add(PlatformEvent const& event, std::string const& body, std::uint16_t schema)
    {
        RoomState const state = bench.replayed();
        events::Event stored{.version = state.version() + 1,
            .type = std::string(Choice<PlatformEvent>::name_of(event)), .schema = schema,
            .at = bench.now.wall, .data = body};
        stored.link = state.link_of(stored);
        bench.kept.push_back(std::move(stored));
    }
    template <typename Old>
    static std::string bytes_of(Old const& old)
    {
        std::string body;
        cbor::Writer out(body);
        write_cbor(out, old);
        return body;
    }
    void SetUp() override
    {
        bench.open();
        add(Came{}, bytes_of(OldCame{"ann"}), 1);
        add(Seated{}, encode_body(Seated{1, 0}), 1);
        add(Named{}, bytes_of(OldNamed{1, "Ann"}), 1);
        bench.crash();
    }
    [[nodiscard]] std::optional<std::string> name() const
    {
        return bench.room->state().view().seats[0].name;
    }
};

TEST_F(UnsealedRoom, is_read_and_goes_on)
{
    EXPECT_EQ(name(), "Ann");
    bench.join(ann);
    bench.act(ann, 1, "room.name", R"({"name":"Annabel"})");
    bench.settle();
    EXPECT_EQ(ann.seat, 0);
    EXPECT_EQ(name(), "Annabel");
    ASSERT_EQ(bench.keys.size(), 1) << "what they say from now on is sealed";
    EXPECT_EQ(bench.keys[0].subject, "ann");
    EXPECT_FALSE(bench.kept.back().data.contains("Annabel"));
    bench.crash();
    EXPECT_EQ(name(), "Annabel");
}

TEST_F(UnsealedRoom, holds_what_was_never_sealed_in_the_clear)
{
    bench.join(ann);
    bench.act(ann, 1, "room.name", R"({"name":"Annabel"})");
    bench.settle();
    bench.forget("ann");
    EXPECT_FALSE(name());
    EXPECT_EQ(bench.room->state().actor_of("ann"), 1);
    EXPECT_EQ(state_bytes(bench.room->state()), state_bytes(bench.replayed()));
}

// ---- Letters

struct SealedLetter : People {
    std::optional<Result<events::Version>> answer{};

    void SetUp() override
    {
        People::SetUp();
        bench.crash();
        bench.room->set_aside({.room = Bench::stream, .doing = Doing::act,
            .principal = ann.principal, .seat = 0, .action = 90, .name = "add",
            .body = R"({"n":777})", .why = "SIGSEGV"});
        bench.settle();
    }
    void retry()
    {
        bench.room->obey(std::make_shared<Instruction>(
            Retry{bench.room->state().letters().at(0).number, {}, {}},
            [this](Result<events::Version> result) { answer = std::move(result); }));
        bench.settle();
    }
};

TEST_F(SealedLetter, says_nothing_without_its_key)
{
    EXPECT_FALSE(stored().contains("777"));
    bench.crash();
    EXPECT_EQ(bench.room->state().letters().at(0).about.body, R"({"n":777})");
    bench.join(ann);
    retry();
    ASSERT_TRUE(answer->has_value());
    EXPECT_EQ(bench.sum(), 777);
}

TEST_F(SealedLetter, of_the_forgotten_is_not_tried_again)
{
    bench.forget(ann.principal);
    EXPECT_EQ(bench.room->state().letters().at(0).about.body, "");
    retry();
    EXPECT_EQ(answer->error().code, ErrorCode::wrong_phase);
    EXPECT_EQ(bench.sum(), 0);
}

} // namespace
} // namespace gatehouse::rooms
