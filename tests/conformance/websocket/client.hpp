// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "echo.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::conformance {

// A frame as it came from the server; `first` is FIN, RSV1 to RSV3 and the opcode (RFC 6455 §5.2).
struct Frame {
    int first = 0;
    std::string payload{};

    bool operator==(Frame const&) const = default;
};

// A client that sends whatever it is told to, right or wrong, to an echo server of its own, and
// reads frames by a decoder of its own: it shares none with the server that it judges.
class Client final : net::Sockets::Events {
public:
    Client();

    // A new connection; the value of the server's Sec-WebSocket-Extensions. None: no 101 came.
    [[nodiscard]] std::optional<std::string> connect(std::string_view extension_lines = {});

    void send(std::string_view bytes); // In pieces of `chop`, each in a turn of its own.
    void send_frame(int first, std::string payload);
    std::size_t chop = SIZE_MAX;

    // The next frame. None: the connection ended, or nothing came for 20 s, or it breaks §5.1.
    [[nodiscard]] std::optional<Frame> hear();
    // The server closed the connection, and said nothing more.
    [[nodiscard]] bool hears_the_end();

private:
    void opened(ConnectionId, net::ListenerTag, net::Address const&) override { }
    void connected(ConnectionId) override { is_connected_ = true; }
    void received(ConnectionId id, std::span<char> bytes) override;
    void drained(ConnectionId) override { }
    void ended(ConnectionId id) override { sockets_.close(id); }
    void closed(ConnectionId id, net::CloseReason reason) override;

    template <typename Condition>
    [[nodiscard]] bool comes_to_pass(Condition condition);
    // The bytes of the frame that has arrived whole; 0: not yet.
    [[nodiscard]] std::size_t whole_frame() const;

    runtime::Clock clock_{};
    runtime::Reactor reactor_{clock_};
    Echo echo_{reactor_};
    net::Sockets sockets_;
    net::Address address_{};
    ConnectionId id_{};
    bool is_connected_ = false;
    bool is_closed_ = false;
    std::string received_{};
    std::size_t taken_ = 0; // Of it.
};

} // namespace gatehouse::conformance
