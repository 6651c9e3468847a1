// SPDX-License-Identifier: Apache-2.0
// How fast a room comes back: the stored events of whole games, as a room replays them, with their
// chain and without it (as older versions stored them).

#include "liap_tui/liap_tui.hpp"

#include "base/bytes.hpp"
#include "rooms/rules_of.hpp"
#include "rooms/state.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace gatehouse::liap_tui {

namespace {

using History = std::vector<events::Event>;

constexpr BySeat<rooms::Occupant> bots{
    rooms::Occupant::bot, rooms::Occupant::bot, rooms::Occupant::bot, rooms::Occupant::bot};
constexpr std::string_view room = "k7qxm.9f0c2ab1";

void record(History& history, std::string_view type, std::string data)
{
    history.push_back({.version = history.size() + 1, .type = std::string(type), .at = {},
        .cause = {}, .data = std::move(data)});
    auto& event = history.back();
    auto const before = event.version == 1 ? events::chain_start(room)
                                           : history[history.size() - 2].link;
    event.link = events::chain_link(before, event);
}

History game_of(char key)
{
    History history;
    std::string const seed(32, key);
    record(history, rooms::Opened::name, rooms::encode_body(rooms::Opened{
        .game = "liap-tui", .rules = LiapTui::about.version, .code = "K7QXM",
        .seed = to_hex(seed), .options = to_hex([] {
            std::string bytes;
            cbor::Writer out(bytes);
            write_cbor(out, Options{});
            return bytes;
        }())}));
    rooms::Chance const chance(seed);
    rooms::Context const context{.now = {}, .chance = chance, .seats = bots};
    auto rng = chance.stream(0);
    auto state = LiapTui::begin({});
    auto decision = LiapTui::decide(state, 0, Start{}, context);
    while (true) {
        for (auto const& event : decision.events) {
            evolve(state, event);
            std::string body;
            cbor::Writer out(body);
            std::visit([&out](auto const& each) { write_cbor(out, each); }, event);
            record(history, Choice<Event>::name_of(event), std::move(body));
        }
        if (decision.is_over)
            return history;
        auto const seat = state.turn.value_or(0);
        auto const action = LiapTui::bot(view_of(state, seat), seat, rng);
        decision = action ? LiapTui::decide(state, seat, *action, context)
                          : LiapTui::decide_timer(state, "turn", context);
    }
}

void measure(
    std::string_view what, std::vector<History> const& games, rooms::Catalogue const& rules)
{
    constexpr int times = 200;
    std::size_t events = 0;
    auto const begun = std::clock(); // Of this process: the machine may have more to do.
    for (int i = 0; i < times; i++)
        for (auto const& game : games) {
            rooms::RoomState state(room);
            for (auto const& event : game)
                if (!state.evolve(event, rules))
                    std::abort();
            events += state.version();
        }
    auto const seconds = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
    fmt::print("{}: {} events, {:.2f} million events/s and core\n", what, events,
        static_cast<double>(events) / seconds / 1e6);
}

}  // namespace

}  // namespace gatehouse::liap_tui

int main()
{
    using namespace gatehouse;
    rooms::Catalogue rules;
    rules.add(rooms::rules_of<liap_tui::LiapTui>());
    std::vector<liap_tui::History> games;
    for (char key = 1; key <= 20; key++)
        games.push_back(liap_tui::game_of(key));
    liap_tui::measure("with the chain", games, rules);
    for (auto& game : games)
        for (auto& event : game)
            event.link = {};
    liap_tui::measure("without it", games, rules);
}
