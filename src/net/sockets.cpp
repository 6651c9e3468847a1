// SPDX-License-Identifier: Apache-2.0
#include "net/sockets.hpp"

#include "base/assert.hpp"

#include <cerrno>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

namespace gatehouse::net {
namespace {

using runtime::Descriptor;
using State = Connection::State;

constexpr int accepts_per_turn = 64;
constexpr std::uint32_t listener_bit = 1u << 31; // In a watcher's tag: no connection's index.

Descriptor open_spare()
{
    return Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

// Makes closing send a reset instead of waiting for what is unsent.
void forget_unsent(Descriptor const& socket)
{
    linger const at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

// One slice, as nearly all writes are, spares the kernel from reading a list of them.
ssize_t write_slices(int socket, std::span<iovec> slices)
{
    if (slices.size() == 1)
        return send(socket, slices.front().iov_base, slices.front().iov_len, MSG_NOSIGNAL);
    msghdr message{};
    message.msg_iov = slices.data();
    message.msg_iovlen = slices.size();
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

bool is_temporary(int error)
{
    return error == EAGAIN || error == EINTR || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Sockets::Sockets(runtime::Reactor& reactor, Events& events, Options options)
    : reactor_(reactor)
    , events_(events)
    , options_(options)
    , tell_drained_([this] { tell_drained(); })
    , tell_closed_([this] { tell_closed(); })
    , spare_(open_spare())
{
    GH_ASSERT(options_.connections_max <= index_max);
}

Sockets::~Sockets()
{
    for (auto const& listener : listeners_)
        if (listener)
            reactor_.unwatch(listener->socket.get());
    for (auto const& connection : connections_)
        if (connection.socket)
            reactor_.unwatch(connection.socket.get());
}

// Listening and dialling

Result<ListenerInfo> Sockets::listen(Address const& address, ListenerTag tag, PortUse use)
{
    auto socket = GH_TRY(open_listener(address, use));
    auto const bound = address_of(socket);
    auto const number = static_cast<std::uint32_t>(listeners_.size());
    reactor_.watch(socket.get(), EPOLLIN, *this, listener_bit | number);
    listeners_.push_back(std::make_unique<Listener>(std::move(socket), tag));
    return ListenerInfo{.address = bound};
}

void Sockets::unlisten(ListenerTag tag)
{
    for (auto& listener : listeners_) {
        if (!listener || listener->tag != tag)
            continue;
        reactor_.unwatch(listener->socket.get());
        listener.reset();
    }
}

// Its owner may close the listener, told of a connection: so it is looked up for each.
void Sockets::accept_from(std::uint32_t number)
{
    for (int i = 0; i < accepts_per_turn && listeners_[number]; i++) {
        auto const& listener = *listeners_[number];
        sockaddr_storage raw{};
        socklen_t bytes = sizeof raw;
        auto* const peer = reinterpret_cast<sockaddr*>(&raw);
        Descriptor socket(
            accept4(listener.socket.get(), peer, &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket) {
            adopt(listener.tag, std::move(socket), Address(peer));
        } else if (errno == EMFILE || errno == ENFILE) {
            if (!turn_one_away(listener))
                return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

// Without a descriptor to accept it with, a connection would wait, and wake us, for ever.
bool Sockets::turn_one_away(Listener const& listener)
{
    if (spare_) {
        spare_.reset();
        Descriptor const refused(accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (refused) {
            forget_unsent(refused);
            turned_away_++;
        }
    }
    spare_ = open_spare();
    return static_cast<bool>(spare_);
}

void Sockets::adopt(ListenerTag tag, Descriptor socket, Address const& peer)
{
    auto* const connection = take_slot();
    if (!connection) {
        forget_unsent(socket);
        turned_away_++;
        return;
    }
    connection->state = State::open;
    begin(*connection, std::move(socket));
    events_.opened(connection->id, tag, peer);
}

ConnectionId Sockets::dial(Address const& address)
{
    auto* const connection = take_slot();
    if (!connection)
        return {};
    connection->state = State::dialling;
    Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) {
        finish(*connection, reason_of(errno));
        return connection->id;
    }
    int const on = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bool const under_way =
        connect(socket.get(), address.raw(), address.raw_bytes()) == 0 || errno == EINPROGRESS;
    auto const error = errno;
    begin(*connection, std::move(socket));
    if (!under_way)
        finish(*connection, reason_of(error));
    return connection->id;
}

Connection* Sockets::take_slot()
{
    if (open_ >= options_.connections_max)
        return nullptr;
    if (free_.empty()) {
        if (connections_.size() > index_max)
            return nullptr;
        auto const index = static_cast<std::uint32_t>(connections_.size());
        connections_.emplace_back().index = index;
        free_.push_back(index);
    }
    auto& connection = connections_[free_.back()];
    free_.pop_back();
    open_++;
    connection.id.number = std::uint64_t{options_.shard} << (generation_bits + index_bits)
        | std::uint64_t{connection.generation} << index_bits | connection.index;
    return &connection;
}

void Sockets::begin(Connection& connection, Descriptor socket)
{
    connection.socket = std::move(socket);
    connection.watched_events = connection.wanted_events();
    reactor_.watch(connection.socket.get(), connection.watched_events, *this, connection.index);
}

// What the owner asks for

void Sockets::send(ConnectionId id, std::string_view bytes)
{
    if (auto* const connection = find_to_send(id, bytes.size()))
        connection->output.append(bytes);
}

void Sockets::send(ConnectionId id, Frame const& frame)
{
    if (auto* const connection = find_to_send(id, frame->size()))
        connection->output.append(frame);
}

Connection* Sockets::find_to_send(ConnectionId id, std::size_t bytes)
{
    auto* const connection = find(id);
    if (!connection || connection->broken || connection->ending)
        return nullptr;
    if (connection->output.bytes() + bytes > options_.backlog_bytes_max) {
        finish(*connection, CloseReason::overrun);
        return nullptr;
    }
    mark(*connection);
    return connection;
}

void Sockets::end(ConnectionId id)
{
    if (auto* const connection = find(id)) {
        connection->ending = true;
        mark(*connection);
    }
}

void Sockets::close(ConnectionId id)
{
    auto* const connection = find(id);
    if (!connection || connection->state >= State::closing)
        return;
    if (connection->state == State::dialling)
        return finish(*connection, CloseReason::reset_by_us);
    if (connection->broken)
        return finish(*connection, CloseReason::reset_by_peer);
    connection->state = State::closing;
    connection->ending = true;
    connection->closing_limit = std::make_unique<Timer>([this, id] {
        if (auto* const slow = find(id))
            finish(*slow, CloseReason::timed_out);
    });
    put_off_limit(*connection);
    mark(*connection);
}

void Sockets::reset(ConnectionId id)
{
    if (auto* const connection = find(id))
        finish(*connection, CloseReason::reset_by_us);
}

void Sockets::pause(ConnectionId id)
{
    if (auto* const connection = find(id)) {
        connection->paused = true;
        mark(*connection);
    }
}

void Sockets::resume(ConnectionId id)
{
    if (auto* const connection = find(id)) {
        connection->paused = false;
        mark(*connection);
    }
}

std::size_t Sockets::backlog(ConnectionId id) const
{
    auto const* const connection = find(id);
    return connection ? connection->output.bytes() : 0;
}

bool Sockets::is_open(ConnectionId id) const
{
    auto const* const connection = find(id);
    return connection && connection->state == State::open;
}

void Sockets::drop_waiting(ConnectionId id)
{
    if (auto* const connection = find(id))
        connection->output.drop_waiting();
}

void Sockets::flush()
{
    for (auto const id : marked_) {
        auto* const connection = find(id);
        if (!connection)
            continue;
        connection->marked = false;
        if (!connection->pressed_back && connection->state != State::dialling) {
            bool const was_high = connection->output.bytes() > options_.low_water_bytes;
            write_to(*connection);
            if (was_high && connection->output.bytes() <= options_.low_water_bytes)
                drained_.push_back(id);
        }
        go_on_ending(*connection);
        update_interest(*connection);
    }
    marked_.clear();
    if (!drained_.empty())
        reactor_.timers().arm(tell_drained_, reactor_.now().steady);
}

// What the kernel tells

void Sockets::ready(std::uint32_t tag, std::uint32_t events)
{
    if ((tag & listener_bit) != 0)
        return accept_from(tag & ~listener_bit);
    auto& connection = connections_[tag];
    if (connection.state == State::dialling)
        return finish_dialling(connection);
    if ((events & EPOLLOUT) != 0)
        write_when_writable(connection);
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0 || connection.state == State::finished)
        return;
    // A hang-up is told as long as it is not read to its end: then pausing can't hold it.
    bool const both_ended = connection.ended && (events & (EPOLLERR | EPOLLHUP)) == EPOLLHUP;
    if (connection.reads() || (both_ended && !connection.peer_ended))
        read_from(connection);
    else if ((events & (EPOLLERR | EPOLLHUP)) != 0)
        finish(connection, CloseReason::reset_by_peer);
}

void Sockets::finish_dialling(Connection& connection)
{
    int error = 0;
    socklen_t bytes = sizeof error;
    getsockopt(connection.socket.get(), SOL_SOCKET, SO_ERROR, &error, &bytes);
    if (error != 0)
        return finish(connection, reason_of(error));
    connection.state = State::open;
    mark(connection);
    events_.connected(connection.id);
}

void Sockets::read_from(Connection& connection)
{
    auto const buffer = reactor_.read_buffer();
    auto const got = recv(connection.socket.get(), buffer.data(), buffer.size(), 0);
    if (got < 0) {
        if (!is_temporary(errno))
            finish(connection, reason_of(errno));
    } else if (got == 0) {
        read_end(connection);
    } else if (connection.state == State::open) {
        events_.received(connection.id, buffer.first(static_cast<std::size_t>(got)));
    }
}

void Sockets::read_end(Connection& connection)
{
    if (connection.broken)
        return finish(connection, CloseReason::reset_by_peer);
    connection.peer_ended = true;
    mark(connection);
    if (connection.state == State::open)
        events_.ended(connection.id);
}

// One write, but where there are more slices than fit into one. Where it fails, what the peer said
// before may still be to read (an early refusal of a long upload), and ends with the error anyway.
void Sockets::write_to(Connection& connection)
{
    auto& output = connection.output;
    connection.pressed_back = false;
    while (output.bytes() > 0 && !connection.pressed_back) {
        Output::Slices slices;
        auto const offered = output.gather(slices);
        auto const sent = write_slices(
            connection.socket.get(), std::span(slices).first(offered.slices));
        if (sent >= 0) {
            output.consume(static_cast<std::size_t>(sent));
            connection.pressed_back = static_cast<std::size_t>(sent) < offered.bytes;
            put_off_limit(connection);
        } else if (is_temporary(errno)) {
            connection.pressed_back = true;
        } else {
            connection.broken = true;
            output.clear();
        }
    }
}

void Sockets::write_when_writable(Connection& connection)
{
    auto const before = connection.output.bytes();
    write_to(connection);
    mark(connection);
    auto const left = connection.output.bytes();
    bool const low = before > options_.low_water_bytes && left <= options_.low_water_bytes;
    if (connection.state == State::open && !connection.broken && (low || left == 0))
        events_.drained(connection.id);
}

// Closing with bytes unread would send a reset, which may overtake what we have just sent: so our
// half ends first, and all of it once the peer's half did.
void Sockets::go_on_ending(Connection& connection)
{
    if (!connection.ending || connection.output.bytes() > 0)
        return;
    if (connection.state != State::open && connection.state != State::closing)
        return;
    if (connection.broken) {
        if (connection.state == State::closing)
            finish(connection, CloseReason::reset_by_peer);
    } else if (connection.peer_ended) {
        finish(connection, CloseReason::finished);
    } else if (!std::exchange(connection.ended, true)) {
        shutdown(connection.socket.get(), SHUT_WR);
    }
}

void Sockets::put_off_limit(Connection& connection)
{
    if (connection.closing_limit) {
        auto const limit = reactor_.now().steady + options_.closing_max;
        reactor_.timers().arm(*connection.closing_limit, limit);
    }
}

// The table

void Sockets::mark(Connection& connection)
{
    if (!std::exchange(connection.marked, true))
        marked_.push_back(connection.id);
}

void Sockets::update_interest(Connection& connection)
{
    if (connection.state == State::finished)
        return;
    auto const wanted = connection.wanted_events();
    if (std::exchange(connection.watched_events, wanted) != wanted)
        reactor_.change(connection.socket.get(), wanted);
}

void Sockets::finish(Connection& connection, CloseReason reason)
{
    if (connection.socket) {
        reactor_.unwatch(connection.socket.get());
        if (reason != CloseReason::finished)
            forget_unsent(connection.socket);
        connection.socket.reset();
    }
    connection.output.clear();
    connection.closing_limit.reset();
    connection.state = State::finished;
    connection.reason = reason;
    finished_.push_back(connection.id);
    if (!tell_closed_.is_armed())
        reactor_.timers().arm(tell_closed_, reactor_.now().steady);
}

void Sockets::tell_drained()
{
    for (auto const id : std::exchange(drained_, {})) {
        auto const* const connection = find(id);
        if (connection && connection->state == State::open && !connection->broken)
            events_.drained(id);
    }
}

// A slot whose generations are used up is left alone: an id is never given twice.
void Sockets::tell_closed()
{
    while (!finished_.empty()) {
        auto const id = finished_.front();
        finished_.pop_front();
        auto& connection = connections_[index_of(id)];
        auto const reason = connection.reason;
        connection = Connection{.index = connection.index, .generation = connection.generation + 1};
        if (connection.generation < (1u << generation_bits) - 1)
            free_.push_back(connection.index);
        open_--;
        events_.closed(id, reason);
    }
}

Connection* Sockets::find(ConnectionId id)
{
    return const_cast<Connection*>(std::as_const(*this).find(id));
}

Connection const* Sockets::find(ConnectionId id) const
{
    auto const index = index_of(id);
    if (index >= connections_.size())
        return nullptr;
    auto const& connection = connections_[index];
    bool const alive = connection.id == id && connection.state != State::finished;
    return alive ? &connection : nullptr;
}

}  // namespace gatehouse::net
