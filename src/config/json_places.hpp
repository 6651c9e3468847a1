// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/problem.hpp"

#include <string>
#include <string_view>

namespace gatehouse::config {

// Where the value stands that the pointer (RFC 6901) leads to in the JSON text called `name`, or
// else the last one on the way there. Of a text that is no JSON, where it stops being any.
[[nodiscard]] Place place_in_json(
    std::string const& name, std::string_view text, std::string_view pointer);

} // namespace gatehouse::config
