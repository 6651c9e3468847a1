// SPDX-License-Identifier: Apache-2.0

// No input may crash the response parser, and where it is cut must not matter. The first two bytes
// say where, and for which method the answer is.

#include "base/assert.hpp"
#include "http/transcript.hpp"

#include <cstddef>
#include <cstdint>

using namespace gatehouse::http;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size < 2)
        return 0;
    constexpr std::string_view methods[] = {"GET", "GET", "HEAD", "CONNECT"};
    auto const method = methods[data[0] % 4];
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 2, size - 2);
    std::vector<std::size_t> cuts;
    for (std::size_t at = data[0] / 4; at < bytes.size(); at += 1 + data[1] % 64)
        cuts.push_back(at);
    GH_ASSERT(response_transcript(bytes, cuts, method) == response_transcript(bytes, {}, method));
    return 0;
}
