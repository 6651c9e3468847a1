// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/load.hpp"

#include <string>

namespace gatehouse::config {

// The effective configuration. Secrets are shown as the references that they were written as.

// YAML that loads to the same settings; behind each value a comment says where it came from.
[[nodiscard]] std::string show_yaml(Loaded const& loaded);

// {"settings": {…}, "from": {"/listen/http": "gatehouse.yaml:3:9", …}}: what is not in `from` is a
// default.
[[nodiscard]] std::string show_json(Loaded const& loaded);

} // namespace gatehouse::config
