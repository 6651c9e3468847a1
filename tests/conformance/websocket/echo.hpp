// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/parser.hpp"
#include "net/sockets.hpp"
#include "websocket/connection.hpp"

#include <memory>
#include <unordered_map>

namespace gatehouse::conformance {

// Sends every message back as it came, as suites of RFC 6455 and RFC 7692 ask for: compressed where
// that was agreed on, however short it is. Belongs to the reactor's thread.
class Echo final : net::Sockets::Events {
public:
    explicit Echo(runtime::Reactor& reactor);

    [[nodiscard]] Result<net::ListenerInfo> listen(net::Address const& address);
    void flush() { sockets_.flush(); }

private:
    struct Peer {
        http::RequestParser parser{};
        std::unique_ptr<websocket::Connection> socket{}; // Null until the handshake is over.
        int window_bits = 0;                             // 0: nothing is compressed.
    };

    void opened(ConnectionId id, net::ListenerTag tag, net::Address const& peer) override;
    void connected(ConnectionId) override { }
    void received(ConnectionId id, std::span<char> bytes) override;
    void drained(ConnectionId) override { }
    void ended(ConnectionId id) override { sockets_.close(id); }
    void closed(ConnectionId id, net::CloseReason reason) override;

    std::span<char> shake_hands(ConnectionId id, Peer& peer, std::span<char> bytes);
    void echo(Peer const& peer);

    net::Sockets sockets_;
    websocket::Deflate deflate_{};
    std::unordered_map<ConnectionId, Peer> peers_{};
    std::string out_{};
};

} // namespace gatehouse::conformance
