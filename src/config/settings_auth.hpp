// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_values.hpp"

#include <chrono>
#include <optional>

namespace gatehouse::config {

// Guests: anyone may have a session by asking for it (POST /v1/sessions).
struct Anonymous {
    Duration ttl = std::chrono::hours(24);
    Secret key {}; // Signs the tokens. None: one is made once and kept in the data folder.

    bool operator==(Anonymous const&) const = default;
};

// One way to tell who is asking. Exactly one kind is set.
struct Auth {
    std::optional<Anonymous> anonymous {};

    bool operator==(Auth const&) const = default;
};

} // namespace gatehouse::config
