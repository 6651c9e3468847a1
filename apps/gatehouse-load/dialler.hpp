// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/sockets.hpp"

#include <unordered_map>

namespace gatehouse::load {

// Dialled connections, each with an owner of its own who hears of it. One write per connection and
// turn, as in the server. Belongs to the reactor's thread.
class Dialler : net::Sockets::Events {
public:
    class Endpoint {
    public:
        virtual void connected() = 0;
        virtual void received(std::span<char> bytes) = 0;
        // The last it hears of that connection. Not told for one that it let go.
        virtual void closed(net::CloseReason reason) = 0;

    protected:
        ~Endpoint() = default;
    };

    Dialler(runtime::Reactor& reactor, std::size_t connections_max);

    // Empty where no more fit.
    [[nodiscard]] ConnectionId dial(net::Address const& address, Endpoint& endpoint);
    void send(ConnectionId id, std::string_view bytes) { sockets_.send(id, bytes); }
    // The owner wants to hear no more of it: reset, or closed once all that was sent has gone out.
    void let_go(ConnectionId id);
    void abandon(ConnectionId id);
    [[nodiscard]] std::size_t open() const { return sockets_.open(); }
    [[nodiscard]] runtime::Reactor& reactor() { return reactor_; }

private:
    void opened(ConnectionId, net::ListenerTag, net::Address const&) override {}
    void connected(ConnectionId id) override;
    void received(ConnectionId id, std::span<char> bytes) override;
    void drained(ConnectionId) override {}
    void ended(ConnectionId id) override { sockets_.close(id); }
    void closed(ConnectionId id, net::CloseReason reason) override;

    runtime::Reactor& reactor_;
    net::Sockets sockets_;
    std::unordered_map<ConnectionId, Endpoint*> endpoints_;
};

}  // namespace gatehouse::load
