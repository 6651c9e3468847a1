// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agenda.hpp"
#include "base/ids.hpp"
#include "gateway/ports.hpp"
#include "luck.hpp"
#include "plan.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::simulation {

struct Link;
using LinkPointer = std::shared_ptr<Link>;

// The two ends of a connection, as the network calls them.
class ServerEnd {
public:
    virtual void opened(LinkPointer link) = 0;
    virtual void received(ConnectionId id, std::string bytes) = 0;
    virtual void drained(ConnectionId id) = 0;
    virtual void ended(ConnectionId id) = 0;
    virtual void closed(ConnectionId id, gateway::CloseReason reason) = 0;

protected:
    ~ServerEnd() = default;
};

class ClientEnd {
public:
    virtual void connected() = 0;
    virtual void received(std::span<char> bytes) = 0;
    virtual void closed() = 0;

protected:
    ~ClientEnd() = default;
};

// One connection: two streams of bytes, each in order, cut and delayed at will. Either end may be
// gone, or deaf and mute without knowing.
struct Link {
    ConnectionId id{};
    ServerEnd* server = nullptr; // Null: it is gone.
    ClientEnd* client = nullptr; // Null: it let go.
    std::string address{};       // The client's.
    std::uint64_t life = 0;      // Of the process that took it.
    gateway::Listener listener = gateway::Listener::front;
    bool is_dark = false;        // Nothing arrives any more, on either side.
    bool is_slow = false;

    TimePoint up_at{}; // When the last byte so far reaches the server.
    bool is_paused = false;
    std::string held{}; // Arrived while paused.

    TimePoint down_at{};
    std::string unsent{};    // What the pipe does not take: the backlog,
    std::vector<std::size_t> unsent_sizes{}; // sent in these portions.
    std::size_t in_pipe = 0; // Sent and not read.
    std::string unread{};
    bool is_reading = true;
    bool was_above_low = false;
    bool is_closing = false; // By the server, when all is sent.
};

// TCP, as rough as it can be.
class Network {
public:
    static constexpr std::size_t low_water = 500;

    Network(Agenda& agenda, Luck luck, Plan const& plan)
        : agenda_(agenda)
        , luck_(luck)
        , plan_(plan)
    { }

    // Who takes new connections: null where nobody does.
    void on_accept(std::function<ServerEnd*()> accept) { accept_ = std::move(accept); }
    void heal() { is_healed_ = true; }

    // ---- For clients
    [[nodiscard]] LinkPointer dial(ClientEnd& client, std::string address, bool is_slow,
        gateway::Listener listener = gateway::Listener::front);
    void send(LinkPointer const& link, std::string_view bytes);
    void close(LinkPointer const& link);
    // Forgets the connection: the server is told, or (as when a phone loses its net) never.
    void reset(LinkPointer const& link);
    void vanish(LinkPointer const& link);
    void set_reading(LinkPointer const& link, bool is_reading);

    // ---- For servers
    void flush(LinkPointer const& link);
    static void drop_waiting(Link& link);
    void resume(LinkPointer const& link);
    void reset_by_server(LinkPointer const& link);
    // The process died.
    void orphan(LinkPointer const& link);

    // Nothing that is on its way arrives any more, and nobody is told.
    void go_dark();
    // Half of the connections hear nothing for so long, and all of it later.
    void part(Duration length);

    // ---- For fate: cuts it in one of four ways, of which neither, one or both ends learn.
    void cut(LinkPointer const& link);

private:
    [[nodiscard]] Duration delay();
    void upward(LinkPointer const& link, std::move_only_function<void(Link&)> arrive);
    void downward(LinkPointer const& link, std::move_only_function<void(Link&)> arrive);
    void deliver(LinkPointer const& link, std::string piece);
    void hand_over(LinkPointer link, std::string piece);
    static void tell_server(Link& link, gateway::CloseReason reason);
    static void tell_client(Link& link);

    Agenda& agenda_;
    Luck luck_;
    Plan const& plan_;
    std::function<ServerEnd*()> accept_;
    std::uint64_t last_id_ = 0;
    std::vector<std::weak_ptr<Link>> links_{};
    bool is_healed_ = false;
};

}  // namespace gatehouse::simulation
