// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace gatehouse::websocket {

// Checks text that arrives in pieces, and refuses the first byte with which no UTF-8 can go on
// (RFC 3629 §4). Its state is what may come next: how many continuation bytes, and the range of the
// first of them, in which overlong forms, surrogates and what is above U+10FFFF show themselves.
class Utf8Stream {
public:
    // False from the first impossible byte.
    [[nodiscard]] bool accept(std::string_view piece);
    // May the text end here? Then another one may begin.
    [[nodiscard]] bool is_complete() const { return missing_ == 0; }

private:
    [[nodiscard]] bool accept_byte(std::uint8_t byte);
    [[nodiscard]] bool begin_sequence(std::uint8_t byte);

    std::uint8_t missing_ = 0;
    std::uint8_t lowest_ = 0x80;
    std::uint8_t highest_ = 0xbf;
};

}  // namespace gatehouse::websocket
