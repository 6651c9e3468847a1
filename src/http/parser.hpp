// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "http/body_reader.hpp"
#include "http/head_reader.hpp"
#include "http/message.hpp"
#include "http/step.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::http {

// Reads requests as a server does, one after the other on one connection (RFC 9112). The caller
// pulls, so it sets the pace: whoever does not call next() reads nothing more.
//
//     while (true)
//         switch (parser.next(input)) { // Takes what it read off the front of `input`.
//         case Step::need_more: return; // Everything was taken; call again with more bytes.
//         case Step::head: parser.head();
//         case Step::body: parser.body();
//         case Step::end: // The message is whole. What is left of `input` comes after it.
//         case Step::error: parser.error(); // Answer its status, close. It stays an error.
//         }
//
// head() holds views into the parser's own buffer until next() is called after Step::end; body() is
// a view into `input`, with the chunks' framing removed. Any split of the bytes gives the same
// steps, but for where the body is cut. Nothing is allocated per message once the buffers have
// grown. What is ambiguous is refused, never repaired: that is what keeps requests from being
// smuggled past whoever reads them next.
class RequestParser {
public:
    explicit RequestParser(ParserLimits limits = {});

    // After the end of a request that does not keep the connection alive, all input is discarded
    // (RFC 9112 §9.6).
    [[nodiscard]] Step next(std::string_view& input);

    // The peer has closed. need_more: no request was under way; error: one was cut; end: the last
    // one was whole, though its end had not been asked for.
    [[nodiscard]] Step finish();

    [[nodiscard]] RequestHead const& head() const { return head_; }
    [[nodiscard]] std::string_view body() const { return body_reader_.piece(); }
    [[nodiscard]] ParseError const& error() const { return error_; }

private:
    enum class State : std::uint8_t { between, head, body, closed, failed };

    Step read_head(std::string_view& input);
    Step read_body(std::string_view& input);
    Step refuse(ParseError error);

    HeadReader head_reader_;
    BodyReader body_reader_;
    RequestHead head_;
    ParseError error_{};
    State state_ = State::between;
};

// Reads the answers to our own requests, as a client does. Call begin() for each request.
//
// Interim heads (1xx) come as Step::head of their own, at most `interim_heads_max`, each followed
// by another head; 101 is followed by Step::end, and the rest of the input is of the new protocol.
// Bytes after the end are surplus: `input` is not empty after Step::end, or next() before the next
// begin() is an error. Such a connection must not be used again, nor one whose head does not keep
// it alive. Errors carry 502: they are the upstream's.
class ResponseParser {
public:
    explicit ResponseParser(ParserLimits limits = {});

    // The answer to this method comes next: HEAD's has no body, CONNECT's is a tunnel.
    void begin(std::string_view method);

    [[nodiscard]] Step next(std::string_view& input);

    // The peer has closed. end: that completes a body which lasts until then; error: the message is
    // cut and must not be passed on as whole; need_more: none was under way.
    [[nodiscard]] Step finish();

    [[nodiscard]] ResponseHead const& head() const { return head_; }
    [[nodiscard]] std::string_view body() const { return body_reader_.piece(); }
    [[nodiscard]] ParseError const& error() const { return error_; }

private:
    enum class State : std::uint8_t { idle, start, head, body, failed };
    enum class Asked : std::uint8_t { ordinary, head, connect };

    Step read_head(std::string_view& input);
    Checked read_response();
    Step read_body(std::string_view& input);
    Step refuse(std::string_view why);

    int interim_heads_max_;
    HeadReader head_reader_;
    BodyReader body_reader_;
    ResponseHead head_;
    ParseError error_{};
    State state_ = State::idle;
    Asked asked_ = Asked::ordinary;
    int interim_heads_ = 0;
};

}  // namespace gatehouse::http
