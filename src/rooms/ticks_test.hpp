// SPDX-License-Identifier: Apache-2.0
#pragma once

// A room of a game in fixed steps, with two players and somebody who watches.

#include "rooms/rules_of.hpp"
#include "rooms/testing.hpp"
#include "rooms/testing_snails.hpp"

#include <gtest/gtest.h>

namespace gatehouse::rooms::testing {

using snails::Snails;

struct Ticks : ::testing::Test {
    Bench bench;
    Client ann = bench.add("ann", 1);
    Client bob = bench.add("bob", 2);
    Client eve = bench.add("eve", 3);
    std::uint64_t action = 0;

    explicit Ticks(RoomOptions const& options = {})
        : bench(options)
    {
        bench.games.add(rules_of<Snails>());
    }

    void SetUp() override
    {
        begin();
        bench.join(ann);
        bench.join(bob);
        bench.join(eve, {.as_spectator = true});
        bench.settle();
    }
    void begin(std::string_view options = R"({"length":3000,"mark":1})")
    {
        bench.room = std::make_unique<Room>(Bench::stream, bench.options, bench.around);
        bench.room->open(
            {.game = "snails",
                .rules = 1,
                .code = "K7QXM",
                .seed = std::string(64, '5'),
                .options = to_hex(options_bytes(*bench.games.find("snails"), options))},
            [](auto) {});
        bench.settle();
    }
    // With ann alone.
    void begin_anew(std::string_view options)
    {
        bench.kept.clear();
        bench.keys.clear();
        begin(options);
        ann = bench.add("ann", 1);
        bench.join(ann);
        bench.settle();
    }
    void act(Client& who, std::string name)
    {
        bench.act(who, ++action, std::move(name));
        bench.settle();
    }
    [[nodiscard]] RoomState const& state() const { return bench.room->state(); }
    [[nodiscard]] std::optional<std::uint64_t> tick_of(events::Event const& event) const
    {
        return split(event.data)->tick;
    }
    [[nodiscard]] std::size_t grants() const
    {
        return static_cast<std::size_t>(
            std::ranges::count(bench.kept, Ticking::name, &events::Event::type));
    }
    // What was stored, and all steps that it grants.
    [[nodiscard]] RoomState replayed_to_the_end() const
    {
        auto state = bench.replayed();
        while (state.is_ticking() && state.ticks() < state.ticks_granted())
            state.tick();
        return state;
    }
    [[nodiscard]] static Json view_in(RoomState& state, Seat seat)
    {
        std::string text;
        json::Writer out(text);
        state.play().show(seat, out);
        return Json::parse(text);
    }
    // The views of this room at each step of each version, from the store alone.
    [[nodiscard]] std::map<std::pair<std::uint64_t, std::uint64_t>, Json> all_views(Seat seat) const
    {
        std::map<std::pair<std::uint64_t, std::uint64_t>, Json> views;
        RoomState state(Bench::stream);
        state.learn(bench.keys);
        auto const take_down = [&] {
            if (state.version() > 0)
                views[{state.version(), state.ticks()}] = view_in(state, seat);
        };
        auto const walk = [&](std::uint64_t until) {
            while (state.ticks() < until && state.is_ticking()) {
                state.tick();
                take_down();
            }
        };
        for (auto const& event : bench.kept) {
            walk(tick_of(event).value_or(state.ticks()));
            EXPECT_TRUE(state.evolve(event, bench.games));
            take_down();
        }
        walk(state.ticks_granted());
        return views;
    }
    // All that this client was ever shown is what replay comes to.
    void expect_all_seen_is_true(Client const& client)
    {
        auto const seat = client.seat.is_number() ? client.seat.get<Seat>() : spectator;
        auto const views = all_views(seat);
        Json view;
        std::size_t updates = 0;
        for (auto const& message : client.heard) {
            if (message.contains("view"))
                view = message["view"];
            else if (message["t"] == "upd")
                view.merge_patch(message["d"]);
            if (message["t"] != "upd" && message["t"] != "joined")
                continue;
            auto const at = std::pair(message["s"].get<std::uint64_t>(), message.value("k", 0ul));
            ASSERT_TRUE(views.contains(at)) << client.principal << " saw " << message;
            ASSERT_EQ(view["game"], views.at(at)) << message;
            updates++;
        }
        EXPECT_GT(updates, 5U);
    }
};

} // namespace gatehouse::rooms::testing
