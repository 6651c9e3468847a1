// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "base/tree.hpp"
#include "rooms/game.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::remote {

// The state that a rules process is left with when it has answered a question: the one that it was
// asked about, changed by its answer. As long as the connection lasts it can be asked to go on from
// there, and need not be sent the state again.
struct Held {
    std::uint64_t connection = 0;
    std::uint64_t question = 0;

    bool operator==(Held const&) const = default;
};

// Somebody wants this.
struct Act {
    rooms::Seat seat;
    std::string name;
    std::string body; // JSON.
};
struct Ring {
    std::string timer;
};
// Nobody wants anything, but the state is not as the rules would have it: it is that of a new room,
// or of older rules, or others sit there now.
struct Prepare {};

// What the rules of a game are asked, in a process of their own.
struct Question {
    std::string game;
    std::string room;
    std::shared_ptr<json::Tree const> state; // Lent for as long as the question is open.
    std::optional<Held> held{};              // Whether they have that state already.
    std::variant<Act, Ring, Prepare> what;
    WallTime now{};
    std::string seed; // 32 bytes: all chance of the answer.
    std::vector<rooms::Occupant> seats;
};

[[nodiscard]] std::string_view name_of(rooms::Occupant occupant);

enum class WithState : bool { no, yes };
enum class Again : bool { no, yes };

// As docs/rules-protocol.md has it, under this number.
void append_question(
    std::string& out, std::uint64_t number, Question const& question, WithState state, Again again);

}  // namespace gatehouse::remote
