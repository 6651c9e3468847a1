// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/context.hpp"

#include <string_view>

namespace gatehouse::gateway {

// Does the Upgrade field name WebSocket, and nothing else?
[[nodiscard]] bool is_websocket(http::Headers const& headers);

struct TunnelOptions {
    ConnectionId client;
    ConnectionId upstream;
    std::string_view from_client; // What each has sent already.
    std::string_view from_upstream;
};

// A WebSocket after its upgrade: bytes pass both ways as they are, each direction as fast as its
// receiver takes them, and either may end alone. Without a byte for TimeoutOptions::tunnel both are
// closed.
//
// Draining closes both sides with 1012, within half a second, so that clients come back in a
// spread, and in either direction not before the frame is whole that is on its way there.
void open_tunnel(Context& context, TunnelOptions const& options);

}  // namespace gatehouse::gateway
