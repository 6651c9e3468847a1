// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "websocket/close_code.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::sessions {

// The other carrier of the protocol, for where WebSockets do not get through: what the server says
// is one long answer of events (HTML, "Server-sent events"), what the client says comes in posts.

// One message, or a batch.
void append_event(std::string& out, std::string_view json);
// Instead of a close frame.
[[nodiscard]] std::string close_event(websocket::CloseCode code, std::string_view reason);

// Puts the posts of one client in order: they are numbered from 1, may overtake one another, and
// are sent again where no answer came. At most `held_max` wait for one that is missing. Belongs to
// one shard.
class Posts {
public:
    static constexpr std::size_t held_max = 16;

    enum class Place : std::uint8_t {
        next,  // To be heard now; `take_next` gives those that waited for it.
        held,  // It waits for those before it.
        known, // It was taken before.
        far,   // Too many are missing before it.
    };
    [[nodiscard]] Place take(std::uint64_t number, std::string_view text);
    [[nodiscard]] std::optional<std::string> take_next();

private:
    std::uint64_t next_ = 1;
    std::map<std::uint64_t, std::string> held_{};
};

} // namespace gatehouse::sessions
