// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::conform {

struct Options {
    std::string url{};               // "ws://HOST[:PORT]" or "http://…"
    std::string game{};              // Empty: the first that the server has.
    std::vector<std::string> only{}; // Names of cases; empty: all.
    std::string token{};             // Empty: guests.
    bool as_json = false;
    std::optional<std::uint16_t> serve{}; // A client is looked at, which is to come to this port.
};

// Holds a server to the rules of docs/protocol.md, one case after the other, and prints what came
// of each. The exit code: 0 where none failed, 1 where one did, 2 where what was asked makes no
// sense.
[[nodiscard]] int judge_server(Options const& options);

// The same of a client: serves one room, CONFORM, and sees what it does (Visitor).
[[nodiscard]] int judge_client(Options const& options);

// Prints the cases, and the sentences that they are about.
int list_cases(bool as_json);

} // namespace gatehouse::conform
