// SPDX-License-Identifier: Apache-2.0
#include "rooms/rules.hpp"

namespace gatehouse::rooms {

Rules const* Catalogue::find(std::string_view name) const
{
    for (auto const& game : games_)
        if (game->about().name == name)
            return game.get();
    return nullptr;
}

}  // namespace gatehouse::rooms
