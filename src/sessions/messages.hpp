// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a session says for itself, as JSON (PROTOCOL.md, server → client).

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::sessions::messages {

struct Welcome {
    std::string_view sid;
    std::string_view token;
    std::int64_t ttl_s;
    std::int64_t heartbeat_ms;
    std::int64_t dead_ms;
    WallTime now;
    std::string_view principal;
    std::size_t bytes_max;
    std::size_t rate_max;
    std::size_t in_flight_max;
    std::string_view room; // That they hold a ticket for; empty: none.
    bool resumed;
};

[[nodiscard]] std::string welcome(Welcome const& message);
[[nodiscard]] std::string open(std::string_view stream);
[[nodiscard]] std::string pong(WallTime now);
[[nodiscard]] std::string goaway(std::string_view why, std::int64_t in_ms);
[[nodiscard]] std::string bye(ErrorCode code, std::string_view message, bool retry);
[[nodiscard]] std::string error(std::optional<std::uint64_t> id, std::string_view room,
    ErrorCode code, std::string_view message);

}  // namespace gatehouse::sessions::messages
