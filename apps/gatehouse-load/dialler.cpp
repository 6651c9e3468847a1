// SPDX-License-Identifier: Apache-2.0
#include "dialler.hpp"

namespace gatehouse::load {

Dialler::Dialler(runtime::Reactor& reactor, std::size_t connections_max)
    : reactor_(reactor)
    , sockets_(reactor, *this, {.connections_max = connections_max})
{
    reactor_.at_end_of_turn([this] { sockets_.flush(); });
}

ConnectionId Dialler::dial(net::Address const& address, Endpoint& endpoint)
{
    auto const id = sockets_.dial(address);
    if (id)
        endpoints_[id] = &endpoint;
    return id;
}

void Dialler::let_go(ConnectionId id)
{
    endpoints_.erase(id);
    sockets_.reset(id);
}

void Dialler::abandon(ConnectionId id)
{
    endpoints_.erase(id);
    sockets_.close(id);
}

void Dialler::connected(ConnectionId id)
{
    if (auto const found = endpoints_.find(id); found != endpoints_.end())
        found->second->connected();
}

void Dialler::received(ConnectionId id, std::span<char> bytes)
{
    if (auto const found = endpoints_.find(id); found != endpoints_.end())
        found->second->received(bytes);
}

void Dialler::closed(ConnectionId id, net::CloseReason reason)
{
    if (auto node = endpoints_.extract(id))
        node.mapped()->closed(reason);
}

}  // namespace gatehouse::load
