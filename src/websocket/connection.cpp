// SPDX-License-Identifier: Apache-2.0
#include "websocket/connection.hpp"

#include "base/utf8.hpp"

#include <algorithm>

namespace gatehouse::websocket {
namespace {

constexpr std::size_t buffer_kept_bytes = 4096;

std::string_view view_of(std::span<char const> bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

Connection::Connection(Role role, std::size_t message_bytes_max, Deflate* deflate)
    : role_(role)
    , message_bytes_max_(message_bytes_max)
    , deflate_(deflate)
{
}

Step Connection::next(std::span<char>& input)
{
    if (last_ == Step::message && message_.capacity() > buffer_kept_bytes)
        message_ = std::string();
    payload_ = {};
    last_ = Step::need_more;
    if (over_)
        input = {};
    auto const is_frame_empty = [this] { return in_payload_ && frame_.size == 0; };
    while (last_ == Step::need_more && (!input.empty() || is_frame_empty()))
        last_ = advance(input);
    return last_;
}

// One byte of a header, or what there is of a payload.
Step Connection::advance(std::span<char>& input)
{
    if (!in_payload_) {
        auto const wrong = take_header_byte(static_cast<std::uint8_t>(input.front()));
        input = input.subspan(1);
        return wrong ? fail(*wrong) : Step::need_more;
    }
    auto const size = std::min<std::uint64_t>(frame_.size - frame_read_, input.size());
    auto const piece = input.first(size);
    input = input.subspan(size);
    if (role_ == Role::server)
        apply_mask(piece, frame_.mask, frame_read_);
    frame_read_ += size;
    in_payload_ = frame_read_ < frame_.size;
    return frame_.is_control() ? take_control(piece) : take_message(piece);
}

// A wrong header fails with the byte that makes it wrong.
Connection::Verdict Connection::take_header_byte(std::uint8_t byte)
{
    header_[header_size_++] = byte;
    if (header_size_ == 1)
        return check_first_byte(byte);
    if (header_size_ == 2)
        if (auto const wrong = check_second_byte(byte))
            return wrong;
    if (header_size_ < header_needed_)
        return std::nullopt;
    return begin_frame();
}

// FIN, RSV1 to RSV3 and opcode (RFC 6455 §5.2), and the order of fragments (§5.4).
Connection::Verdict Connection::check_first_byte(std::uint8_t byte)
{
    frame_.fin = (byte & 0x80) != 0;
    frame_.opcode = static_cast<Opcode>(byte & 0x0f);
    frame_.is_compressed = deflate_ && (byte & 0x40) != 0; // RSV1: RFC 7692 §6.
    // No other extension was agreed on, and this one marks the first frames of messages only.
    bool ok = (byte & (frame_.is_compressed ? 0x30 : 0x70)) == 0;
    switch (frame_.opcode) {
    case Opcode::continuation: ok = ok && in_message_ && !frame_.is_compressed; break;
    case Opcode::text:
    case Opcode::binary: ok = ok && !in_message_; break;
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong: ok = ok && frame_.fin && !frame_.is_compressed; break; // §5.5
    default: ok = false;
    }
    return ok ? Verdict() : CloseCode::protocol_error;
}

Connection::Verdict Connection::check_second_byte(std::uint8_t byte)
{
    bool const masked = (byte & 0x80) != 0;
    auto const size = byte & 0x7f;
    if (masked != (role_ == Role::server)) // §5.1
        return CloseCode::protocol_error;
    if (frame_.is_control() && size > static_cast<int>(control_bytes_max)) // §5.5
        return CloseCode::protocol_error;
    int const size_bytes = size < 126 ? 0 : size == 126 ? 2 : 8;
    header_needed_ = static_cast<std::uint8_t>(2 + size_bytes + (masked ? 4 : 0));
    return std::nullopt;
}

// The header is whole.
Connection::Verdict Connection::begin_frame()
{
    auto const code = header_[1] & 0x7f;
    auto const size_bytes = code < 126 ? 0 : code == 126 ? 2 : 8;
    frame_.size = size_bytes == 0 ? static_cast<std::uint64_t>(code) : 0;
    for (int i = 0; i < size_bytes; i++)
        frame_.size = frame_.size << 8 | header_[static_cast<std::size_t>(2 + i)];
    if (role_ == Role::server)
        std::copy_n(header_.begin() + 2 + size_bytes, 4, frame_.mask.begin());
    header_size_ = 0;
    header_needed_ = 2;
    frame_read_ = 0;
    in_payload_ = true;

    // §5.2: the most significant bit is 0, and the length takes the fewest bytes.
    if (frame_.size >> 63 != 0 || (code == 126 && frame_.size < 126)
        || (code == 127 && frame_.size <= 0xffff))
        return CloseCode::protocol_error;
    if (frame_.is_control()) {
        control_.clear();
        return std::nullopt;
    }
    if (frame_.opcode != Opcode::continuation) {
        message_opcode_ = frame_.opcode;
        message_.clear();
        in_message_ = true;
        is_compressed_ = frame_.is_compressed;
    }
    if (frame_.size > message_bytes_max_ - message_.size())
        return CloseCode::too_big;
    return std::nullopt;
}

Step Connection::take_control(std::span<char> piece)
{
    control_.append(piece.begin(), piece.end());
    if (in_payload_)
        return Step::need_more;
    payload_ = control_;
    switch (frame_.opcode) {
    case Opcode::ping: return Step::ping;
    case Opcode::pong: return Step::pong;
    default: return finish_close();
    }
}

// §5.5.1 and §7.4.
Step Connection::finish_close()
{
    if (payload_.size() == 1)
        return fail(CloseCode::protocol_error);
    close_code_ = CloseCode::no_status;
    if (payload_.size() >= 2) {
        auto const high = static_cast<std::uint8_t>(payload_[0]);
        auto const low = static_cast<std::uint8_t>(payload_[1]);
        close_code_ = static_cast<CloseCode>(high << 8 | low);
        payload_.remove_prefix(2);
        if (!is_sendable(close_code_))
            return fail(CloseCode::protocol_error);
    }
    if (!is_utf8(payload_))
        return fail(CloseCode::invalid_payload);
    over_ = true;
    return Step::close;
}

Step Connection::take_message(std::span<char> piece)
{
    bool const is_last = frame_.fin && !in_payload_;
    bool const is_whole = is_last && message_.empty() && piece.size() == frame_.size;
    if (is_whole && is_compressed_)
        return inflate_message(view_of(piece));
    if (is_whole && utf8_.is_complete()) {
        if (is_text() && !is_utf8(view_of(piece)))
            return fail(CloseCode::invalid_payload);
        return finish_message(view_of(piece));
    }
    if (is_text() && !is_compressed_ && !utf8_.accept(view_of(piece)))
        return fail(CloseCode::invalid_payload);
    message_.append(piece.begin(), piece.end());
    if (!is_last)
        return Step::need_more;
    if (is_compressed_)
        return inflate_message(message_);
    if (is_text() && !utf8_.is_complete())
        return fail(CloseCode::invalid_payload);
    return finish_message(message_);
}

Step Connection::inflate_message(std::string_view payload)
{
    auto const message = deflate_->inflate(payload, message_bytes_max_);
    if (!message)
        return fail(message.error());
    if (is_text() && !is_utf8(*message))
        return fail(CloseCode::invalid_payload);
    return finish_message(*message);
}

Step Connection::finish_message(std::string_view message)
{
    in_message_ = false;
    payload_ = message;
    return Step::message;
}

Step Connection::fail(CloseCode code)
{
    over_ = true;
    close_code_ = code;
    payload_ = {};
    return Step::error;
}

void Connection::reply(std::string& out, MaskKey key)
{
    if (close_sent_)
        return;
    if (last_ == Step::ping)
        append(out, Opcode::pong, payload_, key);
    else if (last_ == Step::close || last_ == Step::error)
        close(out, close_code_, {}, key);
}

void Connection::close(std::string& out, CloseCode code, std::string_view reason, MaskKey key)
{
    if (close_sent_)
        return;
    append(out, Opcode::close, close_payload(code, reason), key);
    close_sent_ = true;
}

void Connection::append(
    std::string& out, Opcode opcode, std::string_view payload, MaskKey key) const
{
    append_frame(out, opcode, payload,
        role_ == Role::client ? std::optional<MaskKey>(key) : std::nullopt);
}

}  // namespace gatehouse::websocket
