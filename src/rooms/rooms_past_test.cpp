// SPDX-License-Identifier: Apache-2.0
// Rooms that go on from how another one was, or from how they were.
#include "events/chain.hpp"
#include "rooms/testing_shard.hpp"

namespace gatehouse::rooms {
namespace {

using namespace testing;

struct Pasts : RoomsOfAShard {
    Client ann = client("ann", 1);
    Client bob = client("bob", 2);
    std::string room{};

    void SetUp() override
    {
        RoomsOfAShard::SetUp();
        room = **create_now("AAAAA");
        ask(room, ann, Join{.id = 1});
        ask(room, bob, Join{.id = 1});
        act(ann, 1, "begin");
    }
    void act(Client& who, std::uint64_t id, std::string name, std::string body = {})
    {
        act_in(room, who, id, std::move(name), std::move(body));
    }
    void act_in(std::string const& where, Client& who, std::uint64_t id, std::string name,
        std::string body = {})
    {
        ask(where, who, Act{.id = id, .name = std::move(name), .body = std::move(body)});
        settle();
    }
    void add(std::uint64_t id, int n) { act(ann, id, "add", R"({"n":)" + std::to_string(n) + "}"); }
    events::Version version() { return store.streams[room].size(); }

    Result<Rooms::Fork> fork(Rooms::Moment moment = {}, std::string name = {})
    {
        Result<Rooms::Fork> forked = fail(ErrorCode::internal, "no answer");
        rooms->fork(room, moment, std::move(name),
            [&](Result<Rooms::Fork> result) { forked = std::move(result); });
        settle();
        return forked;
    }
    void finish_and_sleep()
    {
        act(ann, 3, "end");
        ask(room, ann, Gone{});
        ask(room, bob, Gone{});
        settle();
        after(1ms);
        ASSERT_EQ(rooms->awake(), 0u);
    }
    Result<Rooms::WentBack> go_back(Rooms::Moment moment)
    {
        Result<Rooms::WentBack> went = fail(ErrorCode::internal, "no answer");
        rooms->go_back(
            room, moment, [&](Result<Rooms::WentBack> result) { went = std::move(result); });
        settle();
        return went;
    }
    std::string words_of(Result<Rooms::Fork> const& forked)
    {
        return forked ? "forked" : forked.error().message;
    }
    Client joined(std::string const& where, std::string principal, std::uint64_t connection,
        bool as_spectator = false)
    {
        auto who = client(std::move(principal), connection);
        ask(where, who, Join{.id = 1, .as_spectator = as_spectator});
        settle();
        clients.erase(who.who);
        return who;
    }
    int sum_in(std::string const& where)
    {
        return joined(where, "eve", 77, true).view["game"]["sum"];
    }
    RoomState replayed(std::string const& where)
    {
        RoomState state(where);
        for (auto const& event : store.streams[where])
            EXPECT_TRUE(state.evolve(event, games));
        return state;
    }
    void restart()
    {
        build();
        settle();
    }
};

TEST_F(Pasts, a_fork_plays_on_beside_its_room)
{
    add(2, 1);
    auto const then = version();
    add(3, 10);
    auto const untouched = store.streams[room];
    auto const forked = fork({.version = then});
    ASSERT_TRUE(forked) << words_of(forked);
    EXPECT_TRUE(forked->is_new);
    EXPECT_EQ(forked->from, room);
    EXPECT_EQ(forked->version, then);
    EXPECT_EQ(store.streams[room], untouched);
    EXPECT_EQ(slot_of(forked->room), slot_of(room));
    EXPECT_EQ(sum_in(forked->room), 1);
    EXPECT_EQ(sum_in(room), 11);

    auto bob_there = client("bob", 3);
    ask(forked->room, bob_there, Join{.id = 1});
    act_in(forked->room, bob_there, 1, "add", R"({"n":5})");
    add(4, 100);
    EXPECT_EQ(bob_there.seat, 1) << "the seat is kept";
    EXPECT_EQ(bob_there.view["game"]["sum"], 6);
    EXPECT_EQ(ann.view["game"]["sum"], 111);
    restart();
    EXPECT_EQ(sum_in(forked->room), 6);
    EXPECT_EQ(sum_in(room), 111);
}

TEST_F(Pasts, a_fork_draws_by_a_seed_of_its_own)
{
    add(2, 1);
    auto const forked = fork();
    ASSERT_TRUE(forked);
    auto const before = replayed(room);
    auto const after = replayed(forked->room);
    EXPECT_NE(after.seed(), before.seed());
    EXPECT_EQ(after.seed().size(), 32u);
    EXPECT_NE(after.view().commit, before.view().commit);
    EXPECT_EQ(find_code(after.view().code)->value(), forked->room);
    EXPECT_EQ(after.epoch(), 1u);
}

TEST_F(Pasts, who_repeats_an_order_gets_the_same_fork)
{
    add(2, 1);
    auto const then = version();
    add(3, 10);
    auto const first = fork({.version = then});
    ASSERT_TRUE(first);
    auto const again = fork({.version = then});
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->is_new);
    EXPECT_EQ(again->room, first->room);
    restart();
    EXPECT_EQ(fork({.version = then})->room, first->room);
    EXPECT_NE(fork({.version = then}, "second")->room, first->room);
    EXPECT_NE(fork({.version = then + 1})->room, first->room);

    auto const named = fork({}, "dispute");
    add(4, 1);
    EXPECT_EQ(fork({}, "dispute")->room, named->room) << "and its moment was that of the first";
    EXPECT_TRUE(words_of(fork({.version = then}, "dispute")).contains("give another name"));
}

TEST_F(Pasts, who_repeats_an_order_before_it_is_done_gets_the_same_fork)
{
    std::vector<std::string> made;
    for (int i = 0; i < 2; i++)
        rooms->fork(room, {.version = 2}, {}, [&](Result<Rooms::Fork> const& fork) {
            ASSERT_TRUE(fork);
            made.push_back(fork->room);
        });
    settle();
    ASSERT_EQ(made.size(), 2u);
    EXPECT_EQ(made[0], made[1]);
}

TEST_F(Pasts, a_fork_finds_another_code_where_its_first_one_is_taken_and_is_found_by_it)
{
    auto const first = fork({.version = 3})->room;
    store.streams.erase(first);
    store.known.erase(first);
    restart();
    ASSERT_TRUE(**create_now(first.substr(0, 5)) != first);
    auto const other = fork({.version = 3});
    ASSERT_TRUE(other);
    EXPECT_NE(other->room, first);
    EXPECT_FALSE(fork({.version = 3})->is_new);
    EXPECT_EQ(fork({.version = 3})->room, other->room);
}

TEST_F(Pasts, a_fork_that_the_store_does_not_take_is_made_by_the_same_order_later)
{
    std::optional<Result<Rooms::Fork>> lost;
    rooms->fork(room, {.version = 3}, {}, [&](Result<Rooms::Fork> fork) { lost = fork; });
    for (int i = 0; i < 20 && !lost; i++) {
        bool const begins = store.answers.size() == 1 && rooms->unfinished() == 1;
        rooms->end_turn();
        if (begins && rooms->unfinished() == 2)
            store.is_down = true;
        for (auto& answer : std::exchange(store.answers, {}))
            answer();
        store.is_down = rooms->unfinished() == 2;
    }
    store.is_down = false;
    settle();
    ASSERT_TRUE(lost);
    ASSERT_FALSE(*lost);
    EXPECT_EQ((*lost).error().code, ErrorCode::unavailable);
    auto const again = fork({.version = 3});
    ASSERT_TRUE(again) << words_of(again);
    EXPECT_EQ(rooms->unfinished(), 2u);
    EXPECT_EQ(sum_in(again->room), 0);
}

TEST_F(Pasts, time_stands_still_in_a_fork_until_a_player_is_there)
{
    act(ann, 2, "arm", R"({"timer":"tick","after":10000})");
    after(4'000ms);
    auto const forked = fork();
    ASSERT_TRUE(forked);
    EXPECT_FALSE(store.known[forked->room].state.deadline) << "it need not wake for it";
    after(50min);
    auto const watcher = joined(forked->room, "eve", 9, true);
    EXPECT_EQ(watcher.view["game"]["sum"], 0) << "it rang in the room itself alone";
    EXPECT_TRUE(watcher.of_type("timer").empty());
    restart();
    after(5min);
    EXPECT_EQ(replayed(forked->room).version(), 1u);

    auto ann_there = client("ann", 10);
    ask(forked->room, ann_there, Join{.id = 1});
    settle();
    auto const due = replayed(forked->room).timers();
    ASSERT_EQ(due.size(), 1u);
    EXPECT_EQ(due[0].at, now.wall + 6'000ms) << "as much as was left";
    after(5'999ms);
    EXPECT_EQ(ann_there.view["game"]["sum"], 0);
    after(1ms);
    EXPECT_EQ(ann_there.view["game"]["sum"], 100);
}

TEST_F(Pasts, bots_wait_in_a_fork_for_its_players_and_absent_ones_keep_their_seats)
{
    options.others.room.bot_after = 30'000ms;
    restart();
    auto const forked = fork();
    ASSERT_TRUE(forked);
    after(10min);
    EXPECT_EQ(replayed(forked->room).version(), 1u);
    auto there = client("bob", 5);
    ask(forked->room, there, Join{.id = 1});
    settle();
    after(29s);
    EXPECT_FALSE(replayed(forked->room).chairs()[0].stand_in);
    after(2s);
    EXPECT_TRUE(replayed(forked->room).chairs()[0].stand_in) << "for who has not come yet";
}

TEST_F(Pasts, a_fork_that_nobody_comes_to_ends)
{
    auto const forked = fork();
    ASSERT_TRUE(forked);
    after(59min);
    EXPECT_EQ(replayed(forked->room).status(), Status::running);
    after(2min);
    EXPECT_EQ(replayed(forked->room).status(), Status::finished);
    EXPECT_EQ(replayed(room).status(), Status::running);
}

TEST_F(Pasts, a_fork_of_a_room_that_has_not_begun_is_offered_to_nobody_else)
{
    auto const forked = fork({.version = 3});
    ASSERT_TRUE(forked);
    EXPECT_EQ(rooms->list({.game = "tally", .only_open = true, .listings_max = 10}).size(), 0u);
    EXPECT_EQ(rooms->list({.game = "tally", .listings_max = 10}).size(), 2u);
    joined(forked->room, "ann", 5);
    EXPECT_EQ(rooms->list({.game = "tally", .only_open = true, .listings_max = 10}).size(), 1u)
        << "once it lives, it is like any other";
}

TEST_F(Pasts, actions_of_the_room_were_not_done_in_its_fork)
{
    add(2, 1);
    auto const forked = fork();
    ASSERT_TRUE(forked);
    auto there = client("ann", 5);
    ask(forked->room, there, Join{.id = 1});
    settle();
    EXPECT_EQ(there.of_type("joined")[0]["last"], 0);
    act_in(forked->room, there, 2, "add", R"({"n":1})");
    EXPECT_EQ(there.view["game"]["sum"], 2);
    EXPECT_EQ(there.acks.at(2), store.streams[forked->room].size());
    act_in(forked->room, there, 2, "add", R"({"n":1})");
    EXPECT_EQ(there.view["game"]["sum"], 2);
}

TEST_F(Pasts, a_finished_room_that_sleeps_is_forked_from_its_middle)
{
    add(2, 7);
    auto const middle = version();
    finish_and_sleep();
    EXPECT_TRUE(words_of(fork()).contains("finished"));
    auto const forked = fork({.version = middle});
    ASSERT_TRUE(forked) << words_of(forked);
    EXPECT_EQ(rooms->awake(), 1u) << "the room itself sleeps on";
    EXPECT_EQ(sum_in(forked->room), 7);
}

TEST_F(Pasts, what_makes_no_sense_is_refused_in_words)
{
    EXPECT_TRUE(words_of(fork({.version = 99})).contains("is at version 6"));
    EXPECT_TRUE(words_of(fork({.version = 0})).contains("was not there yet"));
    EXPECT_TRUE(words_of(fork({.at = WallTime{1}})).contains("was not there yet"));
    EXPECT_TRUE(words_of(fork({}, std::string(65, 'x'))).contains("64 bytes"));
    room = "none.00000000";
    EXPECT_TRUE(words_of(fork()).contains("no such room"));
    room = "AAAAA";
    EXPECT_TRUE(fork()) << "by its code";
}

TEST_F(Pasts, a_room_that_cannot_be_read_is_forked_from_before)
{
    add(2, 1);
    auto const good = version();
    add(3, 10);
    store.streams[room].back().type = "unknown_to_all";
    store.streams[room].back().link
        = events::chain_link(store.streams[room][good - 1].link, store.streams[room].back());
    restart();
    auto const refused = words_of(fork());
    EXPECT_TRUE(refused.contains("up to version " + std::to_string(good))) << refused;
    auto const forked = fork({.version = good});
    ASSERT_TRUE(forked) << words_of(forked);
    EXPECT_EQ(sum_in(forked->room), 1);
}

TEST_F(Pasts, a_compacted_room_is_forked_from_its_snapshot_on)
{
    for (std::uint64_t id = 2; id <= 9; id++) {
        after(1ms);
        add(id, 1);
    }
    RoomState early(room);
    auto const& kept = store.streams[room];
    for (std::size_t i = 0; i < 6; i++)
        ASSERT_TRUE(early.evolve(kept[i], games));
    store.snapshots[room] = early.snapshot();
    store.floors[room] = 6;
    EXPECT_TRUE(words_of(fork({.version = 5})).contains("from version 6 on"));
    EXPECT_TRUE(words_of(fork({.at = kept[4].at})).contains("from version 6 on"));
    EXPECT_EQ(sum_in(fork({.version = 6})->room), 0);
    EXPECT_EQ(sum_in(fork({.version = 7})->room), 1);
    EXPECT_EQ(fork({.at = kept[8].at})->version, 9u);
    EXPECT_EQ(sum_in(fork()->room), 8);
    ASSERT_TRUE(go_back({.version = 8}));
    EXPECT_EQ(sum_in(room), 2);
}

TEST_F(Pasts, whoever_came_is_known_in_the_fork_and_whoever_is_forgotten_is_not)
{
    act(ann, 2, "room.name", R"({"name":"Ann"})");
    act(bob, 1, "room.name", R"({"name":"Bob"})");
    auto const first = fork({}, "first");
    ASSERT_TRUE(first);
    EXPECT_EQ(describe(first->room)->value().view.seats[0].name, "Ann");
    EXPECT_EQ(store.keys[first->room], store.keys[room]);

    // She is forgotten at every point of the next fork's way.
    for (int steps = 0; steps < 12; steps++) {
        auto const name = "fork " + std::to_string(steps);
        auto const keys = store.keys;
        std::optional<Result<Rooms::Fork>> forked;
        rooms->fork(room, {}, name, [&](Result<Rooms::Fork> fork) { forked = fork; });
        for (int i = 0; i < steps; i++)
            answer_once();
        auto const forget_in_store = [&] {
            for (auto& [stream, members] : store.keys)
                std::erase_if(
                    members, [](auto const& each) { return each.second.subject == "ann"; });
        };
        forget_in_store();
        rooms->forget("ann", forget_in_store);
        settle();
        ASSERT_TRUE(forked && *forked);
        EXPECT_FALSE(store.keys[(*forked)->room].contains(1)) << "after " << steps << " steps";
        EXPECT_TRUE(store.keys[(*forked)->room].contains(2));
        EXPECT_FALSE(describe((*forked)->room)->value().view.seats[0].name);
        store.keys = keys;
        restart();
    }
}

TEST_F(Pasts, what_was_set_aside_of_the_system_waits_in_the_fork_too)
{
    act(ann, 2, "arm", R"({"timer":"tick","after":10000})");
    build();
    rooms->beware({{.room = room, .doing = Doing::ring, .name = "tick", .why = "SIGSEGV"},
                      {.room = room, .doing = Doing::act, .principal = "ann", .seat = 0,
                          .action = 3, .name = "add", .body = "{}", .why = "SIGSEGV"}},
        {});
    settle();
    ASSERT_EQ(replayed(room).letters().size(), 2u);
    auto const forked = fork();
    ASSERT_TRUE(forked) << words_of(forked);
    auto const letters = replayed(forked->room).letters();
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(letters[0].about.what, "tick");
    EXPECT_EQ(letters[0].number, 2u);
    EXPECT_TRUE(replayed(forked->room).awaits_players());

    std::optional<Result<events::Version>> retried;
    rooms->obey(forked->room, Retry{2}, [&](Result<events::Version> to) { retried = to; });
    settle();
    ASSERT_TRUE(retried && *retried);
    EXPECT_EQ(sum_in(forked->room), 100);
}

TEST_F(Pasts, a_fork_goes_back_and_is_forked_itself)
{
    add(2, 1);
    auto const forked = fork();
    ASSERT_TRUE(forked);
    auto there = client("ann", 5);
    ask(forked->room, there, Join{.id = 1});
    act_in(forked->room, there, 1, "add", R"({"n":5})");
    room = forked->room;
    auto const again = fork();
    ASSERT_TRUE(again) << words_of(again);
    EXPECT_EQ(sum_in(again->room), 6);
    auto const went = go_back({.version = 1});
    ASSERT_TRUE(went);
    EXPECT_EQ(went->to, 1u);
    EXPECT_EQ(there.view["game"]["sum"], 1);
    EXPECT_EQ(replayed(room).view().code, replayed(room).opened().code);
}

TEST_F(Pasts, the_same_order_finds_its_fork_though_the_room_was_finished_since)
{
    auto const named = fork({}, "dispute");
    ASSERT_TRUE(named);
    act(ann, 8, "end");
    settle();
    auto const again = fork({}, "dispute");
    ASSERT_TRUE(again) << words_of(again);
    EXPECT_EQ(again->room, named->room);
    EXPECT_TRUE(words_of(fork({}, "another")).contains("was finished"));
}

TEST_F(Pasts, time_that_stands_still_in_a_fork_does_in_a_fork_of_it)
{
    act(ann, 2, "arm", R"({"timer":"one","after":10000})");
    auto const first = fork();
    ASSERT_TRUE(first);
    after(50min); // Nobody comes.
    room = first->room;
    auto const second = fork();
    ASSERT_TRUE(second) << words_of(second);
    auto there = client("ann", 5);
    ask(second->room, there, Join{.id = 1});
    after(9s);
    EXPECT_EQ(sum_in(second->room), 0) << "it has most of its ten seconds left";
    after(2s);
    EXPECT_EQ(sum_in(second->room), 100);
}

TEST_F(Pasts, no_fork_is_made_while_keys_cannot_be_read)
{
    store.keys_lost = "a page is damaged";
    EXPECT_TRUE(words_of(fork()).contains("keys of this room cannot be read"));
    store.keys_lost.clear();
    EXPECT_TRUE(fork());
}

TEST_F(Pasts, no_fork_is_made_twice_though_the_first_one_left_for_the_archive)
{
    add(2, 1);
    auto const then = version();
    auto const first = fork({.version = then});
    ASSERT_TRUE(first);
    auto there = client("ann", 5);
    ask(first->room, there, Join{.id = 1});
    act_in(first->room, there, 1, "end");
    ask(first->room, there, Gone{});
    settle();
    after(1ms);
    archive(first->room);

    auto const again = fork({.version = then});
    ASSERT_FALSE(again) << "a second room of this id";
    EXPECT_EQ(again.error().code, ErrorCode::stale_base);
    EXPECT_TRUE(words_of(again).contains("gatehouse archive restore " + first->room));
    store.is_archive_down = true;
    EXPECT_TRUE(words_of(fork({.version = then})).contains("whether this fork was made before"));
    EXPECT_EQ(rooms->unfinished(), 1u);
    store.is_archive_down = false;
    EXPECT_TRUE(fork({.version = then}, "second"));
}

// Rules that know what was played by those of Tally, and have no way on from it.
struct Newer final : Rules {
    std::unique_ptr<Rules> older = tally_rules();
    bool throws = false;

    About about() const override
    {
        auto about = older->about();
        about.version = 2;
        return about;
    }
    Result<std::string> read_options(json::Node options) const override
    {
        return older->read_options(options);
    }
    Result<std::unique_ptr<Play>> begin(std::string_view options) const override
    {
        return older->begin(options);
    }
    Result<std::unique_ptr<Play>> resume(std::string_view state) const override
    {
        return older->resume(state);
    }
    Rules const* before(int) const override { return older.get(); }
    Result<std::string> upgrade(int version, std::string_view state) const override
    {
        if (throws)
            throw std::runtime_error("no way");
        return Rules::upgrade(version, state);
    }
};

TEST_F(Pasts, a_room_that_newer_rules_cannot_take_over_is_not_forked)
{
    add(2, 1);
    auto const before = store.streams;
    for (bool const throws : {false, true}) {
        auto newer = std::make_unique<Newer>();
        newer->throws = throws;
        games = {};
        games.add(std::move(newer));
        restart();
        auto const refused = fork();
        ASSERT_FALSE(refused);
        auto const words = words_of(refused);
        EXPECT_TRUE(words.contains(throws ? "no way" : "do not upgrade from 1")) << words;
        EXPECT_EQ(store.streams.size(), before.size()) << "it says that nothing was made";
        EXPECT_EQ(rooms->unfinished(), 1u);
    }
}

TEST_F(Pasts, a_room_never_goes_back_into_the_midst_of_something_and_says_where_it_is)
{
    act(ann, 2, "arm", R"({"timer":"one","after":1000})");
    act(ann, 3, "arm", R"({"timer":"two","after":1000})");
    act(ann, 4, "arm", R"({"timer":"last","after":9000})");
    auto const then = version();
    after(1s); // Both ring in the same millisecond, by nobody's action.
    ASSERT_EQ(version(), then + 2);
    ASSERT_EQ(sum_in(room), 200);
    after(1s);
    add(9, 1);
    auto const went = go_back({.version = then + 1});
    ASSERT_TRUE(went);
    EXPECT_EQ(went->to, then + 2) << "nobody can tell whether the two were one";
    EXPECT_EQ(went->now, version());
    EXPECT_EQ(sum_in(room), 200);

    act(ann, 10, "many", R"({"n":3})");
    auto const end = version();
    add(11, 1);
    auto const whole = go_back({.version = end - 2});
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->to, end) << "never into the midst of an action";
}

TEST_F(Pasts, a_finished_room_that_sleeps_goes_back)
{
    add(2, 7);
    auto const middle = version();
    finish_and_sleep();
    options.events_per_read = 1; // It falls asleep again while its past is read.
    restart();
    ASSERT_TRUE(go_back({.version = middle}));
    EXPECT_EQ(replayed(room).status(), Status::running);
}

} // namespace
} // namespace gatehouse::rooms
