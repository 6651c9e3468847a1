// SPDX-License-Identifier: Apache-2.0
#include "gateway/tunnel.hpp"

#include "base/text.hpp"
#include "gateway/gateway.hpp"
#include "websocket/frame.hpp"
#include "websocket/frame_bounds.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace gatehouse::gateway {
namespace {

enum Side : std::size_t { client, upstream };

Side opposite(Side side) { return side == client ? upstream : client; }

class Tunnel {
public:
    Tunnel(Context& context, TunnelOptions const& options)
        : context_(context)
        , ids_{options.client, options.upstream}
        , silence_([this] { close(); })
        , farewell_([this] { leave(); })
    {
        context_.open.add(1);
        touch();
    }

    ~Tunnel() { context_.open.add(-1); }

    void received(Side from, std::string_view bytes)
    {
        auto& wire = context_.ports.wire;
        auto const to = opposite(from);
        wire.send(ids_[to], bytes.substr(0, follow(from, bytes)));
        if (wire.backlog(ids_[to]) > Gateway::backlog_high)
            wire.pause(ids_[from]);
        touch();
        if (is_leaving_)
            leave();
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

    void drain()
    {
        constexpr std::uint32_t spread_ms = 500;
        if (!is_leaving_)
            context_.ports.timers.arm(farewell_,
                context_.ports.now.steady + Milliseconds(context_.dice.below(spread_ms)));
    }

    // What was sent to both so far still arrives.
    void close()
    {
        context_.ports.timers.cancel(silence_);
        context_.ports.timers.cancel(farewell_);
        for (auto const id : ids_) {
            context_.ports.wire.close(id);
            context_.connections.forget(id);
        }
    }

private:
    // How many of the bytes pass: all, but that once the tunnel is left, nothing follows the frame
    // at hand.
    std::size_t follow(Side from, std::string_view bytes)
    {
        auto& frames = frames_[from];
        if (is_leaving_)
            return frames.is_between() ? 0 : frames.advance(bytes);
        for (std::size_t at = 0; at < bytes.size();)
            at += frames.advance(bytes.substr(at));
        return bytes.size();
    }

    // Says 1012 in each direction, as soon as that is between two frames.
    void leave()
    {
        is_leaving_ = true;
        for (auto const to : {client, upstream})
            if (!has_left_[to] && may_leave(to)) {
                has_left_[to] = true;
                say_goodbye(to);
            }
        if (has_left_[client] && has_left_[upstream])
            close();
    }

    [[nodiscard]] bool may_leave(Side to) const
    {
        auto const from = opposite(to);
        return frames_[from].is_between() || has_ended_[from];
    }

    void say_goodbye(Side to)
    {
        auto const from = opposite(to);
        if (has_ended_[from] || frames_[from].has_closed())
            return;
        std::optional<websocket::MaskKey> mask; // Of what a client sends (RFC 6455 §5.3).
        if (to == upstream)
            std::ranges::copy(
                context_.ports.dice.bytes(sizeof(websocket::MaskKey)), mask.emplace().begin());
        std::string frame;
        websocket::append_frame(frame, websocket::Opcode::close,
            websocket::close_payload(websocket::CloseCode::restart, "restart"), mask);
        context_.ports.wire.send(ids_[to], std::string_view(frame));
    }

    void touch()
    {
        auto const& ports = context_.ports;
        ports.timers.arm(silence_, ports.now.steady + context_.plan->timeouts().tunnel);
    }

    Context& context_;
    std::array<ConnectionId, 2> ids_;
    std::array<websocket::FrameBounds, 2> frames_{}; // By who sends them.
    std::array<bool, 2> has_ended_{};
    std::array<bool, 2> has_left_{}; // Is sent nothing more.
    bool is_leaving_ = false;
    Timer silence_;
    Timer farewell_;
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
    void drain() override { tunnel_->drain(); }

private:
    std::shared_ptr<Tunnel> tunnel_;
    Side side_;
};

}  // namespace

bool is_websocket(http::Headers const& headers)
{
    return headers.count("Upgrade") == 1
        && equal_ignoring_case(*headers.find("Upgrade"), "websocket");
}

void open_tunnel(Context& context, TunnelOptions const& options)
{
    auto const tunnel = std::make_shared<Tunnel>(context, options);
    context.connections.adopt(options.client, std::make_unique<TunnelEnd>(tunnel, client));
    context.connections.adopt(options.upstream, std::make_unique<TunnelEnd>(tunnel, upstream));
    context.ports.wire.resume(options.client);
    context.ports.wire.resume(options.upstream);
    if (!options.from_client.empty())
        tunnel->received(client, options.from_client);
    if (!options.from_upstream.empty())
        tunnel->received(upstream, options.from_upstream);
    if (context.is_draining)
        tunnel->drain();
}

}  // namespace gatehouse::gateway
