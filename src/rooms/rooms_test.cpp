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
    std::deque<std::move_only_function<void()>> answers{};
    bool is_down = false;
    std::size_t reads = 0;
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
        reads++;
        Result<std::vector<events::Event>> page = trouble();
        if (!is_down) {
            page.emplace();
            for (auto const& event : streams[stream])
                if (event.version > after && page->size() < events_max)
                    page->push_back(event);
        }
        answers.push_back([page = std::move(page), done = std::move(done)]() mutable {
            done(std::move(page));
        });
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
