// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "websocket/close_code.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::websocket {

// RFC 6455 §5.2.
enum class Opcode : std::uint8_t {
    continuation = 0x0,
    text = 0x1,
    binary = 0x2,
    close = 0x8,
    ping = 0x9,
    pong = 0xa,
};

inline constexpr std::size_t control_bytes_max = 125;

// Four bytes that a client draws from its dice for each frame (§5.3); servers have none.
using MaskKey = std::array<char, 4>;

enum class Fin : bool { no, yes };

// Appends one frame, masked where there is a key. Encoded without one, it is the same for every
// client and may be shared as a base Frame.
void append_frame(std::string& out, Opcode opcode, std::string_view payload,
    std::optional<MaskKey> mask = std::nullopt, Fin fin = Fin::yes);
// The first frame of a message that Deflate compressed, from a server (RFC 7692 §6).
void append_compressed_frame(std::string& out, Opcode opcode, std::string_view payload);

// A whole message from server to client.
[[nodiscard]] std::string encode_text(std::string_view payload);
[[nodiscard]] std::string encode_binary(std::string_view payload);

struct FrameView {
    Opcode opcode;
    std::string_view payload;
};
// Takes the first frame off `frames`, which append_frame made: whole, and without a mask.
[[nodiscard]] FrameView take_frame(std::string_view& frames);

// The payload of a close frame: code and reason, which is cut to what fits, between characters.
// Nothing for no_status.
[[nodiscard]] std::string close_payload(CloseCode code, std::string_view reason = {});
[[nodiscard]] std::string encode_close(CloseCode code, std::string_view reason = {});

// Masks or unmasks in place (§5.3); `offset` bytes of the payload went before.
void apply_mask(std::span<char> bytes, MaskKey key, std::uint64_t offset = 0);

}  // namespace gatehouse::websocket
