// SPDX-License-Identifier: Apache-2.0
// Steps in what is stored: snapshots, forks, newer rules, and histories that cannot be.
#include "rooms/ticks_test.hpp"

#include <functional>
#include <set>
#include <stdexcept>

namespace gatehouse::rooms {
namespace {

using namespace testing;

// ---- Snapshots

struct SavedTicks : Ticks {
    SavedTicks()
        : Ticks({.snapshot_events = 1'000'000, .snapshot_ticks = 100})
    { }
    void after(Milliseconds span)
    {
        auto const until = bench.now.steady + span;
        while (*bench.room->alarm() <= until) {
            bench.pass(std::chrono::ceil<Milliseconds>(*bench.room->alarm() - bench.now.steady));
            bench.room->ring();
            if (bench.room->wants_saving())
                bench.room->save();
            bench.settle();
            if (bench.room->is_saving())
                bench.room->saved();
        }
    }
};

TEST_F(SavedTicks, bound_what_is_replayed)
{
    act(ann, "start");
    after(Milliseconds(30'000));
    ASSERT_EQ(bench.snapshots.size(), 6U);
    auto const& snapshot = bench.snapshots.back();
    RoomState naive(Bench::stream);
    for (std::size_t i = 0; i < snapshot.version; i++)
        ASSERT_TRUE(naive.evolve(bench.kept[i], bench.games));
    EXPECT_EQ(naive.snapshot(), snapshot);
    auto const restored = RoomState::restore(snapshot, bench.games);
    ASSERT_TRUE(restored);
    EXPECT_EQ(restored->ticks(), naive.ticks());
    EXPECT_EQ(restored->ticks_granted(), naive.ticks_granted());
    EXPECT_EQ(restored->snapshot(), snapshot);

    auto room = std::make_unique<Room>(Bench::stream, bench.options, bench.around);
    ASSERT_TRUE(room->restore(snapshot));
    room->learn(bench.keys);
    std::vector<events::Event> const rest(
        bench.kept.begin() + static_cast<std::ptrdiff_t>(snapshot.version), bench.kept.end());
    ASSERT_TRUE(room->absorb(rest));
    room->hydrated();
    EXPECT_EQ(state_bytes(room->state()), state_bytes(replayed_to_the_end()));
}

// ---- Forks, and newer rules

// Steps that were granted to the other room are not its own.
TEST_F(Ticks, of_a_fork_begin_where_the_other_room_was)
{
    act(ann, "start");
    bench.after(Milliseconds(3'000));
    act(ann, "feed");
    bench.after(Milliseconds(500));
    auto const then = bench.replayed();
    auto const snapshot = then.snapshot();
    bench.kept.clear();
    bench.room = std::make_unique<Room>(Bench::stream, bench.options, bench.around);
    bench.room->fork({.from = "aaaaa.00000001",
                         .version = snapshot.version,
                         .at = bench.now.wall,
                         .link = to_hex({reinterpret_cast<char const*>(snapshot.link.data()),
                             snapshot.link.size()}),
                         .state = to_hex(snapshot.state),
                         .rules = 1,
                         .code = "K7QXM",
                         .seed = std::string(64, '6')},
        bench.keys, {}, [](auto) {});
    bench.settle();
    EXPECT_EQ(state().ticks(), 60U);
    EXPECT_EQ(state().ticks_granted(), 60U);
    bench.after(Milliseconds(60'000));
    EXPECT_EQ(state().ticks(), 60U) << "nobody has come";
    auto again = bench.add("ann", 11);
    bench.join(again);
    bench.settle();
    bench.after(Milliseconds(2'000));
    EXPECT_EQ(state().ticks(), 100U);
    EXPECT_EQ(state_bytes(state()), state_bytes(bench.replayed()));
    bench.crash();
    EXPECT_EQ(state_bytes(state()), state_bytes(replayed_to_the_end()));
}

struct LongerRace : Snails {
    static constexpr About about{"snails", "Snails", 2, 1, 2};
    using Before = Snails;
    static State upgrade(State state)
    {
        state.length += 1'000;
        return state;
    }
};

TEST_F(Ticks, that_were_granted_are_all_taken_before_newer_rules)
{
    act(ann, "start");
    bench.after(Milliseconds(1'550));
    ASSERT_EQ(state().ticks(), 31U);
    ASSERT_EQ(state().ticks_granted(), 40U);
    bench.games = {};
    bench.games.add(rules_of<LongerRace>());
    bench.crash();
    EXPECT_EQ(bench.kept.back().type, Upgraded::name);
    EXPECT_EQ(tick_of(bench.kept.back()), 40U);
    EXPECT_EQ(state().opened().rules, 2);
    EXPECT_EQ(state_bytes(state()), state_bytes(bench.replayed()));
    auto again = bench.add("ann", 11);
    bench.join(again);
    bench.settle();
    bench.after(Milliseconds(1'000));
    EXPECT_EQ(state().ticks(), 60U);
    EXPECT_EQ(state_bytes(state()), state_bytes(bench.replayed()));
}

// ---- A game that fails in a step

// Under what crumb its steps are taken; and from one of them on, it fails.
struct Traps : Snails {
    static constexpr About about{"snails", "Snails", 1, 1, 2};
    inline static std::uint64_t throws_after = 1'000'000;
    inline static std::function<void()> look{};

    static void tick(State& state)
    {
        if (look)
            look();
        if (state.steps >= throws_after)
            throw std::runtime_error("a trap");
        Snails::tick(state);
    }
};

struct SeenCrumbs final : Crumbs {
    std::optional<Doing> lies{};
    void lay(Crumb const& crumb) override { lies = crumb.doing; }
    void take_up() override { lies.reset(); }
    void forgive(std::string_view) override { }
};

struct TrappedTicks : Ticks {
    SeenCrumbs crumbs{};
    std::set<std::optional<Doing>> under{};

    void SetUp() override
    {
        bench.games = {};
        bench.games.add(rules_of<Traps>());
        bench.around.crumbs = &crumbs;
        Traps::look = [this] { under.insert(crumbs.lies); };
        Ticks::SetUp();
        act(ann, "start");
        bench.after(Milliseconds(1'550));
    }
    void TearDown() override
    {
        Traps::look = {};
        Traps::throws_after = 1'000'000;
    }
};

TEST_F(TrappedTicks, lie_under_a_crumb_when_they_are_taken_and_taken_again)
{
    EXPECT_EQ(under, std::set{std::optional(Doing::show)});
    under.clear();
    bench.crash();
    EXPECT_EQ(under, std::set{std::optional(Doing::read)}) << "granted ones, too";
}

// Nobody was shown it, so nothing of it is stored: the room is closed, and can be opened by better
// rules.
TEST_F(TrappedTicks, close_the_room_that_fails_in_one_that_was_granted)
{
    ASSERT_EQ(state().ticks(), 31U);
    Traps::throws_after = 35;
    bench.complaints.clear();
    auto const stored = bench.kept.size();
    bench.crash();
    EXPECT_TRUE(bench.room->is_broken());
    ASSERT_FALSE(bench.complaints.empty());
    EXPECT_TRUE(bench.complaints.back().detail.contains("a trap"))
        << bench.complaints.back().detail;
    EXPECT_EQ(bench.kept.size(), stored);
    Traps::throws_after = 1'000'000;
    bench.crash();
    EXPECT_EQ(state().ticks(), 40U);
}

// ---- Histories that cannot be

struct BrokenTicks : Ticks {
    // The same event, as if it lay after so many steps.
    [[nodiscard]] events::Event moved(
        events::Event event, RoomState const& before, std::uint64_t tick) const
    {
        auto const parts = split(event.data);
        event.data = std::string(parts->body);
        append_timers(event.data, parts->timers);
        append_tick(event.data, tick);
        event.link = before.link_of(event);
        return event;
    }
    std::string fault(std::uint64_t tick)
    {
        RoomState state(Bench::stream);
        for (std::size_t i = 0; i + 1 < bench.kept.size(); i++)
            EXPECT_TRUE(state.evolve(bench.kept[i], bench.games));
        auto const evolved = state.evolve(moved(bench.kept.back(), state, tick), bench.games);
        return evolved ? "" : evolved.error().detail;
    }
};

TEST_F(BrokenTicks, are_found)
{
    act(ann, "start");
    bench.after(Milliseconds(1'230));
    act(ann, "feed");
    EXPECT_EQ(fault(24), "");
    EXPECT_EQ(fault(40), "");
    EXPECT_TRUE(fault(41).contains("granted up to 40")) << fault(41);
    EXPECT_TRUE(fault(19).contains("before step 20")) << fault(19);
    act(ann, "rest");
    act(ann, "room.name");
    bench.act(ann, ++action, "room.name", R"({"name":"Ann"})");
    bench.settle();
    EXPECT_EQ(fault(24), "");
    EXPECT_TRUE(fault(30).contains("time stood still")) << fault(30);
}

TEST_F(BrokenTicks, data_is_refused)
{
    for (std::string_view data : {std::string_view("\xa0\x01\x02", 3),
             std::string_view("\xa0\x20", 2), std::string_view("\xa0\x80\x80", 3),
             std::string_view("\xa0\x01\x80", 3), std::string_view("\xa0\x18", 2)})
        EXPECT_FALSE(split(data)) << to_hex(data);
    EXPECT_EQ(split(std::string_view("\xa0\x18\x2a", 3))->tick, 42U);
    EXPECT_EQ(split(std::string_view("\xa0\x80\x07", 3))->tick, 7U);
    EXPECT_EQ(split(std::string_view("\xa0", 1))->tick, std::nullopt);
}

} // namespace
} // namespace gatehouse::rooms
