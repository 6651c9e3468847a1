// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rooms/rules.hpp"

#include <functional>

namespace gatehouse::config {
struct Settings;
}

namespace gatehouse {

// The games of a binary. It is asked with what was configured, which may name games that are not
// compiled in; with settings that say nothing, the ones that are. Each answer is a catalogue of its
// own, and equal settings get equal ones.
using Games = std::function<rooms::Catalogue(config::Settings const&)>;

// All that `gatehouse` does, with these games: `gatehouse --help` lists it. Returns the exit code.
// Call it from the thread that main() began with: it takes the process's signals.
int main(int argc, char** argv, Games games);

}  // namespace gatehouse
