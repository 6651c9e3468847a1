// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/address.hpp"
#include "runtime/descriptor.hpp"

#include <cstdint>

namespace gatehouse::net {

// The owner's own word for a listener, told with every connection that it accepts.
enum class ListenerTag : std::uint16_t {};

enum class PortUse : std::uint8_t {
    claim, // Fails where anybody listens there.
    share, // With the listeners of this user that share it too; the kernel spreads the connections.
};

struct ListenerInfo {
    Address address; // With the port that was bound.
};

struct Listener {
    runtime::Descriptor socket;
    ListenerTag tag;
};

// A listening socket, non-blocking, with SO_REUSEPORT. An error says what to do about it.
[[nodiscard]] Result<runtime::Descriptor> open_listener(Address const& address, PortUse use);

// What a socket is bound to.
[[nodiscard]] Address address_of(runtime::Descriptor const& socket);

}  // namespace gatehouse::net
