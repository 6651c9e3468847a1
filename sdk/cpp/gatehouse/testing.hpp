// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a game is tested with, by any test framework or none. Each test plays whole games without a
// server and answers a Report (docs/writing-a-game.md, "Test it"):
//
//     fuzz         does what is stored lead to what was played, whatever is asked for?
//     determinism  does the same lead to the same, always?
//     leaks        does anybody see what hangs on what they must not know?
//     replay       does the history of a real room still lead somewhere?

#include "gatehouse/game.hpp"
#include "gatehouse/testing/determinism.hpp"
#include "gatehouse/testing/fuzz.hpp"
#include "gatehouse/testing/leaks.hpp"
#include "gatehouse/testing/replay.hpp"
