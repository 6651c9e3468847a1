// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/testing/report.hpp"
#include "rooms/rules_of.hpp"

#include <filesystem>

namespace gatehouse::testing {

// Replays the history of a real room: what `gatehouse room export ROOM` printed, or a pack of the
// archive without its compression. Every event must be read, follow and be fair, and the state must
// come through a snapshot unchanged. The fingerprint is that of the last state.
[[nodiscard]] Report replay(rooms::Catalogue const& games, std::filesystem::path const& history);

template <rooms::Game... Gs>
[[nodiscard]] Report replay(std::filesystem::path const& history)
{
    rooms::Catalogue games;
    (games.add(rooms::rules_of<Gs>()), ...);
    return replay(games, history);
}

}  // namespace gatehouse::testing
