// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"
#include "websocket/close_code.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::websocket {

// permessage-deflate, RFC 7692, without context takeover in either direction: what a message is
// compressed to is the same for all who are sent it, and a connection keeps no window of its own.

// What was agreed on with a client.
struct DeflateTerms {
    int server_window_bits = 15; // 9 … 15: how far back what we send may refer (§7.1.2.1).
    bool names_window = false;   // The client asked for it, so the answer has to say it.
};

// Of what a client offers (Sec-WebSocket-Extensions), the first that we can keep: §5.1, §7.1. A
// window of 8 bits is none, for zlib cannot make one.
[[nodiscard]] std::optional<DeflateTerms> agree_on_deflate(http::Headers const& headers);

// The value of Sec-WebSocket-Extensions that says so.
[[nodiscard]] std::string describe(DeflateTerms terms);

// Compresses and inflates messages: one for all connections of a shard. Each of its windows
// (256 KiB to compress, 40 to inflate) is made when somebody first needs it.
class Deflate {
public:
    Deflate();
    ~Deflate();
    Deflate(Deflate&&) noexcept;
    Deflate& operator=(Deflate&&) noexcept;

    // The payload of one message (§7.2.1). Valid until the next call.
    [[nodiscard]] std::string_view compress(std::string_view message, int window_bits);

    // The other way (§7.2.2). Stops at the first byte too much (too_big): a small frame cannot
    // grow into a large message. What is not deflate is invalid_payload. Valid until the next call.
    [[nodiscard]] std::expected<std::string_view, CloseCode> inflate(
        std::string_view payload, std::size_t message_bytes_max);

private:
    struct Streams;
    std::unique_ptr<Streams> streams_;
    std::string compressed_{};
    std::string inflated_{};
};

}  // namespace gatehouse::websocket
