// SPDX-License-Identifier: Apache-2.0
#include "gateway/tunnel.hpp"

#include "gateway/gateway.hpp"

#include <memory>

namespace gatehouse::gateway {
namespace {

enum Side : std::size_t { client, upstream };

Side opposite(Side side) { return side == client ? upstream : client; }

class Tunnel {
public:
    Tunnel(Context& context, ConnectionId client_id, ConnectionId upstream_id)
        : context_(context)
        , ids_{client_id, upstream_id}
        , silence_([this] { close(); })
    {
        context_.open.add(1);
        touch();
    }

    ~Tunnel() { context_.open.add(-1); }

    void received(Side from, std::string_view bytes)
    {
        auto& wire = context_.ports.wire;
        auto const to = ids_[opposite(from)];
        wire.send(to, bytes);
        if (wire.backlog(to) > Gateway::backlog_high)
            wire.pause(ids_[from]);
        touch();
    }

    void drained(Side side) { context_.ports.wire.resume(ids_[opposite(side)]); }

    void ended(Side from)
    {
        has_ended_[from] = true;
        if (has_ended_[opposite(from)])
            close();
        else
            context_.ports.wire.finish(ids_[opposite(from)]);
    }

    // What was sent to both so far still arrives.
    void close()
    {
        context_.ports.timers.cancel(silence_);
        for (auto const id : ids_) {
            context_.ports.wire.close(id);
            context_.connections.forget(id);
        }
    }

private:
    void touch()
    {
        auto const& ports = context_.ports;
        ports.timers.arm(silence_, ports.now.steady + context_.plan->timeouts().tunnel);
    }

    Context& context_;
    std::array<ConnectionId, 2> ids_;
    std::array<bool, 2> has_ended_{};
    Timer silence_;
};

class TunnelEnd final : public Connection {
public:
    TunnelEnd(std::shared_ptr<Tunnel> tunnel, Side side)
        : tunnel_(std::move(tunnel))
        , side_(side)
    {
    }

    void received(std::string_view bytes) override { tunnel_->received(side_, bytes); }
    void drained() override { tunnel_->drained(side_); }
    void ended() override { tunnel_->ended(side_); }
    void closed(CloseReason) override { tunnel_->close(); }

private:
    std::shared_ptr<Tunnel> tunnel_;
    Side side_;
};

}  // namespace

void open_tunnel(
    Context& context, ConnectionId client_id, ConnectionId upstream_id, std::string_view leftover)
{
    auto const tunnel = std::make_shared<Tunnel>(context, client_id, upstream_id);
    context.connections.adopt(client_id, std::make_unique<TunnelEnd>(tunnel, client));
    context.connections.adopt(upstream_id, std::make_unique<TunnelEnd>(tunnel, upstream));
    context.ports.wire.resume(client_id);
    context.ports.wire.resume(upstream_id);
    if (!leftover.empty())
        tunnel->received(client, leftover);
}

}  // namespace gatehouse::gateway
