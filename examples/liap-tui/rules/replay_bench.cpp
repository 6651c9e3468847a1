// SPDX-License-Identifier: Apache-2.0
// How fast a room comes back: events of whole games, decoded from CBOR and applied.

#include "liap_tui/liap_tui.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

namespace gatehouse::liap_tui {

namespace {

struct Stored {
    std::string_view type;
    std::string bytes;
};

constexpr BySeat<rooms::Occupant> bots{
    rooms::Occupant::bot, rooms::Occupant::bot, rooms::Occupant::bot, rooms::Occupant::bot};

Stored stored(Event const& event)
{
    Stored entry{Choice<Event>::name_of(event), {}};
    cbor::Writer out(entry.bytes);
    std::visit([&out](auto const& each) { write_cbor(out, each); }, event);
    return entry;
}

void record_game(char key, std::vector<Stored>& log)
{
    rooms::Chance const chance(std::string(32, key));
    rooms::Context const context{.now = {}, .chance = chance, .seats = bots};
    auto rng = chance.stream(0);
    auto state = LiapTui::begin({});
    auto decision = LiapTui::decide(state, 0, Start{}, context);
    while (true) {
        for (auto const& event : decision.events) {
            evolve(state, event);
            log.push_back(stored(event));
        }
        if (decision.is_over)
            return;
        auto const seat = state.turn.value_or(0);
        auto const action = LiapTui::bot(view_of(state, seat), seat, rng);
        decision = action ? LiapTui::decide(state, seat, *action, context)
                          : LiapTui::decide_timer(state, "turn", context);
    }
}

// Returns something that depends on all of it, lest the compiler leave it out.
int replay(std::vector<Stored> const& log)
{
    auto state = LiapTui::begin({});
    int sum = 0;
    for (auto const& [type, bytes] : log) {
        Event event;
        cbor::Reader in(bytes);
        if (!Choice<Event>::select(type, event))
            std::abort();
        std::visit([&in](auto& each) { read_cbor(in, each); }, event);
        evolve(state, event);
        sum += state.round;
    }
    return sum;
}

void measure()
{
    std::vector<Stored> log;
    for (char key = 1; key <= 20; key++)
        record_game(key, log);
    std::size_t bytes = 0;
    for (auto const& entry : log)
        bytes += entry.bytes.size();

    constexpr int times = 200;
    int sum = 0;
    auto const begun = std::chrono::steady_clock::now();
    for (int i = 0; i < times; i++)
        sum += replay(log);
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begun;
    auto const events = static_cast<double>(log.size()) * times;
    fmt::print("{} games, {} events, {:.1f} bytes each: {:.2f} million events/s ({})\n", 20,
        log.size(), static_cast<double>(bytes) / static_cast<double>(log.size()),
        events / took.count() / 1e6, sum);
}

}  // namespace

}  // namespace gatehouse::liap_tui

int main()
{
    gatehouse::liap_tui::measure();
}
