// SPDX-License-Identifier: Apache-2.0
#include "websocket/frame.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gatehouse::websocket {
namespace {

constexpr std::uint8_t fin_bit = 0x80;
constexpr std::uint8_t compressed_bit = 0x40;
constexpr std::uint8_t mask_bit = 0x80;

void append_big_endian(std::string& out, std::uint64_t number, int bytes)
{
    for (int shift = bytes * 8 - 8; shift >= 0; shift -= 8)
        out += static_cast<char>(number >> shift);
}

void append_header(std::string& out, Opcode opcode, Fin fin, std::size_t size, bool masked)
{
    auto const first = (fin == Fin::yes ? fin_bit : 0) | std::to_underlying(opcode);
    auto const mask = masked ? mask_bit : 0;
    out += static_cast<char>(first);
    if (size < 126) {
        out += static_cast<char>(static_cast<int>(size) | mask);
    } else if (size <= 0xffff) {
        out += static_cast<char>(126 | mask);
        append_big_endian(out, size, 2);
    } else {
        out += static_cast<char>(127 | mask);
        append_big_endian(out, size, 8);
    }
}

std::string encode(Opcode opcode, std::string_view payload)
{
    std::string frame;
    frame.reserve(10 + payload.size());
    append_frame(frame, opcode, payload);
    return frame;
}

}  // namespace

void append_frame(std::string& out, Opcode opcode, std::string_view payload,
    std::optional<MaskKey> mask, Fin fin)
{
    GH_ASSERT(opcode < Opcode::close || (payload.size() <= control_bytes_max && fin == Fin::yes));
    append_header(out, opcode, fin, payload.size(), mask.has_value());
    if (mask)
        out.append(mask->data(), mask->size());
    auto const at = out.size();
    out += payload;
    if (mask)
        apply_mask(std::span(out).subspan(at), *mask);
}

void append_compressed_frame(std::string& out, Opcode opcode, std::string_view payload)
{
    auto const at = out.size();
    append_frame(out, opcode, payload);
    out[at] = static_cast<char>(static_cast<std::uint8_t>(out[at]) | compressed_bit);
}

FrameView take_frame(std::string_view& frames)
{
    GH_ASSERT(frames.size() >= 2 && !(static_cast<std::uint8_t>(frames[1]) & mask_bit));
    auto const opcode = static_cast<Opcode>(static_cast<std::uint8_t>(frames[0]) & 0x0f);
    std::uint64_t size = static_cast<std::uint8_t>(frames[1]);
    auto const extended = size < 126 ? std::size_t{0} : size == 126 ? 2 : 8;
    frames.remove_prefix(2);
    if (extended > 0)
        size = 0;
    GH_ASSERT(extended <= frames.size());
    for (char const each : frames.substr(0, extended))
        size = size << 8 | static_cast<std::uint8_t>(each);
    frames.remove_prefix(extended);
    GH_ASSERT(size <= frames.size());
    auto const payload = frames.substr(0, size);
    frames.remove_prefix(size);
    return {opcode, payload};
}

std::string encode_text(std::string_view payload) { return encode(Opcode::text, payload); }

std::string encode_binary(std::string_view payload) { return encode(Opcode::binary, payload); }

std::string close_payload(CloseCode code, std::string_view reason)
{
    std::string payload;
    if (code == CloseCode::no_status)
        return payload;
    GH_ASSERT(is_sendable(code));
    append_big_endian(payload, std::to_underlying(code), 2);
    auto size = std::min(reason.size(), control_bytes_max - 2);
    auto const is_inside_character = [reason](std::size_t at) {
        return at < reason.size() && (static_cast<unsigned char>(reason[at]) & 0xc0) == 0x80;
    };
    while (size > 0 && is_inside_character(size))
        size--;
    return payload.append(reason, 0, size);
}

std::string encode_close(CloseCode code, std::string_view reason)
{
    return encode(Opcode::close, close_payload(code, reason));
}

void apply_mask(std::span<char> bytes, MaskKey key, std::uint64_t offset)
{
    std::array<char, 8> pattern;
    for (std::size_t i = 0; i < pattern.size(); i++)
        pattern[i] = key[(offset + i) % key.size()];
    std::uint64_t mask = 0;
    std::memcpy(&mask, pattern.data(), sizeof mask);

    std::size_t i = 0;
    for (std::uint64_t word = 0; i + sizeof word <= bytes.size(); i += sizeof word) {
        std::memcpy(&word, bytes.data() + i, sizeof word);
        word ^= mask;
        std::memcpy(bytes.data() + i, &word, sizeof word);
    }
    for (; i < bytes.size(); i++)
        bytes[i] = static_cast<char>(bytes[i] ^ pattern[i % pattern.size()]);
}

}  // namespace gatehouse::websocket
