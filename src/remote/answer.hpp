// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/tree.hpp"
#include "remote/question.hpp"
#include "rooms/game.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace gatehouse::remote {

// What the rules say happened, and how it changes the state.
struct Happened {
    std::string name;
    std::optional<json::Tree> told{}; // What it was, for those who read the room's history.
    std::optional<json::Tree> patch{};
};

struct Answer {
    std::vector<Happened> events{};
    std::vector<rooms::TimerChange> timers{};
    std::optional<rooms::Refusal> refusal{}; // Then nothing else.
    bool is_over = false;
    Held held{};
};

// What a rules process says of itself: the games that it decides, each with the tag of its rules.
struct Hello {
    std::map<std::string, std::string, std::less<>> games;
};

struct Reply {
    std::uint64_t question = 0;
    bool needs_state = false;
    Result<Answer> answer{}; // Fails with `internal` where it is none.
};

inline constexpr std::string_view protocol = "gatehouse.rules.v1";
inline constexpr std::size_t events_per_answer_max = 256;
inline constexpr std::size_t timers_per_answer_max = 16;
inline constexpr std::size_t games_per_process_max = 256;

// Fails with `bad_request` where it is neither: such a process does not speak this protocol.
[[nodiscard]] Result<std::variant<Hello, Reply>> read_message(json::Tree const& message);

}  // namespace gatehouse::remote
