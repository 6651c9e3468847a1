// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/balancing.hpp"
#include "gateway/connections.hpp"
#include "gateway/options.hpp"
#include "http/parser.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::gateway {

class UpstreamCall;
class UpstreamConnection;
class UpstreamPool;

// A service as this shard knows it. Survives reloads that don't change its options.
struct Service {
    explicit Service(ServiceOptions with);

    ServiceOptions options;
    std::vector<EndpointState> states; // Of options.endpoints, in their order.
    std::vector<std::vector<UpstreamConnection*>> idle; // Used last, taken first.
    std::size_t turn = 0;
    bool is_retired = false; // Keeps no connection any more.
};

// One connection to an endpoint, with a call or idle.
class UpstreamConnection final : public Connection {
public:
    UpstreamConnection(UpstreamPool& pool, ConnectionId id, std::shared_ptr<Service> service,
        std::size_t endpoint);

    void received(std::string_view bytes) override;
    void drained() override;
    void ended() override;
    void connected() override;
    void closed(CloseReason reason) override;

    void serve(UpstreamCall& call, std::string_view method);
    // The call is over before its answer was; what may still come is of no use.
    void abandon();

    [[nodiscard]] ConnectionId id() const { return id_; }
    [[nodiscard]] bool is_connected() const { return is_connected_; }
    // It has waited in the pool, so the upstream may have closed it at the same moment, and no byte
    // of an answer has come: sending the request again elsewhere is not a second attempt.
    [[nodiscard]] bool may_be_stale() const { return was_idle_ && !has_answered_; }

private:
    friend class UpstreamPool;
    enum class Reuse : bool { no, yes };

    void read_on(std::string_view input);
    void complete(Reuse reuse);

    UpstreamPool& pool_;
    ConnectionId id_;
    std::shared_ptr<Service> service_;
    std::size_t endpoint_;
    http::ResponseParser parser_;
    UpstreamCall* call_ = nullptr; // Null while idle.
    Timer idle_timer_;
    bool is_connected_ = false;
    bool was_idle_ = false;
    bool has_answered_ = false;
};

// Connections to upstreams, dialled where none is idle and kept after use: at most idle_max per
// endpoint, for at most idle_timeout. An idle connection on which anything happens is discarded.
// Belongs to one shard.
class UpstreamPool {
public:
    UpstreamPool(Ports const& ports, Connections& connections)
        : ports_(ports)
        , connections_(connections)
    {
    }

    enum class From : std::uint8_t { pool, dial };

    [[nodiscard]] UpstreamConnection& take(
        std::shared_ptr<Service> const& service, std::size_t endpoint, From from);
    // Closes what is idle; what is in use is closed after its call.
    void retire(Service& service);

    [[nodiscard]] Ports const& ports() const { return ports_; }

private:
    friend class UpstreamConnection;

    void keep(UpstreamConnection& connection);
    void discard(UpstreamConnection& connection);

    Ports const& ports_;
    Connections& connections_;
};

}  // namespace gatehouse::gateway
