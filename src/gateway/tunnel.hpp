// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/context.hpp"

#include <array>
#include <string_view>

namespace gatehouse::gateway {

// After an upgrade: bytes pass both ways as they are, each direction as fast as its receiver takes
// them, and either may end alone. Without a byte for TimeoutOptions::tunnel both are closed.
// `leftover` has come from the client already.
void open_tunnel(
    Context& context, ConnectionId client, ConnectionId upstream, std::string_view leftover);

}  // namespace gatehouse::gateway
