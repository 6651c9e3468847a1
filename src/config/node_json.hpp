// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json_writer.hpp"
#include "config/document.hpp"

namespace gatehouse::config {

// As JSON: what is bare without quotes, all other scalars as text.
void write_json(json::Writer& out, Node const& node);

} // namespace gatehouse::config
