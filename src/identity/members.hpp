// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"

namespace gatehouse::identity {

// Has each object in it, however deep, members of different names? RFC 7515 §4 and RFC 7519 §4
// leave a choice between refusing those that have not and taking the last of them; the parser would
// show the first. Two readers who choose differently are an attack, so we refuse.
[[nodiscard]] bool has_unique_members(json::Node node);

} // namespace gatehouse::identity
