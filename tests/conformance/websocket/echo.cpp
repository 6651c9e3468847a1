// SPDX-License-Identifier: Apache-2.0
#include "echo.hpp"

#include "websocket/frame.hpp"
#include "websocket/handshake.hpp"

namespace gatehouse::conformance {
namespace {

constexpr std::size_t message_bytes_max = std::size_t{32} << 20;
constexpr std::size_t backlog_bytes_max = std::size_t{256} << 20;

} // namespace

using websocket::Step;

Echo::Echo(runtime::Reactor& reactor)
    : sockets_(reactor, *this, {.backlog_bytes_max = backlog_bytes_max})
{
}

Result<net::ListenerInfo> Echo::listen(net::Address const& address)
{
    return sockets_.listen(address, net::ListenerTag{1});
}

void Echo::opened(ConnectionId id, net::ListenerTag, net::Address const&) { peers_[id]; }

void Echo::closed(ConnectionId id, net::CloseReason) { peers_.erase(id); }

void Echo::received(ConnectionId id, std::span<char> bytes)
{
    auto& peer = peers_.at(id);
    if (!peer.socket)
        bytes = shake_hands(id, peer, bytes);
    if (!peer.socket)
        return;
    for (Step step; (step = peer.socket->next(bytes)) != Step::need_more;) {
        out_.clear();
        if (step == Step::message)
            echo(peer);
        else
            peer.socket->reply(out_);
        if (!out_.empty())
            sockets_.send(id, out_);
        if (step == Step::close || step == Step::error)
            return sockets_.close(id);
    }
}

// Gives what follows the request.
std::span<char> Echo::shake_hands(ConnectionId id, Peer& peer, std::span<char> bytes)
{
    std::string_view rest(bytes.data(), bytes.size());
    auto step = peer.parser.next(rest);
    if (step == http::Step::need_more)
        return {};
    auto const upgrade = step == http::Step::head
        ? websocket::check_request(peer.parser.head(), {})
        : std::unexpected(websocket::Refusal{400, "no request"});
    if (!upgrade) {
        sockets_.send(id, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        sockets_.close(id);
        return {};
    }
    sockets_.send(id, websocket::render_response(*upgrade));
    peer.window_bits = upgrade->deflate ? upgrade->deflate->server_window_bits : 0;
    peer.socket = std::make_unique<websocket::Connection>(
        websocket::Role::server, message_bytes_max, upgrade->deflate ? &deflate_ : nullptr);
    return bytes.last(rest.size());
}

void Echo::echo(Peer const& peer)
{
    auto const opcode
        = peer.socket->is_text() ? websocket::Opcode::text : websocket::Opcode::binary;
    auto const payload = peer.socket->payload();
    if (peer.window_bits > 0)
        websocket::append_compressed_frame(
            out_, opcode, deflate_.compress(payload, peer.window_bits));
    else
        websocket::append_frame(out_, opcode, payload);
}

} // namespace gatehouse::conformance
