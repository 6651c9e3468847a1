// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rooms/rules.hpp"

#include <string>

namespace gatehouse::cli {

// The types of a game for @gatehouse/client, as TypeScript: one exported interface, called
// "LiapTui" for liap-tui.
void write_typescript(std::string& out, rooms::About const& about, rooms::GameShape const& shape);

} // namespace gatehouse::cli
