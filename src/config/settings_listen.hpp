// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_values.hpp"

namespace gatehouse::config {

struct Listen {
    Address http {"", 8080};
    Address admin {"127.0.0.1", 9901};

    bool operator==(Listen const&) const = default;
};

} // namespace gatehouse::config
