// SPDX-License-Identifier: Apache-2.0
#include "base/sound.hpp"

#include <string>

Result<Pair> in_braces()
{
    if (auto const pair = [&](auto) -> Result<Pair> { return GH_TRY(sound()); }(7))
        return Pair{GH_TRY(sound()), "{"};
    for (auto const& each : GH_TRY(all()))
        keep({each, GH_TRY(sound())});
    return GH_TRY(sound());
}
