// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_values.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace gatehouse::config {

enum class LogLevel : std::uint8_t { debug, info, warn, error };
constexpr std::array<std::string_view, 4> enum_names(LogLevel)
{
    return {"debug", "info", "warn", "error"};
}

struct Log {
    LogLevel level = LogLevel::info;
    bool access = true; // One line per request.

    bool operator==(Log const&) const = default;
};

// How many shards (threads with a loop of their own). 0: `auto`, one per core.
struct Shards {
    int count = 0;

    bool operator==(Shards const&) const = default;
};

// What rooms, all together, may take of this server.
struct Capacity {
    Size memory {std::uint64_t {4} << 30};
    Percent short_at {80}; // Of that: idle rooms leave memory before their time.
    Duration sleep_after = std::chrono::minutes(10);
    Duration stuck_after = std::chrono::seconds(5); // In a game's code, without coming back.

    bool operator==(Capacity const&) const = default;
};

struct Drain {
    Duration timeout = std::chrono::seconds(10); // After SIGTERM, what is still open is closed.

    bool operator==(Drain const&) const = default;
};

} // namespace gatehouse::config
