// SPDX-License-Identifier: Apache-2.0
#include "sessions/shard_id.hpp"

#include "base/bytes.hpp"

namespace gatehouse::sessions {
namespace {

constexpr std::size_t id_bytes = 16;

} // namespace

std::string draw_shard_id(ShardIndex shard, Dice& dice)
{
    std::string const prefix{static_cast<char>(shard >> 8), static_cast<char>(shard)};
    return to_hex(prefix + dice.bytes(id_bytes - prefix.size()));
}

std::optional<ShardIndex> shard_of(std::string_view id)
{
    auto const bytes = from_hex(id);
    if (bytes.size() != id_bytes)
        return std::nullopt;
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    return static_cast<ShardIndex>(byte(0) << 8 | byte(1));
}

} // namespace gatehouse::sessions
