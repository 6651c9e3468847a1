// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

namespace gatehouse::http {

// What a parser came upon.
enum class Step : std::uint8_t { need_more, head, body, end, error };

// What no message may exceed, and the status that answers it.
struct ParserLimits {
    std::size_t start_line_bytes_max = 8 * 1024;        // 414
    std::size_t head_bytes_max = 16 * 1024;             // 431, the start line included
    std::size_t header_lines_max = 100;                 // 431
    std::size_t chunk_extension_bytes_max = 4 * 1024;   // 400, of all chunks of a message
    std::size_t trailer_bytes_max = 4 * 1024;           // 431; trailers are checked and dropped
    int interim_heads_max = 16;                         // before an answer
};

struct ParseError {
    int status = 0;
    ErrorCode code{};
    std::string_view why; // Lives forever; safe to show to the client.

    bool operator==(ParseError const&) const = default;
};

using Checked = std::expected<void, ParseError>;

[[nodiscard]] std::unexpected<ParseError> refused(int status, std::string_view why);

}  // namespace gatehouse::http
