// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "gateway/ports.hpp"

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gatehouse::gateway {

// What a connection is to the gateway at the moment: a client's, one to an upstream, or an end of a
// tunnel.
class Connection {
public:
    virtual ~Connection() = default;
    virtual void received(std::string_view bytes) = 0;
    virtual void drained() = 0;
    virtual void ended() = 0;
    virtual void connected() { }
    virtual void closed(CloseReason reason) = 0;
    // No more requests after the current one.
    virtual void drain() { }
};

// All connections of the shard, by id. Who is forgotten is destroyed at the next input, so that it
// may be in the middle of a call.
class Connections {
public:
    void adopt(ConnectionId id, std::unique_ptr<Connection> connection)
    {
        forget(id);
        all_.emplace(id, std::move(connection));
    }

    void forget(ConnectionId id)
    {
        if (auto const found = all_.find(id); found != all_.end()) {
            forgotten_.push_back(std::move(found->second));
            all_.erase(found);
        }
    }

    [[nodiscard]] Connection* find(ConnectionId id) const
    {
        auto const found = all_.find(id);
        return found == all_.end() ? nullptr : found->second.get();
    }

    void sweep() { forgotten_.clear(); }
    void clear()
    {
        all_.clear();
        forgotten_.clear();
    }

    void drain()
    {
        std::vector<Connection*> all; // Draining forgets some of them.
        for (auto const& [id, connection] : all_)
            all.push_back(connection.get());
        for (auto* const each : all)
            each->drain();
    }

private:
    std::unordered_map<ConnectionId, std::unique_ptr<Connection>> all_;
    std::vector<std::unique_ptr<Connection>> forgotten_;
};

}  // namespace gatehouse::gateway
