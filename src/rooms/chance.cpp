// SPDX-License-Identifier: Apache-2.0
#include "rooms/chance.hpp"

#include "base/assert.hpp"
#include "base/digest.hpp"

namespace gatehouse::rooms {

namespace {

constexpr std::size_t block_size = 64;

std::uint32_t little_endian_word(std::string_view bytes)
{
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; i++)
        word |= std::uint32_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
    return word;
}

}  // namespace

Rng::Rng(std::string_view key, std::uint64_t stream) : key_(key), stream_(stream)
{
    GH_ASSERT(key.size() == 32);
}

std::uint32_t Rng::next()
{
    if (used_ == block_.size())
        refill();
    auto const word = little_endian_word(std::string_view(block_).substr(used_, 4));
    used_ += 4;
    return word;
}

std::uint32_t Rng::below(std::uint32_t n)
{
    GH_ASSERT(n > 0);
    auto const uneven = (0U - n) % n; // 2^32 mod n
    auto word = next();
    while (word < uneven)
        word = next();
    return word % n;
}

// The stream comes from its start each time, so it is asked for twice as far: a draw costs the same
// in the long run.
void Rng::refill()
{
    block_ = chacha20_stream(key_, stream_, blocks_ * block_size);
    blocks_ *= 2;
}

}  // namespace gatehouse::rooms
