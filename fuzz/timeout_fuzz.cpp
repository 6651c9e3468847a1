// SPDX-License-Identifier: Apache-2.0

// What others say in X-Gatehouse-Timeout, grpc-timeout and X-Gatehouse-Attempt: nothing, or a
// duration within bounds; what is passed on of it reads as no more, and as the same once rounded.

#include "base/assert.hpp"
#include "upstream/deadline.hpp"
#include "upstream/retry.hpp"

#include <cstdint>
#include <string_view>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    if (auto const read = upstream::parse_timeout(text)) {
        GH_ASSERT(*read >= Duration::zero() && *read <= upstream::timeout_max);
        auto const again = upstream::parse_timeout(upstream::print_timeout(*read));
        GH_ASSERT(again && *again <= *read);
        GH_ASSERT(upstream::print_timeout(*again) == upstream::print_timeout(*read));
    }
    if (auto const read = upstream::parse_grpc_timeout(text)) {
        GH_ASSERT(*read >= Duration::zero() && *read <= upstream::timeout_max);
        auto const again = upstream::parse_grpc_timeout(upstream::print_grpc_timeout(*read));
        GH_ASSERT(again && *again <= *read);
        GH_ASSERT(upstream::print_grpc_timeout(*again) == upstream::print_grpc_timeout(*read));
    }
    auto const attempt = upstream::parse_attempt(text);
    GH_ASSERT(attempt >= 1 && attempt <= 99);
    return 0;
}
