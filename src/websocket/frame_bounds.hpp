// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "websocket/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::websocket {

// Follows the frames in a stream of bytes that passes by (RFC 6455 §5.2): where may another one be
// put between two of them? Looks at their headers alone and keeps nothing; whether they make sense
// is for the receiver to say.
class FrameBounds {
public:
    // Follows these bytes up to the end of the frame at hand: how many they are, or all of them.
    [[nodiscard]] std::size_t advance(std::string_view bytes);

    [[nodiscard]] bool is_between() const { return header_bytes_ == 0; }
    // A close frame has passed: nothing may follow it.
    [[nodiscard]] bool has_closed() const { return has_closed_; }

private:
    void feed_header(std::uint8_t byte);

    std::uint64_t payload_left_ = 0;
    int header_bytes_ = 0; // Read so far.
    int length_left_ = 0;  // Bytes of the extended length, within
    int header_left_ = 0;  // those of the header after its first two.
    Opcode opcode_{};
    bool has_closed_ = false;
};

}  // namespace gatehouse::websocket
