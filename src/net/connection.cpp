// SPDX-License-Identifier: Apache-2.0
#include "net/connection.hpp"

#include <cerrno>
#include <sys/epoll.h>
#include <utility>

namespace gatehouse::net {

std::string_view name_of(CloseReason reason)
{
    switch (reason) {
    case CloseReason::finished: return "finished";
    case CloseReason::reset_by_us: return "reset by us";
    case CloseReason::reset_by_peer: return "reset by the peer";
    case CloseReason::refused: return "refused";
    case CloseReason::unreachable: return "unreachable";
    case CloseReason::timed_out: return "timed out";
    case CloseReason::overrun: return "overrun";
    case CloseReason::no_descriptors: return "no descriptors";
    }
    std::unreachable();
}

CloseReason reason_of(int error)
{
    switch (error) {
    case ECONNREFUSED: return CloseReason::refused;
    case ETIMEDOUT: return CloseReason::timed_out;
    case EMFILE:
    case ENFILE: return CloseReason::no_descriptors;
    case ECONNRESET:
    case EPIPE: return CloseReason::reset_by_peer;
    default: return CloseReason::unreachable;
    }
}

bool Connection::reads() const
{
    switch (state) {
    case State::open: return !paused && !peer_ended;
    case State::closing: return !peer_ended; // Else a peer that only writes would never read.
    default: return false;
    }
}

std::uint32_t Connection::wanted_events() const
{
    if (state == State::dialling)
        return EPOLLOUT;
    return (reads() ? EPOLLIN : 0u) | (pressed_back ? EPOLLOUT : 0u);
}

}  // namespace gatehouse::net
