// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"

#include <optional>
#include <string_view>

namespace gatehouse::http {

// The token of `Authorization: Bearer` (RFC 6750 §2.1).
[[nodiscard]] std::optional<std::string_view> bearer_token(Headers const& headers);

} // namespace gatehouse::http
