// SPDX-License-Identifier: Apache-2.0

// No input may crash the request parser, and where it is cut must not matter. The first two bytes
// say where; small bounds are tried on every other input.

#include "base/assert.hpp"
#include "http/transcript.hpp"

#include <cstddef>
#include <cstdint>

using namespace gatehouse::http;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size < 2)
        return 0;
    ParserLimits limits;
    if (data[0] % 2 == 1)
        limits = {.start_line_bytes_max = 24,
            .head_bytes_max = 96,
            .header_lines_max = 4,
            .chunk_extension_bytes_max = 4,
            .trailer_bytes_max = 8,
            .interim_heads_max = 1};
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 2, size - 2);
    std::vector<std::size_t> cuts;
    for (std::size_t at = data[0] / 2; at < bytes.size(); at += 1 + data[1] % 64)
        cuts.push_back(at);
    GH_ASSERT(request_transcript(bytes, cuts, limits) == request_transcript(bytes, {}, limits));
    return 0;
}
