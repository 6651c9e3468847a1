// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "base/random.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::sessions {

// What a client is given to come back with, to any shard: 32 hex digits that nobody guesses, of
// which the first four name the shard that knows the rest.
[[nodiscard]] std::string draw_shard_id(ShardIndex shard, Dice& dice);

// Empty: it is no such id.
[[nodiscard]] std::optional<ShardIndex> shard_of(std::string_view id);

} // namespace gatehouse::sessions
