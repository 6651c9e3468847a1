// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::gateway {

// How an answer begins. All of it is lent for the length of the call.
struct AnswerHead {
    int status;
    std::string_view reason;     // Empty: the usual one.
    http::Headers const& fields; // All but those of the connection and of the framing.
    // none: no body follows. length: so many bytes do. chunked: as many as come until the end.
    http::Framing framing = http::Framing::none;
    std::uint64_t length = 0;
    bool tells_length = false; // Of a body that does not follow: to HEAD, and with 304.
    bool is_last = false;      // No request is read after this one.
};

// What is left of a client whose connection goes to somebody else.
struct HandedOver {
    ConnectionId id;
    std::string_view leftover; // What followed the request. Lent.
};

// Whoever asked, as the life of an exchange (handler.hpp) sees it: an HTTP/1.1 connection now, an
// HTTP/2 stream, or a test. It knows its protocol, and nothing of what is asked.
//
// An answer is head, body as often as it comes, end; or reset, wherever it stands. After `end` the
// next request may come before the call returns.
class Client {
public:
    // 100 is the client's own affair, 101 is `head`, before `hand_over`.
    virtual void interim(http::ResponseHead const& head) = 0;
    virtual void head(AnswerHead const& head) = 0;
    virtual void body(std::string_view bytes) = 0; // Copied.
    virtual void body(Frame bytes) = 0;            // Shared.
    virtual void end() = 0;
    // The answer can't be completed: nobody must take it for whole.
    virtual void reset() = 0;
    // The client is gone for the gateway; nothing more comes from it.
    [[nodiscard]] virtual HandedOver hand_over() = 0;

    // Whose end is the end of what is asked on it. One asks one thing at a time.
    [[nodiscard]] virtual ConnectionId connection() const = 0;
    // More of the request may be read again.
    virtual void read_on() = 0;
    // Bytes of answers that were not taken yet.
    [[nodiscard]] virtual std::size_t backlog() const = 0;

protected:
    ~Client() = default;
};

} // namespace gatehouse::gateway
