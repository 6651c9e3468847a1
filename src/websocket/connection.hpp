// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "websocket/close_code.hpp"
#include "websocket/deflate.hpp"
#include "websocket/frame.hpp"
#include "websocket/utf8_stream.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::websocket {

// Which end we are. Frames of clients are masked, those of servers are not (RFC 6455 §5.1).
enum class Role : std::uint8_t { server, client };

// What the bytes of the peer have come to.
enum class Step : std::uint8_t {
    need_more, // The input is used up.
    message,   // payload(), is_text()
    ping,      // payload(); reply() is due
    pong,      // payload()
    close,     // close_code(), payload() is the reason; reply() is due, then the socket ends
    error,     // close_code() is what the peer did wrong; reply() is due, then the socket ends
};

// One end of an established WebSocket as a machine: bytes in, steps out, and the frames that the
// protocol demands in return. It takes all bytes of the input, however they are cut, and keeps what
// is unfinished, so its caller never has to:
//
//     for (Step step; (step = connection.next(input)) != Step::need_more;) {
//         ...
//         connection.reply(out);
//     }
//
// A message in one frame that lies whole in the input is unmasked there and lent without a copy;
// all others are put together in a buffer of at most `message_bytes_max`, of which 4 KiB are kept
// for the next one. What breaks a rule fails at the first byte that shows it: text that is not
// UTF-8 in the middle of a fragment (§8.1), a message that grows too big already in the frame
// header that says so. Belongs to one shard.
//
// Where `deflate` is given, permessage-deflate was agreed on (RFC 7692): messages may come
// compressed, and are as bounded inflated as they are on the wire.
class Connection {
public:
    Connection(Role role, std::size_t message_bytes_max, Deflate* deflate = nullptr);

    // Moves `input` past what it used, and overwrites it while unmasking. What follows a close or
    // an error is swallowed.
    [[nodiscard]] Step next(std::span<char>& input);

    // Of the last step. The payload is valid until `next` is called again or the input changes, or
    // another connection is that shares the Deflate.
    [[nodiscard]] std::string_view payload() const { return payload_; }
    [[nodiscard]] bool is_text() const { return message_opcode_ == Opcode::text; }
    [[nodiscard]] CloseCode close_code() const { return close_code_; }

    // Appends what the last step calls for: the pong for a ping, the echo of a close, the close
    // frame that tells of an error; nothing for the others, and nothing once a close frame was
    // sent. A client brings a fresh mask key; that of a server is not used.
    void reply(std::string& out, MaskKey key = {});

    // Starts the closing handshake, once; the peer's answer arrives as Step::close. Until then
    // messages may still arrive.
    void close(std::string& out, CloseCode code, std::string_view reason = {}, MaskKey key = {});

    [[nodiscard]] bool is_close_sent() const { return close_sent_; }

    // No more steps will come.
    [[nodiscard]] bool is_over() const { return over_; }

private:
    struct FrameHeader {
        bool fin = false;
        bool is_compressed = false;
        Opcode opcode = Opcode::continuation;
        MaskKey mask{};
        std::uint64_t size = 0;

        [[nodiscard]] bool is_control() const { return opcode >= Opcode::close; }
    };
    // What is wrong, if anything.
    using Verdict = std::optional<CloseCode>;

    [[nodiscard]] Step advance(std::span<char>& input);
    [[nodiscard]] Verdict take_header_byte(std::uint8_t byte);
    [[nodiscard]] Verdict check_first_byte(std::uint8_t byte);
    [[nodiscard]] Verdict check_second_byte(std::uint8_t byte);
    [[nodiscard]] Verdict begin_frame();
    [[nodiscard]] Step take_control(std::span<char> piece);
    [[nodiscard]] Step finish_close();
    [[nodiscard]] Step take_message(std::span<char> piece);
    [[nodiscard]] Step finish_message(std::string_view message);
    [[nodiscard]] Step inflate_message(std::string_view payload);
    [[nodiscard]] Step fail(CloseCode code);
    void append(std::string& out, Opcode opcode, std::string_view payload, MaskKey key) const;

    Role role_;
    std::size_t message_bytes_max_;
    Deflate* deflate_;

    std::array<std::uint8_t, 14> header_{};
    std::uint8_t header_size_ = 0;   // Of header_, as far as it has arrived.
    std::uint8_t header_needed_ = 2; // Known from the second byte on.
    FrameHeader frame_;
    std::uint64_t frame_read_ = 0; // Of the frame's payload.
    bool in_payload_ = false;
    bool in_message_ = false; // Between the first fragment and the last.
    bool is_compressed_ = false; // The message.
    bool close_sent_ = false;
    bool over_ = false;

    Step last_ = Step::need_more;
    CloseCode close_code_ = CloseCode::no_status;
    Opcode message_opcode_ = Opcode::text;
    Utf8Stream utf8_;
    std::string message_;
    std::string control_;
    std::string_view payload_;
};

}  // namespace gatehouse::websocket
