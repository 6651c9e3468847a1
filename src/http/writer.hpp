// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "http/message.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::http {

// Does the field concern this connection alone (RFC 9110 §7.6.1), by its name or because Connection
// nominates it?
[[nodiscard]] bool is_hop_by_hop(std::string_view name);
[[nodiscard]] bool is_nominated(Headers const& headers, std::string_view name);

// Adds to `out` the fields of a received head that travel on: without the hop-by-hop and nominated
// ones, Host and Content-Length (see HeadWriter::framing), and those in `except`.
void forward(Headers const& received, std::span<std::string_view const> except, Headers& out);

// Writes a head to the end of a string that the caller keeps and reuses. Heads are made anew, never
// copied, and nothing that is handed in can end a line: in values, control characters become spaces
// (RFC 9110 §5.5), in targets they are percent-encoded; a method or name that is no token is a bug.
//
//     HeadWriter(out).request("GET", "/x").field("Host", host).forward(head.headers)
//         .framing(head.framing, head.content_length).end();
class HeadWriter {
public:
    explicit HeadWriter(std::string& out) : out_(out) {}

    HeadWriter& request(std::string_view method, std::string_view target);
    // Without a reason: the usual one.
    HeadWriter& response(int status, std::string_view reason = {});

    HeadWriter& field(std::string_view name, std::string_view value);
    HeadWriter& field(std::string_view name, std::uint64_t value);
    HeadWriter& fields(Headers const& all);

    // What `forward` above would add.
    HeadWriter& forward(Headers const& headers, std::span<std::string_view const> except = {});

    // Content-Length or Transfer-Encoding. none writes nothing: say {length, 0} for a zero.
    HeadWriter& framing(Framing framing, std::uint64_t content_length);

    HeadWriter& close();                              // Connection: close
    HeadWriter& upgrade(std::string_view protocol);   // Connection: Upgrade, and Upgrade
    void end();

private:
    std::string& out_;
};

// An empty chunk would end the body, so nothing is written for one.
void append_chunk(std::string& out, std::string_view bytes);
void append_last_chunk(std::string& out);

// "Sat, 21 Nov 2026 14:03:07 GMT" (IMF-fixdate, RFC 9110 §5.6.7).
[[nodiscard]] std::string imf_fixdate(WallTime at);

// The same, written once per second of a clock. The view lasts until the next call.
class DateStamp {
public:
    [[nodiscard]] std::string_view at(WallTime now);

private:
    std::int64_t second_ = -1;
    std::string text_;
};

struct ResponseOptions {
    std::string_view date = {};
    bool answers_head = false; // Then the body is announced and left out.
    bool closes = false;
};

// An answer made here, head and body.
void append_response(std::string& out, Response const& response, ResponseOptions options);

}  // namespace gatehouse::http
