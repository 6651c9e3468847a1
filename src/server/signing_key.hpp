// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "identity/key.hpp"

namespace gatehouse::server {

// The key that signs guests' tokens: as configured, or the one kept in the data folder
// (`guest.key`, mode 0600), which is made at the first start. A store in memory keeps none.
[[nodiscard]] config::Secret guests_key(config::Settings const& settings);
[[nodiscard]] Result<identity::SigningKey> signing_key(config::Settings const& settings);

}  // namespace gatehouse::server
