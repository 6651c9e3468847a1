// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/shape_options.hpp"
#include "http/message.hpp"

namespace gatehouse::gateway {

// The fields then point to what `edits` holds.
void apply(HeaderEdits const& edits, http::Headers& fields);

} // namespace gatehouse::gateway
