// SPDX-License-Identifier: Apache-2.0
#include "entry.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "events/chain.hpp"
#include "games.hpp"
#include "rooms/rules_of.hpp"
#include "rooms/state.hpp"
#include "storage/archive/lines.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace gatehouse::corpus {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
T must(Result<T> result)
{
    if (!result)
        throw std::runtime_error(result.error().message + " (" + result.error().detail + ")");
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

std::string state_hash(rooms::Play const& play)
{
    std::string bytes;
    play.write_state(bytes);
    return to_hex(sha256(bytes));
}

Json line_of(events::Event const& event, rooms::RoomState const& state)
{
    auto const parts = rooms::split(event.data).value();
    Json line{{"version", event.version}, {"type", event.type}, {"schema", event.schema},
        {"says", Json::parse(must(cbor::to_json(parts.body)))}};
    if (event.cause.actor != 0)
        line["by"] = std::to_string(event.cause.actor) + "#" + std::to_string(event.cause.action);
    for (auto const& timer : parts.timers)
        line["timers"][timer.name] = timer.at ? Json(timer.at->ms) : Json();
    if (parts.tick)
        line["tick"] = *parts.tick;
    line["state"] = state_hash(state.play()).substr(0, 16);
    return line;
}

Json line_of(rooms::RoomState& state, Json const& unfair)
{
    std::string room;
    json::Writer out(room);
    write_json(out, state.view());
    Json line{{"rules", state.opened().rules}, {"state", state_hash(state.play())},
        {"fair", unfair.empty() ? Json(true) : unfair}, {"room", Json::parse(room)},
        {"timers", Json::object()}, {"members", Json::array()}, {"views", Json::object()}};
    for (auto const& timer : state.timers())
        line["timers"][timer.name] = timer.at.ms;
    for (auto const& member : state.members())
        line["members"].push_back({member.principal, member.display, member.applied.last()});
    for (auto seat = rooms::spectator; std::cmp_less(seat, state.chairs().size()); seat++) {
        std::string view;
        json::Writer view_out(view);
        state.play().show(seat, view_out);
        line["views"][std::to_string(seat)] = Json::parse(view);
    }
    return line;
}

} // namespace

rooms::Catalogue games_of_today()
{
    rooms::Catalogue games;
    [&]<typename... G>(std::tuple<G...> const*) {
        (games.add(rooms::rules_of<G>()), ...);
    }(static_cast<Games const*>(nullptr));
    return games;
}

std::string to_lines(std::vector<events::Event> const& events)
{
    std::string text;
    for (auto const& event : events) {
        storage::archive::append_line(text, event);
        text += '\n';
    }
    return text;
}

std::vector<events::Event> read_lines(std::string_view text)
{
    json::Parser parser;
    std::vector<events::Event> events;
    for (auto const& line : lines_of(text))
        events.push_back(must(storage::archive::read_line(parser, line)));
    return events;
}

std::string to_lines(std::vector<events::MemberKey> const& keys)
{
    std::string text;
    for (auto const& [subject, actor, key] : keys)
        text += Json{{"actor", actor}, {"subject", subject}, {"key", to_hex(key)}}.dump() + '\n';
    return text;
}

std::vector<events::MemberKey> read_keys(std::string_view text)
{
    std::vector<events::MemberKey> keys;
    for (auto const& line : lines_of(text)) {
        auto const key = Json::parse(line);
        keys.push_back({key["subject"], key["actor"], from_hex(key["key"].get<std::string>())});
    }
    return keys;
}

std::vector<std::string> told(Stored const& stored, rooms::Catalogue const& games)
{
    rooms::RoomState state(stream);
    state.learn(stored.keys);
    auto link = events::chain_start(stream);
    Json unfair = Json::array();
    std::vector<std::string> lines;
    for (auto const& event : stored.events) {
        link = events::chain_link(link, event);
        if (link != event.link)
            throw std::runtime_error(
                "the chain breaks at version " + std::to_string(event.version));
        must(state.approach(event));
        if (state.exists() && !rooms::is_platform_type(event.type)) {
            auto const what = state.play().unfair(event.type, event.schema,
                rooms::split(event.data).value().body, rooms::Chance(state.seed()));
            if (what)
                unfair.push_back(std::to_string(event.version) + ": " + *what);
        }
        must(state.evolve(event, games));
        lines.push_back(line_of(event, state).dump());
    }
    lines.push_back(line_of(state, unfair).dump());
    return lines;
}

std::string layout_of(events::Event const& event)
{
    auto layout = event.type + " (schema " + std::to_string(event.schema) + "):";
    auto const says = Json::parse(must(cbor::to_json(rooms::split(event.data).value().body)));
    for (auto const& [name, value] : says.items())
        layout += " " + name;
    return layout;
}

std::string read_file(std::filesystem::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    if (!in)
        throw std::runtime_error(path.string() + " cannot be read");
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> lines_of(std::string_view text)
{
    std::vector<std::string> lines;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

} // namespace gatehouse::corpus
