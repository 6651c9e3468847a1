// SPDX-License-Identifier: Apache-2.0
#include "websocket/frame_bounds.hpp"

#include <algorithm>

namespace gatehouse::websocket {

std::size_t FrameBounds::advance(std::string_view bytes)
{
    std::size_t at = 0;
    while (at < bytes.size()) {
        if (header_bytes_ < 2 || header_left_ > 0) {
            feed_header(static_cast<std::uint8_t>(bytes[at++]));
        } else {
            auto const size = std::min<std::uint64_t>(payload_left_, bytes.size() - at);
            payload_left_ -= size;
            at += static_cast<std::size_t>(size);
        }
        if (header_bytes_ < 2 || header_left_ > 0 || payload_left_ > 0)
            continue;
        header_bytes_ = 0;
        has_closed_ |= opcode_ == Opcode::close;
        break;
    }
    return at;
}

void FrameBounds::feed_header(std::uint8_t byte)
{
    header_bytes_++;
    if (header_bytes_ == 1) {
        opcode_ = static_cast<Opcode>(byte & 0x0f);
    } else if (header_bytes_ == 2) {
        auto const length = byte & 0x7f;
        length_left_ = length == 127 ? 8 : length == 126 ? 2 : 0;
        header_left_ = length_left_ + ((byte & 0x80) != 0 ? 4 : 0);
        payload_left_ = length_left_ > 0 ? 0 : static_cast<unsigned>(length);
    } else {
        header_left_--;
        if (length_left_ > 0) {
            length_left_--;
            payload_left_ = payload_left_ << 8 | byte;
        }
    }
}

}  // namespace gatehouse::websocket
