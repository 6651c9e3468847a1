// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "base/timers.hpp"
#include "net/output.hpp"
#include "runtime/descriptor.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace gatehouse::net {

enum class CloseReason : std::uint8_t {
    finished,       // We closed it, and all that was sent went out.
    reset_by_us,
    reset_by_peer,
    refused,        // Dialled, but nobody listens there.
    unreachable,    // Dialled, but there is no way there.
    timed_out,      // The peer took too long.
    overrun,        // More was sent to it than `backlog_bytes_max`.
    no_descriptors, // Dialled, but this process may open no more.
};

[[nodiscard]] std::string_view name_of(CloseReason reason);
// Of an errno.
[[nodiscard]] CloseReason reason_of(int error);

// A slot in the table of Sockets.
struct Connection {
    enum class State : std::uint8_t {
        free,
        dialling,
        open,
        closing,  // Reads and forgets, until the peer has seen the end.
        finished, // `closed` is still to be told.
    };

    std::uint32_t index = 0;
    std::uint32_t generation = 1;
    ConnectionId id{};
    runtime::Descriptor socket{};
    State state = State::free;
    CloseReason reason = CloseReason::finished;
    bool paused = false; // By its owner.
    bool peer_ended = false;
    bool ending = false;       // Our half, once all went out...
    bool ended = false;        // ...as it did.
    bool pressed_back = false; // The kernel did not take all.
    bool broken = false;       // Writing failed; reading tells when it is over.
    bool marked = false;       // Due for a flush.
    std::uint32_t watched_events = 0;
    Output output{};
    std::unique_ptr<Timer> closing_limit{};

    [[nodiscard]] bool reads() const;
    // What epoll should tell of it.
    [[nodiscard]] std::uint32_t wanted_events() const;
};

}  // namespace gatehouse::net
