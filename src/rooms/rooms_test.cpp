// SPDX-License-Identifier: Apache-2.0
#include "rooms/rooms.hpp"
#include "events/testing.hpp"
#include "rooms/testing.hpp"

#include <set>

namespace gatehouse::rooms {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using namespace std::string_literals;

// A store whose answers the test lets go, and which can be told to fail.
class Store final : public events::testing::UnableStore {
public:
    std::map<std::string, std::vector<events::Event>> streams{};
    std::map<std::string, events::StreamHead> known{};
    std::map<std::string, events::Snapshot> snapshots{};
    std::map<std::string, events::Version> floors{}; // Up to here events were compacted.
    std::deque<std::move_only_function<void()>> answers{};
    bool is_down = false;
    bool refuses_snapshots = false;
    std::size_t reads = 0;
    std::vector<std::string> were_read{};
    std::size_t finds = 0;

    void append(std::vector<events::StreamAppend> batch, OnAppended done) override
    {
        std::vector<Result<events::Appended>> results;
        for (auto& append : batch)
            results.push_back(write(std::move(append)));
        answers.push_back([results = std::move(results), done = std::move(done)]() mutable {
            done(std::move(results));
        });
    }
    void read(std::string stream, events::Version after, std::size_t events_max,
        OnEvents done) override
    {
        answers.push_back(
            [page = page_of(stream, after, events_max), done = std::move(done)]() mutable {
                done(std::move(page));
            });
    }
    void hydrate(std::string stream, std::size_t events_max, OnHistory done) override
    {
        events::History history;
        if (snapshots.contains(stream))
            history.snapshot = snapshots[stream];
        auto const after = history.snapshot ? history.snapshot->version : 0;
        Result<events::History> answer = trouble();
        if (auto page = page_of(stream, after, events_max)) {
            history.events = std::move(*page);
            answer = std::move(history);
        } else {
            answer = std::unexpected(page.error());
        }
        answers.push_back([answer = std::move(answer), done = std::move(done)]() mutable {
            done(std::move(answer));
        });
    }
    void keep(events::StreamSnapshot snapshot, OnKept done) override
    {
        Result<void> kept;
        if (refuses_snapshots)
            kept = fail(ErrorCode::busy, "not now");
        else
            snapshots[snapshot.stream] = std::move(snapshot.snapshot);
        answers.push_back([kept, done = std::move(done)]() mutable { done(kept); });
    }
    void heads(Slot slot, OnHeads done) override
    {
        Result<std::vector<events::StreamHead>> found = trouble();
        if (!is_down) {
            found.emplace();
            for (auto const& [name, head] : known)
                if (slot_of(name) == slot && !head.state.finished)
                    found->push_back(head);
        }
        answers.push_back([found = std::move(found), done = std::move(done)]() mutable {
            done(std::move(found));
        });
    }
    void find(std::string name, OnHeads done) override
    {
        finds++;
        Result<std::vector<events::StreamHead>> found = trouble();
        if (!is_down) {
            found.emplace();
            for (auto const& [stream, head] : known)
                if (stream == name || stream.starts_with(name + "."))
                    found->push_back(head);
        }
        answers.push_back([found = std::move(found), done = std::move(done)]() mutable {
            done(std::move(found));
        });
    }
    void log(events::LogCursor, std::size_t, OnPage) override {}

private:
    Result<std::vector<events::Event>> page_of(
        std::string const& stream, events::Version after, std::size_t events_max)
    {
        reads++;
        were_read.push_back(stream);
        if (is_down)
            return trouble();
        if (after < floors[stream])
            return fail(ErrorCode::not_found, "compacted");
        std::vector<events::Event> page;
        for (auto const& event : streams[stream])
            if (event.version > after && page.size() < events_max)
                page.push_back(event);
        return page;
    }
    static std::unexpected<Error> trouble() { return fail(ErrorCode::unavailable, "disk full"); }

    Result<events::Appended> write(events::StreamAppend append)
    {
        auto& stream = streams[append.stream];
        if (is_down)
            return trouble();
        if (append.expected != stream.size())
            return fail(ErrorCode::stale_base, "expected another version");
        stream.insert(stream.end(), append.events.begin(), append.events.end());
        known[append.stream]
            = {append.stream, append.category, stream.size(), append.state, stream.back().at};
        return events::Appended{};
    }
};

class CountingDice final : public Dice {
public:
    std::string bytes(std::size_t size) override { return std::string(size, ++next_); }

private:
    char next_ = 0;
};

struct RoomsOfAShard : ::testing::Test {
    Now now{TimePoint(1h), WallTime{1'000'000}};
    Held held{};
    Catalogue games{};
    Store store{};
    CountingDice dice{};
    RoomsOptions options{};
    std::map<Caller, Client*> clients{};
    std::vector<Error> complaints{};
    std::unique_ptr<Timers> timers{};
    std::unique_ptr<Rooms> rooms{};
    std::optional<Result<std::size_t>> started{};

    RoomsOfAShard() { games.add(held.rules()); }

    void build()
    {
        rooms.reset();
        store.answers.clear();
        started.reset();
        timers = std::make_unique<Timers>(now.steady);
        rooms = std::make_unique<Rooms>(options, games,
            Rooms::Ports{.store = store, .timers = *timers, .now = now, .dice = dice,
                .frame = [](std::string_view json) { return make_frame(std::string(json)); },
                .deliver = [this](Delivery const& delivery) {
                    if (auto const found = clients.find(delivery.to); found != clients.end())
                        found->second->hear(Json::parse(*delivery.frame));
                },
                .complain = [this](std::string_view, Error const& error) {
                    complaints.push_back(error);
                }});
        std::vector<Slot> slots;
        for (Slot slot = 0; slot < slots_total; slot++)
            slots.push_back(slot);
        rooms->start(slots, [this](Result<std::size_t> count) { started = count; });
    }
    void SetUp() override
    {
        build();
        settle();
    }
    void settle()
    {
        rooms->end_turn();
        while (!store.answers.empty()) {
            for (auto& answer : std::exchange(store.answers, {}))
                answer();
            rooms->end_turn();
        }
    }
    // The store gives the answers that are due now, and no more.
    void answer_once()
    {
        rooms->end_turn();
        for (auto& answer : std::exchange(store.answers, {}))
            answer();
        rooms->end_turn();
    }
    void after(Milliseconds span)
    {
        now.steady += span;
        now.wall = now.wall + span;
        timers->run(now.steady);
        settle();
    }
    std::optional<Result<std::string>> create_now(std::string_view code)
    {
        std::optional<Result<std::string>> room;
        rooms->create(*games.find("tally"), options_bytes(*games.find("tally")), code,
            [&](Result<std::string> made) { room = made; });
        settle();
        return room;
    }
    Client client(std::string principal, std::uint64_t connection)
    {
        return {.who = {0, {connection}, 1}, .principal = std::move(principal)};
    }
    void ask(std::string const& room, Client& from,
        std::variant<Join, Act, Leave, Gone, Refresh> what)
    {
        clients[from.who] = &from;
        if (auto* join = std::get_if<Join>(&what))
            join->principal = from.principal;
        rooms->ask(room, {from.who, std::move(what)});
    }
    std::optional<Result<std::string>> find_code(std::string_view code)
    {
        std::optional<Result<std::string>> room;
        rooms->find_code(code, [&](Result<std::string> found) { room = std::move(found); });
        settle();
        return room;
    }
    // A room that ended, and is in the store alone.
    std::string past(std::string_view code)
    {
        auto const room = **create_now(code);
        auto ann = client("ann", 99);
        ask(room, ann, Join{.id = 1});
        ask(room, ann, Act{.id = 1, .name = "end"});
        ask(room, ann, Gone{});
        settle();
        after(1ms);
        return room;
    }
    std::optional<Result<Listing>> describe(std::string const& room)
    {
        std::optional<Result<Listing>> listing;
        rooms->describe(room, [&](Result<Listing> found) { listing = found; });
        settle();
        return listing;
    }
};

TEST_F(RoomsOfAShard, open_rooms_and_find_them_by_code_in_any_case)
{
    auto const room = create_now("K7QXM");
    ASSERT_TRUE(room && *room);
    EXPECT_EQ((*room)->substr(0, 6), "k7qxm.");
    EXPECT_EQ(find_code("k7QXm"), **room);
    EXPECT_EQ(find_code("ZZZZZ")->error().code, ErrorCode::not_found);
    EXPECT_EQ(create_now("k7qxm")->error().code, ErrorCode::stale_base) << "that code is taken";
    auto const listing = describe(**room);
    ASSERT_TRUE(listing && *listing);
    EXPECT_EQ((*listing)->view.code, "K7QXM");
    EXPECT_EQ(rooms->list("tally", true, 10).size(), 1);
    EXPECT_TRUE(rooms->list("chess", true, 10).empty());
    EXPECT_TRUE(rooms->list("", false, 0).empty());
}

TEST_F(RoomsOfAShard, are_told_of_only_when_durable)
{
    rooms->create(*games.find("tally"), options_bytes(*games.find("tally")), "AAAAA",
        [](Result<std::string>) { FAIL() << "not yet"; });
    rooms->end_turn();
    EXPECT_TRUE(rooms->list("", false, 10).empty());
    EXPECT_FALSE(rooms->is_quiet());
    store.answers.clear();
}

TEST_F(RoomsOfAShard, have_a_number)
{
    options.others.rooms_max = 2;
    build();
    settle();
    auto const first = **create_now("AAAAA");
    EXPECT_TRUE(*create_now("BBBBB"));
    EXPECT_EQ(create_now("CCCCC")->error().code, ErrorCode::busy);
    auto ann = client("ann", 1);
    ask(first, ann, Join{.id = 1});
    ask(first, ann, Act{.id = 1, .name = "end"});
    settle();
    EXPECT_EQ(rooms->unfinished(), 1);
    EXPECT_TRUE(*create_now("CCCCC")) << "a finished room makes room";
}

TEST_F(RoomsOfAShard, sleep_when_finished_and_deserted_and_wake_for_anybody)
{
    auto const room = **create_now("AAAAA");
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    ask(room, ann, Act{.id = 1, .name = "end"});
    settle();
    EXPECT_EQ(rooms->awake(), 1);
    ask(room, ann, Gone{});
    settle();
    EXPECT_EQ(rooms->awake(), 0);
    ask(room, ann, Gone{});
    EXPECT_EQ(rooms->awake(), 0) << "a farewell wakes nobody";
    EXPECT_EQ((*describe(room))->view.status, Status::finished);
    EXPECT_EQ(rooms->awake(), 0);
    auto eve = client("eve", 2);
    ask(room, eve, Join{.id = 1, .as_spectator = true});
    settle();
    EXPECT_TRUE(eve.is_in);
    EXPECT_EQ(eve.view["room"]["status"], "finished");
}

TEST_F(RoomsOfAShard, that_nobody_knows_refuse)
{
    auto ann = client("ann", 1);
    ask("k7qxm.00000000", ann, Join{.id = 4});
    settle();
    EXPECT_EQ(ann.errors[4], "not_found");
    EXPECT_TRUE(complaints.empty()) << "guesses are no trouble";
    auto const finds = store.finds;
    for (std::string const& nonsense : {std::string(), std::string(129, 'a'), std::string("a\0b"s),
             std::string("a b"), std::string("\xc3\xa4")})
        EXPECT_EQ(describe(nonsense)->error().code, ErrorCode::not_found);
    EXPECT_EQ(find_code("k7qxm.00000000")->error().code, ErrorCode::not_found);
    EXPECT_EQ(store.finds, finds) << "the store is not asked for what can be no room";
    ask("k7qxm.00000000", ann, Act{.id = 5, .name = "pass"});
    EXPECT_EQ(ann.errors[5], "not_found");
    EXPECT_EQ(describe("k7qxm.00000000")->error().code, ErrorCode::not_found);
}

TEST_F(RoomsOfAShard, come_back_after_a_restart_with_their_alarms)
{
    auto const room = **create_now("AAAAA");
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    ask(room, ann, Act{.id = 1, .name = "arm", .body = R"({"timer":"tick","after":500})"});
    settle();
    now.steady += 1h;
    now.wall = now.wall + Milliseconds(1h);
    options.events_per_read = 2; // Several pages.
    build();
    settle();
    ASSERT_TRUE(started && *started);
    EXPECT_EQ(**started, 1);
    EXPECT_EQ(rooms->awake(), 1);
    after(2999ms);
    EXPECT_EQ(store.streams[room].back().type, "room.acted");
    after(2ms);
    EXPECT_EQ(store.streams[room].back().type, "added");
}

struct RoomsAtTheStart : RoomsOfAShard {
    // Rooms with an alarm after so long; without any: none.
    std::string with_alarm(std::string_view code, std::optional<int> after)
    {
        auto const room = **create_now(code);
        auto ann = client("ann", 1);
        ask(room, ann, Join{.id = 1});
        if (after)
            ask(room, ann, Act{.id = 1, .name = "arm",
                .body = R"({"timer":"tick","after":)" + std::to_string(*after) + "}"});
        settle();
        return room;
    }
    std::string calm, late, due, next;

    void SetUp() override
    {
        RoomsOfAShard::SetUp();
        calm = with_alarm("AAAAA", std::nullopt);
        late = with_alarm("BBBBB", 60'000);
        due = with_alarm("CCCCC", 10);
        next = with_alarm("DDDDD", 500);
    }
    void start_one_by_one()
    {
        options.hydrations_max = 1;
        build();
        store.were_read.clear();
    }
};

TEST_F(RoomsOfAShard, are_ready_when_all_are_known_and_wake_behind_that)
{
    for (char c = 'A'; c < 'G'; c++)
        static_cast<void>(**create_now(std::string(5, c)));
    options.hydrations_max = 2;
    build();
    answer_once();
    EXPECT_TRUE(started && rooms->is_started());
    EXPECT_EQ(**started, 6);
    EXPECT_EQ(rooms->unfinished(), 6);
    EXPECT_EQ(rooms->asleep(), 6);
    EXPECT_TRUE(rooms->list("", false, 10).empty()) << "only who is awake is listed";
    EXPECT_EQ(store.answers.size(), 2) << "so many are read at once";
    settle();
    EXPECT_EQ(rooms->asleep(), 0);
    EXPECT_EQ(rooms->list("", false, 10).size(), 6);
}

TEST_F(RoomsAtTheStart, wake_in_the_order_of_their_alarms)
{
    start_one_by_one();
    settle();
    // The first one was read before the others were known.
    store.were_read.erase(store.were_read.begin());
    EXPECT_TRUE(std::ranges::is_sorted(store.were_read, {}, [&](std::string const& room) {
        return room == due ? 0 : room == next ? 1 : room == late ? 2 : 3;
    })) << ::testing::PrintToString(store.were_read);
}

TEST_F(RoomsAtTheStart, let_whom_somebody_waits_for_go_first)
{
    start_one_by_one();
    answer_once();
    auto ann = client("ann", 1);
    ask(calm, ann, Join{.id = 1});
    answer_once();
    answer_once();
    EXPECT_TRUE(ann.is_in);
    EXPECT_EQ(store.were_read[1], calm);
    EXPECT_EQ(rooms->asleep(), 2);
    settle();
    EXPECT_EQ(store.were_read.size(), 4);
}

TEST_F(RoomsAtTheStart, answer_before_all_are_known)
{
    build(); // Nothing is known yet.
    auto ann = client("ann", 1);
    ask(calm, ann, Join{.id = 1});
    std::string found;
    rooms->find_code("DDDDD", [&](Result<std::string> room) { found = *room; });
    store.answers.erase(store.answers.begin(), store.answers.begin() + slots_total);
    settle(); // The slots are never told of.
    EXPECT_FALSE(rooms->is_started());
    EXPECT_TRUE(ann.is_in);
    EXPECT_EQ(found, next);
    EXPECT_EQ(describe("zzzzz.00000000")->error().code, ErrorCode::not_found);
}

TEST_F(RoomsOfAShard, are_asked_for_again_where_the_store_cannot_read_at_the_start)
{
    auto const room = **create_now("AAAAA");
    store.is_down = true;
    build();
    settle();
    EXPECT_FALSE(rooms->is_started());
    EXPECT_FALSE(complaints.empty());
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    settle();
    EXPECT_EQ(ann.errors[1], "unavailable");
    EXPECT_EQ(create_now("AAAAA")->error().code, ErrorCode::unavailable);
    store.is_down = false;
    after(1001ms);
    EXPECT_TRUE(rooms->is_started());
    ask(room, ann, Join{.id = 2});
    settle();
    EXPECT_TRUE(ann.is_in);
}

TEST_F(RoomsOfAShard, survive_a_store_that_fails_for_a_while)
{
    auto const room = **create_now("AAAAA");
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    settle();
    store.is_down = true;
    ask(room, ann, Act{.id = 1, .name = "add", .body = R"({"n":5})"});
    settle();
    EXPECT_EQ(ann.errors[1], "unavailable");
    EXPECT_TRUE(rooms->is_store_failing());
    auto const reads = store.reads;
    after(900ms);
    EXPECT_EQ(store.reads, reads) << "not again and again";
    after(200ms);
    EXPECT_EQ(store.reads, reads + 1);
    store.is_down = false;
    after(1001ms);
    ask(room, ann, Act{.id = 1, .name = "add", .body = R"({"n":5})"});
    settle();
    EXPECT_TRUE(ann.acks.contains(1));
    EXPECT_EQ(ann.view["game"]["sum"], 5);
    EXPECT_FALSE(rooms->is_store_failing());
}

// Its end was lost, and then it could not be read: it is not finished, and its alarms have to ring.
TEST_F(RoomsOfAShard, stay_awake_where_nobody_knows_whether_they_are_finished)
{
    auto const room = **create_now("AAAAA");
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    settle();
    store.is_down = true;
    ask(room, ann, Act{.id = 1, .name = "end"});
    ask(room, ann, Gone{});
    settle();
    EXPECT_EQ(rooms->awake(), 1);
    store.is_down = false;
    after(1001ms);
    EXPECT_EQ(rooms->unfinished(), 1);
    EXPECT_EQ(rooms->list("tally", false, 10).size(), 1);
}

TEST_F(RoomsOfAShard, that_ended_before_they_were_kept_are_counted_out_once)
{
    store.is_down = true;
    rooms->create(*games.find("tally"), options_bytes(*games.find("tally")), "AAAAA", [](auto) {});
    auto ann = client("ann", 1);
    std::string room;
    rooms->find_code("AAAAA", [&](Result<std::string> found) { room = *found; });
    ask(room, ann, Join{.id = 1});
    ask(room, ann, Act{.id = 1, .name = "end"});
    settle();
    store.is_down = false;
    after(1001ms);
    EXPECT_EQ(find_code("AAAAA")->error().code, ErrorCode::not_found);
    EXPECT_EQ(rooms->unfinished(), 0);
}

TEST_F(RoomsOfAShard, do_not_doubt_their_store_for_ever)
{
    store.is_down = true;
    EXPECT_FALSE(*create_now("AAAAA"));
    after(9s);
    EXPECT_TRUE(rooms->is_store_failing());
    after(2s);
    EXPECT_FALSE(rooms->is_store_failing()) << "or nobody would ever try again";
}

TEST_F(RoomsOfAShard, that_were_never_kept_are_forgotten)
{
    store.is_down = true;
    EXPECT_EQ(create_now("AAAAA")->error().code, ErrorCode::unavailable);
    store.is_down = false;
    after(1001ms);
    EXPECT_EQ(rooms->unfinished(), 0);
    EXPECT_EQ(find_code("AAAAA")->error().code, ErrorCode::not_found);
    EXPECT_TRUE(*create_now("AAAAA"));
}

TEST_F(RoomsOfAShard, that_are_finished_are_found_in_the_store)
{
    auto const room = past("AAAAA");
    EXPECT_EQ(rooms->awake(), 0);
    EXPECT_EQ(find_code("aaaaa"), room);
    build();
    settle();
    EXPECT_EQ(**started, 0) << "it does not come back by itself";
    EXPECT_EQ((*describe(room))->view.status, Status::finished);
    auto eve = client("eve", 2);
    ask(room, eve, Join{.id = 1, .as_spectator = true});
    ask(room, eve, Act{.id = 7, .name = "pass"}); // In the same breath.
    settle();
    EXPECT_TRUE(eve.is_in);
    EXPECT_EQ(eve.errors[7], "forbidden");
    ask(room, eve, Gone{});
    settle();
    EXPECT_EQ(rooms->awake(), 0);
}

TEST_F(RoomsOfAShard, that_are_finished_share_their_code_with_later_ones)
{
    auto const first = past("AAAAA");
    auto const second = past("AAAAA");
    ASSERT_NE(first, second);
    EXPECT_EQ(find_code("AAAAA"), second) << "the newest";
    auto eve = client("eve", 2);
    ask(first, eve, Join{.id = 1, .as_spectator = true});
    settle();
    EXPECT_EQ(find_code("AAAAA"), second) << "whoever is looked at";
    auto const third = **create_now("AAAAA");
    EXPECT_EQ(find_code("AAAAA"), third) << "the one that goes on";
    EXPECT_EQ(create_now("AAAAA")->error().code, ErrorCode::stale_base);
    ask(first, eve, Gone{});
    settle();
    EXPECT_EQ(find_code("AAAAA"), third);
    EXPECT_EQ(rooms->unfinished(), 1);
}

TEST_F(RoomsOfAShard, that_are_looked_for_have_a_number)
{
    options.lookups_max = 2;
    options.lookup_waiters_max = 3;
    build();
    settle();
    auto const room = past("AAAAA");
    auto const finds = store.finds;
    std::vector<Client> crowd;
    for (std::uint64_t i = 0; i < 4; i++)
        crowd.push_back(client("p" + std::to_string(i), i + 1));
    for (auto& each : crowd)
        ask(room, each, Join{.id = 1, .as_spectator = true});
    EXPECT_EQ(crowd[3].errors[1], "busy");
    EXPECT_EQ(store.finds, finds + 1) << "once for all";
    ask(room, crowd[0], Gone{}); // Is heard, or its place would be held for ever.
    auto ann = client("ann", 9);
    ask("bbbbb.00000000", ann, Join{.id = 1});
    ask("ccccc.00000000", ann, Join{.id = 2});
    EXPECT_EQ(ann.errors[2], "busy");
    settle();
    EXPECT_EQ(ann.errors[1], "not_found");
    EXPECT_TRUE(crowd[1].is_in && crowd[2].is_in);
    ask(room, crowd[1], Gone{});
    ask(room, crowd[2], Gone{});
    settle();
    EXPECT_EQ(rooms->awake(), 0);
}

TEST_F(RoomsOfAShard, cannot_be_found_while_the_store_cannot_be_read)
{
    auto const room = past("AAAAA");
    store.is_down = true;
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    settle();
    EXPECT_EQ(ann.errors[1], "unavailable");
    EXPECT_EQ(find_code("AAAAA")->error().code, ErrorCode::unavailable);
    EXPECT_EQ(describe(room)->error().code, ErrorCode::unavailable);
    store.is_down = false;
    EXPECT_TRUE(*describe(room));
}

TEST_F(RoomsOfAShard, with_broken_history_refuse_and_leave_the_others_alone)
{
    auto const broken = **create_now("AAAAA");
    auto const sound = **create_now("BBBBB");
    store.streams[broken][0].data = "nonsense";
    build();
    settle();
    EXPECT_TRUE(*started);
    auto ann = client("ann", 1);
    ask(broken, ann, Join{.id = 1});
    ask(sound, ann, Join{.id = 2});
    settle();
    EXPECT_EQ(ann.errors[1], "internal");
    EXPECT_TRUE(ann.is_in);
    EXPECT_EQ((*describe(broken)).error().code, ErrorCode::unavailable);
}

TEST_F(RoomsOfAShard, end_their_turn_when_a_late_decision_comes)
{
    auto const room = **create_now("AAAAA");
    auto ann = client("ann", 1);
    ask(room, ann, Join{.id = 1});
    held.is_on = true;
    ask(room, ann, Act{.id = 1, .name = "add", .body = R"({"n":5})"});
    settle();
    EXPECT_TRUE(ann.is_in);
    EXPECT_TRUE(ann.acks.empty());
    held.release();
    settle();
    EXPECT_TRUE(ann.acks.contains(1));
}

// ---- Snapshots

struct SavedRooms : RoomsOfAShard {
    Client ann = client("ann", 1);
    std::uint64_t last_act = 0;

    void SetUp() override
    {
        options.others.room.snapshot_events = 5;
        options.others.room.snapshot_growth = 0;
        RoomsOfAShard::SetUp();
    }
    void add(std::string const& room, int times)
    {
        for (int i = 0; i < times; i++) {
            ask(room, ann, Act{.id = ++last_act, .name = "add", .body = R"({"n":1})"});
            settle();
        }
    }
    std::string played(std::string_view code, int times)
    {
        auto const room = **create_now(code);
        ask(room, ann, Join{.id = 1});
        add(room, times);
        return room;
    }
    void restart()
    {
        build();
        settle();
        store.were_read.clear();
    }
    int sum_for(Client& who, std::string const& room)
    {
        ask(room, who, Join{.id = 1});
        settle();
        return who.is_in ? who.view["game"]["sum"].get<int>() : -1;
    }
};

TEST_F(SavedRooms, wake_from_their_snapshot)
{
    auto const room = played("AAAAA", 9);
    EXPECT_EQ(rooms->snapshots_kept(), 2);
    ASSERT_TRUE(store.snapshots.contains(room));
    store.floors[room] = store.snapshots[room].version; // Nothing else is left of it.
    options.events_per_read = 1;
    restart();
    EXPECT_TRUE(complaints.empty());
    auto again = client("ann", 2);
    EXPECT_EQ(sum_for(again, room), 9);
    ask(room, again, Act{.id = 10, .name = "add", .body = R"({"n":1})"});
    settle();
    EXPECT_EQ(again.acks[10], 13);
}

TEST_F(SavedRooms, go_on_from_it_after_a_loss)
{
    auto const room = played("AAAAA", 9);
    store.floors[room] = store.snapshots[room].version;
    store.is_down = true;
    add(room, 1);
    EXPECT_EQ(ann.errors[10], "unavailable");
    store.is_down = false;
    after(1001ms);
    add(room, 1);
    EXPECT_EQ(ann.view["game"]["sum"], 10);
}

TEST_F(SavedRooms, read_all_events_where_it_cannot_be_used)
{
    auto const room = played("AAAAA", 9);
    store.snapshots[room].state[0] = 9;
    restart();
    ASSERT_EQ(complaints.size(), 1);
    EXPECT_EQ(complaints[0].message, "this room's snapshot cannot be used");
    auto again = client("ann", 2);
    EXPECT_EQ(sum_for(again, room), 9);
    EXPECT_NE(store.snapshots[room].state[0], 9) << "and take a new one";
}

TEST_F(SavedRooms, are_closed_where_neither_can_be_read)
{
    auto const room = played("AAAAA", 9);
    store.snapshots[room].state[0] = 9;
    store.floors[room] = 3;
    restart();
    ASSERT_EQ(complaints.size(), 2);
    EXPECT_TRUE(complaints[1].detail.contains("compacted"));
    auto again = client("ann", 2);
    EXPECT_EQ(sum_for(again, room), -1);
    EXPECT_EQ(again.errors[1], "internal");
}

TEST_F(SavedRooms, are_read_anew_where_they_were_compacted_meanwhile)
{
    auto const room = played("AAAAA", 9);
    auto const snapshot = store.snapshots[room];
    options.events_per_read = 1;
    store.snapshots.clear();
    build();
    answer_once();
    answer_once(); // The first event.
    store.snapshots[room] = snapshot;
    store.floors[room] = snapshot.version;
    settle();
    after(1001ms);
    auto again = client("ann", 2);
    EXPECT_EQ(sum_for(again, room), 9);
}

TEST_F(SavedRooms, do_without_what_the_store_refuses)
{
    store.refuses_snapshots = true;
    auto const room = played("AAAAA", 4);
    EXPECT_EQ(rooms->snapshots_refused(), 1);
    EXPECT_TRUE(complaints.empty());
    add(room, 2);
    EXPECT_EQ(rooms->snapshots_refused(), 1) << "not again and again";
    add(room, 1);
    EXPECT_EQ(rooms->snapshots_refused(), 2);
    EXPECT_EQ(rooms->snapshots_kept(), 0);
    EXPECT_TRUE(rooms->is_quiet());
}

TEST_F(SavedRooms, take_turns)
{
    options.others.room.snapshot_events = 1'000;
    options.snapshots_max = 2;
    build();
    settle();
    std::vector<std::string> all;
    for (char c = 'A'; c < 'H'; c++)
        all.push_back(played(std::string(5, c), 4));
    options.others.room.snapshot_events = 5; // Now all of them want one.
    build();
    settle();
    EXPECT_EQ(rooms->snapshots_kept(), 7);
    EXPECT_EQ(store.snapshots.size(), 7);
    EXPECT_TRUE(rooms->is_quiet());
}

TEST_F(SavedRooms, save_no_more_than_so_many_at_once)
{
    options.others.room.snapshot_events = 1'000;
    options.snapshots_max = 2;
    build();
    settle();
    for (char c = 'A'; c < 'E'; c++)
        played(std::string(5, c), 4);
    options.others.room.snapshot_events = 5;
    build();
    std::size_t most = 0;
    while (!rooms->is_started() || rooms->asleep() > 0 || !rooms->is_quiet()) {
        most = std::max(most, rooms->snapshots_under_way());
        answer_once();
    }
    EXPECT_EQ(most, 2);
    EXPECT_EQ(store.snapshots.size(), 4);
}

TEST_F(SavedRooms, leave_memory_saved)
{
    auto const room = played("AAAAA", 1);
    EXPECT_FALSE(store.snapshots.contains(room));
    ask(room, ann, Act{.id = ++last_act, .name = "end"});
    ask(room, ann, Gone{});
    settle();
    EXPECT_EQ(rooms->awake(), 0);
    EXPECT_EQ(store.snapshots[room].version, store.streams[room].size());
    EXPECT_TRUE(rooms->is_quiet());
}

TEST(Codes, have_letters_that_do_not_look_alike)
{
    CountingDice dice;
    std::set<std::string> codes;
    for (int i = 0; i < 32; i++) {
        auto const code = draw_code(dice);
        EXPECT_EQ(code.size(), code_length);
        EXPECT_EQ(code.find_first_of("01IO"), std::string::npos);
        codes.insert(code);
    }
    EXPECT_EQ(codes.size(), 32);
}

}  // namespace
}  // namespace gatehouse::rooms
