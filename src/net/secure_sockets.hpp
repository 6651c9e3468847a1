// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/proxy_protocol.hpp"
#include "net/sockets.hpp"
#include "net/ticket_keys.hpp"
#include "net/tls_contexts.hpp"
#include "net/tls_session.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::net {

// The connections of one shard as its owner sees them, whatever is spoken below: Sockets, and
// between them and the owner TLS, and the PROXY protocol of balancers in front. Verbs and events
// are those of Sockets; an event is about plain text, and so is what is sent.
//
// What a turn sent is encrypted once, in `flush`, into records of up to 16 KiB, and leaves in one
// write. Of a slow reader only `cipher_bytes_max` are encrypted ahead; the rest waits as plain text
// and can be dropped. `opened` is told once the handshake is over, and nothing of those that did
// not finish it. What of a connection is neither TLS nor PROXY costs a look at one pointer.
//
// Bounds: a signature is dear, so that at most `handshakes_a_turn` steps of handshakes are taken in
// a turn of the shard: others wait, first come, first served. A handshake lasts `handshake_max` in
// all; of `unfinished_max` that have begun, the first that began gives way, for who is in earnest
// needs two round trips; of as many that wait, the newest is refused. Who has said nothing yet
// costs a socket and a few hundred bytes.
//
// A TCP end without close_notify is a cut (RFC 8446 §6.1): `closed`, never `ended`.
// Belongs to the reactor's thread.
class SecureSockets : Sockets::Events {
public:
    // Who came, and how.
    struct Accepted {
        ListenerTag tag;
        Address const& peer; // The client's, where a trusted balancer said it.
        TlsSession::Established const* tls = nullptr; // Null: plain.
    };

    class Events {
    public:
        virtual void opened(ConnectionId id, Accepted const& how) = 0;
        virtual void connected(ConnectionId id) = 0;
        virtual void received(ConnectionId id, std::span<char> bytes) = 0;
        virtual void drained(ConnectionId id) = 0;
        virtual void ended(ConnectionId id) = 0;
        virtual void closed(ConnectionId id, CloseReason reason) = 0;

    protected:
        ~Events() = default;
    };

    struct Options {
        Sockets::Options sockets{};
        std::size_t handshakes_a_turn = 4;
        std::size_t unfinished_max = 1024;
        Duration handshake_max = std::chrono::seconds(10);
    };

    // What a listener demands before its connections are told.
    struct Demands {
        bool tls = false;
        bool proxy_header = false; // From those whom `trust` names; others are refused.
    };

    // So far, of this shard.
    struct Tally {
        std::uint64_t handshakes = 0;  // Those that were finished; of these,
        std::uint64_t resumed = 0;     // by a ticket.
        std::uint64_t failed = 0;      // For what the peer said, or left unsaid in time.
        std::uint64_t crowded_out = 0; // Where too many came at once.
        std::uint64_t strangers = 0;   // Came to a listener for balancers and were none.

        bool operator==(Tally const&) const = default;
    };

    SecureSockets(runtime::Reactor& reactor, Events& events, Options options);
    ~SecureSockets();

    [[nodiscard]] Result<ListenerInfo> listen(
        Address const& address, ListenerTag tag, PortUse use, Demands demands);
    void unlisten(ListenerTag tag) { sockets_.unlisten(tag); }

    // What new connections go by. Before a listener with TLS has its first one.
    void use(std::shared_ptr<TlsContexts const> contexts) { contexts_ = std::move(contexts); }
    void use(std::shared_ptr<TicketKeys const> keys) { ticket_keys_ = std::move(keys); }
    // Whose PROXY headers are believed. Nobody's, as long as nobody is named.
    void trust(std::function<bool(Address const&)> is_trusted)
    {
        is_trusted_ = std::move(is_trusted);
    }

    [[nodiscard]] ConnectionId dial(Address const& address) { return sockets_.dial(address); }
    // The same over TLS: `connected` once the server has proven to be `name`.
    [[nodiscard]] ConnectionId dial(
        Address const& address, std::shared_ptr<TlsProfile const> profile, std::string const& name);

    void send(ConnectionId id, std::string_view bytes);
    void send(ConnectionId id, Frame const& frame);
    void end(ConnectionId id);
    void close(ConnectionId id);
    void reset(ConnectionId id) { sockets_.reset(id); }
    void pause(ConnectionId id) { sockets_.pause(id); }
    void resume(ConnectionId id) { sockets_.resume(id); }
    [[nodiscard]] std::size_t backlog(ConnectionId id) const;
    void drop_waiting(ConnectionId id);
    // At the end of each turn.
    void flush();

    [[nodiscard]] std::size_t open() const { return sockets_.open(); }
    [[nodiscard]] std::uint64_t turned_away() const { return sockets_.turned_away(); }
    [[nodiscard]] Tally const& tally() const { return tally_; }

private:
    static constexpr std::size_t cipher_bytes_max = 128 << 10; // More than the low water mark.

    // What is known of a connection until it is told.
    struct Arrival {
        ListenerTag tag{};
        Demands demands{};
        Address peer{};
        std::string held{}; // A header that is not whole; a step of a handshake that waits.
    };
    // A connection that is not, or not yet, as plain as its socket.
    struct Link {
        enum class Stage : std::uint8_t { header, handshake, open, closing };

        Link(SecureSockets& owner, ConnectionId of);

        ConnectionId id;
        Stage stage = Stage::handshake;
        bool is_dialled = false;
        bool is_told = false;
        bool is_marked = false;
        bool ends = false;      // Our half, once all is written...
        bool has_ended = false; // ...as it is.
        std::optional<CloseReason> reason{};
        std::unique_ptr<Arrival> arrival{};
        std::optional<TlsSession> session{};
        Output plain{};
        Timer limit; // Of the handshake; of closing, without progress.
    };

    void opened(ConnectionId id, ListenerTag tag, Address const& peer) override;
    void connected(ConnectionId id) override;
    void received(ConnectionId id, std::span<char> bytes) override;
    void drained(ConnectionId id) override;
    void ended(ConnectionId id) override;
    void closed(ConnectionId id, CloseReason reason) override;

    void read_header(Link& link, std::string_view bytes);
    void begin_handshake(Link& link);
    void make_room();
    void shake_hands(Link& link, std::string_view cipher);
    void hold(Link& link, std::string_view cipher);
    void go_on_shaking();
    void receive(Link& link, std::string_view cipher);
    void tell(Link& link);
    void fail(Link& link);
    void give_up(Link& link);
    void limit_passed(Link& link);

    void pump(Link& link);
    [[nodiscard]] std::string_view next_record(Link const& link);
    void go_on_ending(Link& link);
    void mark(Link& link);
    [[nodiscard]] bool may_send(Link& link, std::size_t bytes);

    Link& add(ConnectionId id);
    void remove(ConnectionId id);
    [[nodiscard]] Link* find(ConnectionId id) const;
    [[nodiscard]] static bool is_unfinished(Link const& link);

    runtime::Reactor& reactor_;
    Events& events_;
    Options options_;
    std::map<ListenerTag, Demands> demands_; // Of listeners that have any.
    std::shared_ptr<TlsContexts const> contexts_;
    std::shared_ptr<TicketKeys const> ticket_keys_;
    std::function<bool(Address const&)> is_trusted_;
    Tally tally_;

    std::vector<std::unique_ptr<Link>> links_; // By Sockets::index_of. Null: plain, or none.
    std::vector<ConnectionId> marked_;         // To be flushed.
    std::deque<ConnectionId> begun_;           // Handshakes, in their order; some are over.
    std::size_t unfinished_ = 0;               // Of them.
    std::deque<ConnectionId> waiting_;         // For a turn in which there is time for them.
    std::size_t handshakes_left_;              // Of this turn.
    Timer go_on_;
    std::string plain_, cipher_, record_; // Used again in each call.
    Sockets sockets_;
};

} // namespace gatehouse::net
