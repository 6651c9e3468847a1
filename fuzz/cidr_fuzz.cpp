// SPDX-License-Identifier: Apache-2.0

// Whatever is said to be a block of addresses: it is none, or what is said of it reads the same,
// and it contains itself and its first address. A ban of it hits that address, and is lifted by it.

#include "base/assert.hpp"
#include "limits/bans.hpp"

#include <cstdint>
#include <string_view>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    auto const block = limits::parse_block(text);
    auto const address = limits::parse_address(text);
    GH_ASSERT(!address || (block && block->address == *address));
    if (!block)
        return 0;
    auto const said = limits::print_block(*block);
    GH_ASSERT(limits::parse_block(said) == block);
    GH_ASSERT(limits::contains(*block, *block));
    GH_ASSERT(limits::contains(limits::client_of(block->address), block->address));

    limits::Bans bans({});
    GH_ASSERT(bans.add({.block = *block}));
    auto const first = limits::print_block({block->address, 128});
    GH_ASSERT(bans.find(first, {}) != nullptr);
    GH_ASSERT(bans.lift(*block));
    GH_ASSERT(bans.find(first, {}) == nullptr);
    return 0;
}
