// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/address.hpp"

#include <string>

namespace gatehouse {

// Where to: of "http://host:port/path", or "ws://".
struct Target {
    net::Address address{};
    std::string host{}; // For the Host header: with its port.
    std::string path{}; // From "/" on, with its query.
};

// Asks the system's resolver, and waits for it.
[[nodiscard]] Result<Target> resolve_target(std::string_view url);

}  // namespace gatehouse
