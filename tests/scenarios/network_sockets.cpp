// SPDX-License-Identifier: Apache-2.0
#include "network.hpp"

#include "base/assert.hpp"
#include "net/sockets.hpp"
#include "runtime/clock.hpp"
#include "runtime/reactor.hpp"

#include <array>
#include <map>
#include <sys/socket.h>

namespace gatehouse::scenarios {
namespace {

class Loopback final : public Network, gateway::Wire, net::Sockets::Events {
public:
    Loopback()
    {
        auto const listening
            = sockets_.listen(*net::Address::parse("127.0.0.1:0"), net::ListenerTag{0});
        GH_ASSERT(listening);
        address_ = listening->address;
    }

    gateway::Wire& wire() override { return *this; }
    void serve(node::Node& node) override { node_ = &node; }

    int connect() override
    {
        runtime::Descriptor socket(::socket(address_.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
        GH_ASSERT(::connect(socket.get(), address_.raw(), address_.raw_bytes()) == 0);
        ends_.emplace(++last_end_, std::move(socket));
        return last_end_;
    }
    void send(int end, std::string_view bytes) override
    {
        auto const sent = ::send(ends_.at(end).get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        GH_ASSERT(sent == static_cast<ssize_t>(bytes.size()));
    }
    std::string receive(int end) override
    {
        std::string all;
        std::array<char, 16'384> piece;
        for (ssize_t n;
             (n = ::recv(ends_.at(end).get(), piece.data(), piece.size(), MSG_DONTWAIT)) > 0;)
            all.append(piece.data(), static_cast<std::size_t>(n));
        return all;
    }
    void hang_up(int end) override { ends_.erase(end); }

    bool bring() override
    {
        has_brought_ = false;
        reactor_.turn(std::chrono::milliseconds(1));
        return has_brought_;
    }
    void flush() override { sockets_.flush(); }

private:
    // net::Sockets::Events
    void opened(ConnectionId id, net::ListenerTag, net::Address const& peer) override
    {
        node_->opened(id, {.ip = peer.host()});
    }
    void connected(ConnectionId) override {}
    void received(ConnectionId id, std::span<char> bytes) override
    {
        has_brought_ = true;
        node_->received(id, bytes);
    }
    void drained(ConnectionId id) override { node_->drained(id); }
    void ended(ConnectionId id) override
    {
        has_brought_ = true;
        node_->ended(id);
    }
    void closed(ConnectionId id, net::CloseReason) override
    {
        has_brought_ = true;
        node_->closed(id, gateway::CloseReason::done);
    }

    // gateway::Wire
    void send(ConnectionId id, std::string_view bytes) override { sockets_.send(id, bytes); }
    void send(ConnectionId id, Frame frame) override { sockets_.send(id, frame); }
    void finish(ConnectionId id) override { sockets_.end(id); }
    void close(ConnectionId id) override { sockets_.close(id); }
    void reset(ConnectionId id) override { sockets_.reset(id); }
    void pause(ConnectionId id) override { sockets_.pause(id); }
    void resume(ConnectionId id) override { sockets_.resume(id); }
    std::size_t backlog(ConnectionId id) const override { return sockets_.backlog(id); }
    void drop_waiting(ConnectionId id) override { sockets_.drop_waiting(id); }
    ConnectionId dial(std::string_view) override { return {}; }

    node::Node* node_ = nullptr;
    runtime::Clock clock_;
    runtime::Reactor reactor_{clock_};
    net::Sockets sockets_{reactor_, *this, {}};
    net::Address address_;
    std::map<int, runtime::Descriptor> ends_;
    int last_end_ = 0;
    bool has_brought_ = false;
};

}  // namespace

std::unique_ptr<Network> over_sockets() { return std::make_unique<Loopback>(); }

}  // namespace gatehouse::scenarios
