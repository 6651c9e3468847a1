// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "http/message.hpp"
#include "websocket/deflate.hpp"

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::websocket {

// The opening handshake, RFC 6455 §4.

// Sec-WebSocket-Accept for a Sec-WebSocket-Key (§4.2.2).
[[nodiscard]] std::string accept_for(std::string_view key);

// ---- Server

struct Upgrade {
    std::string accept;
    std::string protocol; // Empty where client and server share none.
    std::optional<DeflateTerms> deflate{};
};

// What to answer instead: 400, 405, or 426, which goes out with `Sec-WebSocket-Version: 13`.
struct Refusal {
    int status;
    std::string_view message;
};

// Checks §4.2.1 and picks the first subprotocol of the client's list that is among `protocols`.
[[nodiscard]] std::expected<Upgrade, Refusal> check_request(
    http::RequestHead const& request, std::span<std::string_view const> protocols);

// The 101 response, whole.
[[nodiscard]] std::string render_response(Upgrade const& upgrade);

// ---- Client

struct ClientRequest {
    std::string_view host;
    std::string_view target;
    std::string_view key;           // Base64 of 16 random bytes.
    std::string_view protocols{};   // Comma-separated offer; none where empty.
    std::string_view extra_lines{}; // More header lines, each with its CRLF.
};

[[nodiscard]] std::string render_request(ClientRequest const& request);

// Checks §4.1 and gives the subprotocol that the server picked, empty where none.
// Fails with bad_request.
[[nodiscard]] Result<std::string> check_response(
    http::ResponseHead const& response, ClientRequest const& request);

}  // namespace gatehouse::websocket
