// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/testing/replay.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "rooms/record.hpp"
#include "rooms/state.hpp"
#include "storage/archive/lines.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::testing {
namespace {

struct History {
    std::string room{};
    std::vector<events::Event> events{};
};

// A header names the room, whose chain begins with its name; a seal ends a pack. Without a header
// nobody can tell where the chain began, and the links are left aside.
Result<History> read(std::string_view text)
{
    json::Parser parser;
    History history;
    for (std::size_t number = 1; !text.empty(); number++) {
        auto const line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        auto const wrong = [&](Error const& error) {
            return fail(error.code, "line " + std::to_string(number) + ": " + error.message);
        };
        auto const root = parser.parse(line);
        if (!root)
            return wrong(root.error());
        auto const room = root->find("room");
        if (number == 1 && room)
            history.room = room->text().value_or("");
        if (!root->find("type"))
            continue;
        auto event = storage::archive::read_line(parser, line);
        if (!event)
            return wrong(event.error());
        if (history.room.empty())
            event->link = {};
        history.events.push_back(*std::move(event));
    }
    return history;
}

std::string bytes_of(rooms::RoomState const& state)
{
    std::string bytes;
    state.play().write_state(bytes);
    return bytes;
}

Result<rooms::RoomState> followed(
    History const& history, rooms::Catalogue const& games, Report& report)
{
    rooms::RoomState state(history.room);
    for (auto const& event : history.events) {
        auto const parts = rooms::split(event.data);
        GH_CHECK(state.approach(event));
        if (state.exists() && parts && !rooms::is_platform_type(event.type))
            if (auto const what = state.play().unfair(event.type, event.schema, parts->body,
                    rooms::Chance(state.seed())))
                report.find("version " + std::to_string(event.version) + " is not fair: " + *what);
        GH_CHECK(state.evolve(event, games));
        report.events++;
    }
    if (!state.exists())
        return std::unexpected(state.why_not(games));
    return state;
}

}  // namespace

Report replay(rooms::Catalogue const& games, std::filesystem::path const& file)
{
    Report report{.games = 1};
    std::ifstream in(file, std::ios::binary);
    std::string const text(std::istreambuf_iterator<char>(in), {});
    auto const complain = [&](Error const& error) {
        report.find(file.string() + ": " + error.message
            + (error.detail.empty() ? "" : " (" + error.detail + ")"));
        return report;
    };
    auto const history = read(text);
    if (!history)
        return complain(history.error());
    auto const state = followed(*history, games, report);
    if (!state)
        return complain(state.error());
    report.finished = state->status() == rooms::Status::finished ? 1 : 0;
    auto const resumed = rooms::RoomState::restore(state->snapshot(), games);
    if (!resumed)
        return complain(resumed.error());
    report.compared++;
    if (bytes_of(*resumed) != bytes_of(*state))
        report.find(file.string() + ": the state is another one after a snapshot");
    report.fingerprint = to_hex(sha256(bytes_of(*state)));
    return report;
}

}  // namespace gatehouse::testing
