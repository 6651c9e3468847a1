// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "net/address.hpp"
#include "net/connection.hpp"
#include "net/listener.hpp"
#include "runtime/reactor.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace gatehouse::net {

// All TCP connections of one shard, accepted and dialled.
//
// What is sent during a turn of the reactor waits until its end: `flush` then gives every
// connection one write. EPOLLOUT is asked for only where the kernel did not take all of it. A
// connection has no read buffer, and no write buffer while it has nothing to send.
//
// Events come from the reactor's turn, never from inside a call into this class. Calls for a
// connection that is gone do nothing.
//
// Bounds: `connections_max`, beyond which accepted ones are closed at once and dialling fails (so
// too where descriptors run out); `backlog_bytes_max`, beyond which the connection is reset.
// Belongs to the reactor's thread.
class Sockets : runtime::Watcher {
public:
    class Events {
    public:
        virtual void opened(ConnectionId id, ListenerTag tag, Address const& peer) = 0;
        virtual void connected(ConnectionId id) = 0;
        // The bytes may be changed in place, and are gone when it returns.
        virtual void received(ConnectionId id, std::span<char> bytes) = 0;
        // The backlog was above `low_water_bytes`, or the kernel had not taken all of it; now it
        // fell to that or below, or to nothing.
        virtual void drained(ConnectionId id) = 0;
        // The peer will send no more, but may still read.
        virtual void ended(ConnectionId id) = 0;
        // The last event of a connection, whoever ended it. Its id is never used again.
        virtual void closed(ConnectionId id, CloseReason reason) = 0;

    protected:
        ~Events() = default;
    };

    struct Options {
        ShardIndex shard = 0;
        std::size_t connections_max = 100'000;
        std::size_t backlog_bytes_max = std::size_t{64} << 20;
        std::size_t low_water_bytes = 64 << 10;
        Duration closing_max = std::chrono::seconds(5); // Without any progress.
    };

    Sockets(runtime::Reactor& reactor, Events& events, Options options);
    ~Sockets();

    // Port 0 lets the kernel choose; the answer says what it chose. The first shard claims the
    // port, the others share it.
    [[nodiscard]] Result<ListenerInfo> listen(
        Address const& address, ListenerTag tag, PortUse use = PortUse::claim);
    // Closes the listeners with this tag; their connections live on.
    void unlisten(ListenerTag tag);

    // `connected` or `closed` tells how it went. Gives no id where the table is full.
    [[nodiscard]] ConnectionId dial(Address const& address);

    void send(ConnectionId id, std::string_view bytes);
    // Shares the frame, where it is not so short that copying it is cheaper.
    void send(ConnectionId id, Frame const& frame);
    // Ends our half, once all that was sent has gone out; the peer may go on. Where both halves
    // have ended, the connection is closed.
    void end(ConnectionId id);
    // Once all that was sent has gone out, and the peer has seen it or `closing_max` is over.
    void close(ConnectionId id);
    // At once; what was not yet sent is lost.
    void reset(ConnectionId id);
    // Stops and goes on reading.
    void pause(ConnectionId id);
    void resume(ConnectionId id);

    // Bytes that the kernel has not taken yet.
    [[nodiscard]] std::size_t backlog(ConnectionId id) const;
    // Forgets what of it is not begun, in whole calls of `send`.
    void drop_waiting(ConnectionId id);

    // At the end of each turn.
    void flush();

    // Told of, and neither closed nor being closed.
    [[nodiscard]] bool is_open(ConnectionId id) const;
    // The place of a connection in tables of its owner: below `connections_max`, and used again.
    [[nodiscard]] static std::size_t index_of(ConnectionId id)
    {
        return id.number & index_max;
    }

    [[nodiscard]] std::size_t open() const { return open_; }
    // Accepted and closed at once because of a bound, so far.
    [[nodiscard]] std::uint64_t turned_away() const { return turned_away_; }

private:
    // A ConnectionId: 16 bits of shard, 28 of generation, 20 of index.
    static constexpr unsigned index_bits = 20;
    static constexpr unsigned generation_bits = 28;
    static constexpr std::size_t index_max = (std::size_t{1} << index_bits) - 1;

    void ready(std::uint32_t tag, std::uint32_t events) override;

    void accept_from(std::uint32_t number);
    [[nodiscard]] bool turn_one_away(Listener const& listener);
    void adopt(ListenerTag tag, runtime::Descriptor socket, Address const& peer);
    [[nodiscard]] Connection* take_slot();
    void begin(Connection& connection, runtime::Descriptor socket);

    void finish_dialling(Connection& connection);
    void read_from(Connection& connection);
    void read_end(Connection& connection);
    void write_to(Connection& connection);
    void write_when_writable(Connection& connection);
    void go_on_ending(Connection& connection);
    void put_off_limit(Connection& connection);

    void mark(Connection& connection);
    void update_interest(Connection& connection);
    void finish(Connection& connection, CloseReason reason);
    void tell_drained();
    void tell_closed();
    [[nodiscard]] Connection* find(ConnectionId id);
    [[nodiscard]] Connection const* find(ConnectionId id) const;
    [[nodiscard]] Connection* find_to_send(ConnectionId id, std::size_t bytes);

    runtime::Reactor& reactor_;
    Events& events_;
    Options options_;
    std::vector<std::unique_ptr<Listener>> listeners_; // By number; null once closed.
    std::deque<Connection> connections_;               // By index; never moved.
    std::vector<std::uint32_t> free_;
    std::vector<ConnectionId> marked_; // To be flushed.
    std::vector<ConnectionId> drained_; // `drained` is still to be told,
    Timer tell_drained_;
    std::deque<ConnectionId> finished_; // and `closed`.
    Timer tell_closed_;
    runtime::Descriptor spare_; // Given up for a moment where descriptors have run out.
    std::size_t open_ = 0;
    std::uint64_t turned_away_ = 0;
};

}  // namespace gatehouse::net
