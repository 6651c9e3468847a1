// SPDX-License-Identifier: Apache-2.0
#include "rooms/schemas.hpp"
#include "rooms/state.hpp"
#include "rooms/testing.hpp"

#include <random>

namespace gatehouse::rooms {
namespace {

using namespace testing;

TEST(RecordedEvents, come_back_as_they_were)
{
    for (PlatformEvent const& event : std::initializer_list<PlatformEvent>{
             Opened{.game = "tally", .rules = 3, .code = "K7QXM", .seed = "00", .options = "a0"},
             Came{.sealed = "00ff"}, Named{.actor = 1, .sealed = "00ff"}, Seated{1, 2},
             BotSeated{1}, SeatLeft{0}, StandIn{2, true}, Acted{}, Finished{}}) {
        auto data = encode_body(event);
        append_timers(data, {{"turn", WallTime{17}}, {"end", std::nullopt}});
        auto const parts = split(data);
        ASSERT_TRUE(parts);
        ASSERT_EQ(parts->timers.size(), 2);
        EXPECT_EQ(parts->timers[0].at, WallTime{17});
        EXPECT_FALSE(parts->timers[1].at);
        auto const back
            = decode_platform(Choice<PlatformEvent>::name_of(event), schema_of(event), parts->body);
        ASSERT_TRUE(back);
        EXPECT_EQ(encode_body(*back), encode_body(event));
    }
}

TEST(RecordedEvents, of_before_sealing_say_what_they_said)
{
    auto const read = [](auto const& old) {
        std::string body;
        cbor::Writer out(body);
        write_cbor(out, old);
        return decode_platform(old.name, 1, body).value();
    };
    auto const came = std::get<Came>(read(OldCame{"ann"}));
    EXPECT_EQ(came.principal, "ann");
    EXPECT_EQ(came.sealed, "");
    auto const named = std::get<Named>(read(OldNamed{3, "Änn"}));
    EXPECT_EQ(named.actor, 3);
    EXPECT_EQ(named.display, "Änn");
    EXPECT_EQ(named.sealed, "");
    auto const letter = std::get<SetAside>(read(OldSetAside{.doing = "act", .actor = 3,
        .action = 7, .seat = 1, .what = "add", .body = "{}", .why = "SIGSEGV"}));
    EXPECT_EQ(encode_body(letter),
        encode_body(SetAside{.doing = "act", .actor = 3, .action = 7, .seat = 1, .what = "add",
            .body = "{}", .why = "SIGSEGV"}));
}

TEST(RecordedEvents, are_stored_in_these_bytes)
{
    auto data = encode_body(Seated{1, 2});
    EXPECT_EQ(to_hex(data), "a2656163746f72016473656174" "02");
    append_timers(data, {{"t", WallTime{1000}}, {"u", std::nullopt}});
    EXPECT_EQ(to_hex(data), "a2656163746f7201647365617402" "82" "826174" "1903e8" "826175" "f6");
}

TEST(AppliedActions, are_found_by_their_last_event)
{
    Applied applied;
    EXPECT_EQ(applied.last(), 0);
    applied.record(5, 10);
    applied.record(5, 11);
    applied.record(9, 12);
    EXPECT_EQ(applied.find(5), 11);
    EXPECT_EQ(applied.find(9), 12);
    EXPECT_FALSE(applied.find(6));
    EXPECT_EQ(applied.last(), 9);
}

TEST(RoomState, refuses_events_that_do_not_follow)
{
    Bench bench;
    bench.open();
    auto const opening = bench.kept[0];
    auto const refuses = [&](events::Event event) {
        RoomState fresh(Bench::stream);
        if (event.version > 1) {
            EXPECT_TRUE(fresh.evolve(opening, bench.games));
        }
        event.link = fresh.link_of(event);
        return !fresh.evolve(event, bench.games).has_value();
    };
    EXPECT_TRUE(refuses(
        {.version = 3, .type = "room.came", .schema = 2, .data = encode_body(Came{})}));
    EXPECT_TRUE(refuses(
        {.version = 1, .type = "room.came", .schema = 2, .data = encode_body(Came{})}));
    EXPECT_TRUE(refuses({.version = 2, .type = "room.opened", .data = opening.data}));
    EXPECT_TRUE(refuses({.version = 2, .type = "room.flew", .data = encode_body(Acted{})}));
    EXPECT_TRUE(refuses({.version = 2, .type = "flew", .data = encode_body(Acted{})}));
    EXPECT_TRUE(refuses({.version = 2, .type = "room.seated", .data = encode_body(Seated{1, 0})}));
    EXPECT_TRUE(
        refuses({.version = 2, .type = "room.seat_left", .data = encode_body(SeatLeft{3})}));
    EXPECT_TRUE(refuses({.version = 2, .type = "room.acted", .cause = {1, 1},
        .data = encode_body(Acted{})}));
    EXPECT_FALSE(refuses({.version = 2, .type = "room.acted", .data = encode_body(Acted{})}));
}

// Whatever the store brings: an error, or a state that still answers.
TEST(RoomState, withstands_broken_data)
{
    Bench bench;
    bench.open();
    auto ann = bench.add("ann", 1);
    auto bob = bench.add("bob", 2);
    bench.join(ann);
    bench.join(bob);
    bench.act(ann, 1, "room.name", R"({"name":"Ann"})");
    bench.act(ann, 2, "whisper", R"({"n":42})");
    bench.act(bob, 1, "arm", R"({"timer":"tick","after":500})");
    bench.ask(bob, Leave{1});
    bench.act(ann, 3, "room.bot", R"({"seat":1})");
    bench.act(ann, 4, "end");
    bench.settle();

    std::mt19937 random(1);
    for (int round = 0; round < 5'000; round++) {
        auto events = bench.kept;
        auto& victim = events[random() % events.size()];
        auto& bytes = random() % 8 ? victim.data : victim.type;
        for (auto i = random() % 3 + 1; i > 0 && !bytes.empty(); i--) {
            auto const at = random() % bytes.size();
            switch (random() % 3) {
            case 0: bytes[at] = static_cast<char>(random()); break;
            case 1: bytes.erase(at, 1 + random() % 4); break;
            default: bytes.insert(at, 1, static_cast<char>(random()));
            }
        }
        RoomState state(Bench::stream);
        for (auto& event : events)
            event.link = {}; // It would catch it all.
        for (auto const& event : events)
            if (!state.evolve(event, bench.games))
                break;
        if (state.exists()) {
            static_cast<void>(state_bytes(state));
            static_cast<void>(state.host());
        }
    }
}

// ---- The chain

struct AChain : Table {
    std::vector<events::Event> history()
    {
        bench.act(ann, 1, "add", R"({"n":5})");
        bench.act(bob, 1, "whisper", R"({"n":42})");
        bench.settle();
        return bench.kept;
    }
    Result<void> replay(
        std::vector<events::Event> const& events, std::string_view stream = Bench::stream)
    {
        RoomState state(stream);
        for (auto const& event : events)
            if (auto const evolved = state.evolve(event, bench.games); !evolved)
                return evolved;
        return {};
    }
};

TEST_F(AChain, runs_through_all_events)
{
    auto const events = history();
    auto link = events::chain_start(Bench::stream);
    for (auto const& event : events) {
        link = events::chain_link(link, event);
        EXPECT_EQ(event.link, link) << event.version;
    }
    EXPECT_TRUE(replay(events));
    EXPECT_FALSE(replay(events, "k7qxm.00000002")) << "it is another room's";
}

TEST_F(AChain, names_the_event_that_was_changed)
{
    auto const events = history();
    for (std::size_t i = 0; i < events.size(); i++) {
        auto changed = events;
        changed[i].at.ms++;
        auto const replayed = replay(changed);
        ASSERT_FALSE(replayed);
        EXPECT_TRUE(replayed.error().detail.starts_with(
            "event " + std::to_string(i + 1) + " (" + events[i].type + "): its link"))
            << replayed.error().detail;
        changed = events;
        changed[i].link = {};
        EXPECT_FALSE(replay(changed)) << "a chain cannot be left";
    }
}

TEST_F(AChain, is_none_in_what_an_older_version_began)
{
    auto events = history();
    for (auto& event : events)
        event.link = {};
    EXPECT_TRUE(replay(events));
    bench.kept = events;
    bench.crash();
    auto again = bench.add("ann", 9);
    bench.join(again);
    bench.act(again, 2, "add", R"({"n":1})");
    bench.settle();
    EXPECT_EQ(bench.kept.back().link, events::Link{});
    EXPECT_EQ(bench.sum(), 6);
    events.back().link[0] = std::byte{1};
    EXPECT_FALSE(replay(events)) << "nor joined later";
}

}  // namespace
}  // namespace gatehouse::rooms
