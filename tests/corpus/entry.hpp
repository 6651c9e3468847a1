// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/event.hpp"
#include "events/keys.hpp"
#include "rooms/rules.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::corpus {

// The room that every entry tells of: its chain begins with this name.
inline constexpr std::string_view stream = "k7qxm.00000001";

// The games that this version of gatehouse replays the corpus with.
[[nodiscard]] rooms::Catalogue games_of_today();

// What a store has of a room: its events, and the keys of its people.
struct Stored {
    std::vector<events::Event> events;
    std::vector<events::MemberKey> keys{};
};

// The events of a history, a line each, as archives keep them.
[[nodiscard]] std::string to_lines(std::vector<events::Event> const& events);
// Throws what is wrong, as the other functions of this folder do: a test shows it.
[[nodiscard]] std::vector<events::Event> read_lines(std::string_view text);

[[nodiscard]] std::string to_lines(std::vector<events::MemberKey> const& keys);
[[nodiscard]] std::vector<events::MemberKey> read_keys(std::string_view text);

// What replay must come to, in words that can be compared line by line: each event and a hash of
// the game's state after it; last, all that anybody would see of the room, and whether the chance
// in it was fair.
[[nodiscard]] std::vector<std::string> told(Stored const& stored, rooms::Catalogue const& games);

// Type, schema and the names of the fields: what two events of one layout have in common.
[[nodiscard]] std::string layout_of(events::Event const& event);

[[nodiscard]] std::string read_file(std::filesystem::path const& path);
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);

} // namespace gatehouse::corpus
