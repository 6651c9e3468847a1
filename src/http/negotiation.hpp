// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace gatehouse::http {

// How much an Accept field wants a media type, in thousandths (RFC 9110 §12.5.1): of the ranges
// that take it, the most specific one says. 0: not at all. Empty: anything will do.
[[nodiscard]] int quality_of(std::string_view accept, std::string_view type);

} // namespace gatehouse::http
