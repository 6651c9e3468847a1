// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_values.hpp"

#include <optional>

namespace gatehouse::config {

struct Https {
    Address address{"", 8443};
    bool proxy_protocol = false;

    bool operator==(Https const&) const = default;
};

struct Listen {
    Address http{"", 8080};
    std::optional<Https> https{};
    Address admin{"127.0.0.1", 9901};

    bool operator==(Listen const&) const = default;
};

} // namespace gatehouse::config
