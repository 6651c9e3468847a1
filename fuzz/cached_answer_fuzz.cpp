// SPDX-License-Identifier: Apache-2.0

// Whatever a Redis that others may write to brings, it is no answer, unless it was closed under
// this name with this secret: then it is the same answer, and none with a bit of it changed. The
// first two bytes say which bit.

#include "base/assert.hpp"
#include "cache/sealed.hpp"

#include <cstdint>
#include <string>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    constexpr std::string_view name = "rooms-0/k7qxm.9f0c2ab1";
    static cache::Seal const seal("a secret"), other("another secret");
    if (size < 2)
        return 0;
    std::string_view const rest(reinterpret_cast<char const*>(data) + 2, size - 2);
    GH_ASSERT(!seal.open(name, rest));

    cache::Answer answer;
    answer.version = size;
    answer.value = rest;
    auto closed = seal.close(name, answer, std::string(12, static_cast<char>(data[0])));
    auto const opened = seal.open(name, closed);
    GH_ASSERT(opened && opened->version == answer.version && opened->value == answer.value);
    GH_ASSERT(!seal.open("rooms-0/other", closed) && !other.open(name, closed));
    closed[(data[0] * 256u + data[1]) % closed.size()] ^= static_cast<char>(1 << (data[1] % 8));
    GH_ASSERT(!seal.open(name, closed));
    return 0;
}
