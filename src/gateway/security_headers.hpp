// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/shape_options.hpp"
#include "http/message.hpp"

namespace gatehouse::gateway {

// Adds what the answer does not say itself: an application knows its own pages best. The fields
// then point to what `options` holds.
void add_security_headers(SecurityOptions const& options, http::Headers& fields);

} // namespace gatehouse::gateway
