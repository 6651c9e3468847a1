// SPDX-License-Identifier: Apache-2.0

// Whatever a balancer says ahead of its client: it is refused, waited for or read, the same however
// much has come, and a client that is named reads the same when it is said again.

#include "base/assert.hpp"
#include "net/proxy_protocol.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const bytes(reinterpret_cast<char const*>(data), size);
    auto const read = net::read_proxy_header(bytes);
    for (std::size_t cut = 0; cut < std::min<std::size_t>(size, 64); cut++) {
        auto const early = net::read_proxy_header(bytes.substr(0, cut));
        GH_ASSERT(early || !read); // What is refused early is refused for good,
        GH_ASSERT(!early || !*early || (read && *read && (*read)->bytes == (*early)->bytes));
    }
    if (!read || !*read)
        return 0;
    GH_ASSERT((*read)->bytes <= size);
    if (auto const& source = (*read)->source) {
        auto const again = net::read_proxy_header(net::write_proxy_header(*source, *source));
        GH_ASSERT(again && *again && (*again)->source == source);
    }
    return 0;
}
