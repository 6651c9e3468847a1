// SPDX-License-Identifier: Apache-2.0
#include "websocket/utf8_stream.hpp"

#include <cstring>

namespace gatehouse::websocket {
namespace {

// Bytes at the front of `text` that are ASCII, counted in words of eight.
std::size_t ascii_run(std::string_view text)
{
    std::size_t size = 0;
    for (std::uint64_t word = 0; size + sizeof word <= text.size(); size += sizeof word) {
        std::memcpy(&word, text.data() + size, sizeof word);
        if ((word & 0x8080'8080'8080'8080) != 0)
            break;
    }
    return size;
}

}  // namespace

bool Utf8Stream::accept(std::string_view piece)
{
    while (!piece.empty()) {
        if (missing_ == 0)
            piece.remove_prefix(ascii_run(piece));
        std::size_t taken = 0;
        for (; taken < piece.size() && taken < 8; taken++)
            if (!accept_byte(static_cast<std::uint8_t>(piece[taken])))
                return false;
        piece.remove_prefix(taken);
    }
    return true;
}

bool Utf8Stream::accept_byte(std::uint8_t byte)
{
    if (missing_ == 0)
        return byte < 0x80 || begin_sequence(byte);
    if (byte < lowest_ || byte > highest_)
        return false;
    missing_--;
    lowest_ = 0x80;
    highest_ = 0xbf;
    return true;
}

bool Utf8Stream::begin_sequence(std::uint8_t byte)
{
    if (byte < 0xc2 || byte > 0xf4) // Stray continuation bytes, overlong pairs, above U+10FFFF.
        return false;
    missing_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte == 0xe0) // Overlong below.
        lowest_ = 0xa0;
    else if (byte == 0xed) // Surrogates above.
        highest_ = 0x9f;
    else if (byte == 0xf0) // Overlong below.
        lowest_ = 0x90;
    else if (byte == 0xf4) // Nothing above U+10FFFF.
        highest_ = 0x8f;
    return true;
}

}  // namespace gatehouse::websocket
