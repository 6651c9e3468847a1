// SPDX-License-Identifier: Apache-2.0
#include "net/secure_sockets.hpp"

#include "base/assert.hpp"

#include <utility>

namespace gatehouse::net {
namespace {

constexpr std::size_t record_bytes_max = 16'384; // RFC 8446 §5.1

constexpr std::string_view answer_to_plain_http
    = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 54\r\n"
      "Connection: close\r\n\r\nThis port speaks TLS: write https:// in place of http\n";

} // namespace

SecureSockets::Link::Link(SecureSockets& owner, ConnectionId of)
    : id(of)
    , limit([&owner, this] { owner.limit_passed(*this); })
{ }

SecureSockets::SecureSockets(runtime::Reactor& reactor, Events& events, Options options)
    : reactor_(reactor)
    , events_(events)
    , options_(options)
    , handshakes_left_(options.handshakes_a_turn)
    , go_on_([this] { go_on_shaking(); })
    , sockets_(reactor, *this, options.sockets)
{
    GH_ASSERT(options_.sockets.low_water_bytes < cipher_bytes_max);
}

SecureSockets::~SecureSockets() = default;

Result<ListenerInfo> SecureSockets::listen(
    Address const& address, ListenerTag tag, PortUse use, Demands demands)
{
    if (demands.tls || demands.proxy_header)
        demands_[tag] = demands;
    return sockets_.listen(address, tag, use);
}

ConnectionId SecureSockets::dial(
    Address const& address, std::shared_ptr<TlsProfile const> profile, std::string const& name)
{
    auto const id = sockets_.dial(address);
    if (!id)
        return id;
    auto& link = add(id);
    link.is_dialled = true;
    link.session.emplace(std::move(profile), name);
    return id;
}

// ---- Coming

void SecureSockets::opened(ConnectionId id, ListenerTag tag, Address const& peer)
{
    auto const found = demands_.find(tag);
    if (found == demands_.end())
        return events_.opened(id, {.tag = tag, .peer = peer});
    auto const demands = found->second;
    if (demands.proxy_header && !(is_trusted_ && is_trusted_(peer))) {
        tally_.strangers++;
        add(id); // So that its end is not told either.
        return sockets_.reset(id);
    }
    auto& link = add(id);
    link.arrival = std::make_unique<Arrival>(Arrival{.tag = tag, .demands = demands, .peer = peer});
    link.stage = demands.proxy_header ? Link::Stage::header : Link::Stage::handshake;
    reactor_.timers().arm(link.limit, reactor_.now().steady + options_.handshake_max);
}

void SecureSockets::connected(ConnectionId id)
{
    auto* const link = find(id);
    if (!link)
        return events_.connected(id);
    reactor_.timers().arm(link->limit, reactor_.now().steady + options_.handshake_max);
    receive(*link, {});
}

void SecureSockets::received(ConnectionId id, std::span<char> bytes)
{
    auto* const link = find(id);
    if (!link)
        return events_.received(id, bytes);
    std::string_view const text(bytes.data(), bytes.size());
    switch (link->stage) {
    case Link::Stage::header: return read_header(*link, text);
    case Link::Stage::handshake: return shake_hands(*link, text);
    case Link::Stage::open: return receive(*link, text);
    case Link::Stage::closing: return; // Nobody wants to know any more.
    }
}

void SecureSockets::read_header(Link& link, std::string_view bytes)
{
    auto const id = link.id;
    auto& arrival = *link.arrival;
    arrival.held += bytes;
    auto const header = read_proxy_header(arrival.held);
    if (!header) {
        tally_.strangers++;
        return sockets_.reset(id);
    }
    if (!*header)
        return;
    auto rest = arrival.held.substr((*header)->bytes);
    arrival.held.clear();
    if ((*header)->source)
        arrival.peer = *(*header)->source;
    if (arrival.demands.tls) {
        link.stage = Link::Stage::handshake;
        if (!rest.empty())
            shake_hands(link, rest);
        return;
    }
    auto const how = std::move(*link.arrival);
    remove(id); // From now on it is plain.
    events_.opened(id, {.tag = how.tag, .peer = how.peer});
    if (!rest.empty() && sockets_.is_open(id))
        events_.received(id, rest);
}

// ---- Handshakes

void SecureSockets::shake_hands(Link& link, std::string_view cipher)
{
    if (link.is_dialled)
        return receive(link, cipher);
    if (handshakes_left_ == 0 || !waiting_.empty())
        return hold(link, cipher);
    handshakes_left_--;
    if (!link.session)
        begin_handshake(link);
    receive(link, cipher);
}

// Nothing more is read of it meanwhile, so it holds what one read gave.
void SecureSockets::hold(Link& link, std::string_view cipher)
{
    if (waiting_.size() >= options_.unfinished_max) {
        tally_.crowded_out++;
        give_up(link);
        return sockets_.reset(link.id);
    }
    link.arrival->held = cipher;
    sockets_.pause(link.id);
    waiting_.push_back(link.id);
}

void SecureSockets::go_on_shaking()
{
    while (!waiting_.empty() && handshakes_left_ > 0) {
        auto const id = waiting_.front();
        waiting_.pop_front();
        auto* const link = find(id);
        if (!link || link->stage != Link::Stage::handshake)
            continue;
        sockets_.resume(id);
        handshakes_left_--;
        if (!link->session)
            begin_handshake(*link);
        receive(*link, std::exchange(link->arrival->held, {}));
    }
}

void SecureSockets::begin_handshake(Link& link)
{
    GH_ASSERT(contexts_ && ticket_keys_);
    make_room();
    link.session.emplace(contexts_, ticket_keys_);
    begun_.push_back(link.id);
    unfinished_++;
}

void SecureSockets::make_room()
{
    auto const is_over = [&](ConnectionId id) {
        auto const* const link = find(id);
        return !link || !is_unfinished(*link);
    };
    while (!begun_.empty() && is_over(begun_.front()))
        begun_.pop_front();
    if (unfinished_ < options_.unfinished_max)
        return;
    auto const first = begun_.front();
    begun_.pop_front();
    give_up(*find(first));
    tally_.crowded_out++;
    sockets_.reset(first);
}

bool SecureSockets::is_unfinished(Link const& link)
{
    return link.stage == Link::Stage::handshake && link.session && !link.is_dialled;
}

// It has no handshake any more that would be waited for.
void SecureSockets::give_up(Link& link)
{
    if (is_unfinished(link))
        unfinished_--;
    link.stage = Link::Stage::closing;
}

void SecureSockets::limit_passed(Link& link)
{
    if (!link.is_told)
        tally_.failed++;
    give_up(link);
    link.reason = CloseReason::timed_out;
    sockets_.reset(link.id);
}

// ---- What comes in

// Its owner may close it, told of anything: so it is looked up again for what comes next.
void SecureSockets::receive(Link& link, std::string_view cipher)
{
    plain_.clear();
    cipher_.clear();
    auto const id = link.id;
    if (link.session->state() == TlsSession::State::ended)
        return; // Said before; what comes behind it is nothing (RFC 8446 §6.1).
    auto const state = link.session->receive(cipher, plain_, cipher_);
    if (!cipher_.empty())
        sockets_.send(id, cipher_);
    if (state == TlsSession::State::handshaking)
        return;
    if (state == TlsSession::State::failed)
        return fail(link);
    if (link.stage == Link::Stage::handshake)
        tell(link);
    auto const is_open = [&] {
        auto const* const found = find(id);
        return found && found->stage == Link::Stage::open && sockets_.is_open(id);
    };
    if (!plain_.empty() && is_open())
        events_.received(id, plain_);
    if (state == TlsSession::State::ended && is_open())
        events_.ended(id);
}

void SecureSockets::tell(Link& link)
{
    reactor_.timers().cancel(link.limit);
    if (is_unfinished(link))
        unfinished_--;
    link.stage = Link::Stage::open;
    link.is_told = true;
    mark(link);
    if (link.is_dialled)
        return events_.connected(link.id);
    auto const arrival = std::exchange(link.arrival, nullptr);
    auto const found = link.session->established();
    tally_.handshakes++;
    if (found.is_resumed)
        tally_.resumed++;
    events_.opened(link.id, {.tag = arrival->tag, .peer = arrival->peer, .tls = &found});
}

// The alert that says why is on its way, or what a browser shows to who forgot an s.
void SecureSockets::fail(Link& link)
{
    if (!link.is_told)
        tally_.failed++;
    if (!link.is_told && link.session->is_plain_http())
        sockets_.send(link.id, answer_to_plain_http);
    reactor_.timers().cancel(link.limit);
    give_up(link);
    link.has_ended = true;
    link.reason = CloseReason::reset_by_peer;
    sockets_.close(link.id);
}

void SecureSockets::drained(ConnectionId id)
{
    auto* const link = find(id);
    if (!link)
        return events_.drained(id);
    pump(*link);
    if (link->stage == Link::Stage::open && backlog(id) <= options_.sockets.low_water_bytes)
        events_.drained(id);
}

// Where close_notify came before, it was told then; where we said it, the peer may answer so.
void SecureSockets::ended(ConnectionId id)
{
    auto* const link = find(id);
    if (!link)
        return events_.ended(id);
    if (link->stage == Link::Stage::closing
        || (link->session && link->session->state() == TlsSession::State::ended))
        return;
    if (link->has_ended)
        return events_.ended(id);
    link->reason = CloseReason::reset_by_peer;
    sockets_.reset(id);
}

void SecureSockets::closed(ConnectionId id, CloseReason reason)
{
    auto* const link = find(id);
    if (!link)
        return events_.closed(id, reason);
    bool const is_known = link->is_told || link->is_dialled;
    if (is_unfinished(*link))
        tally_.failed++;
    give_up(*link);
    auto const why = link->reason.value_or(reason);
    remove(id);
    if (is_known)
        events_.closed(id, why);
}

// ---- What goes out

void SecureSockets::send(ConnectionId id, std::string_view bytes)
{
    auto* const link = find(id);
    if (!link)
        sockets_.send(id, bytes);
    else if (may_send(*link, bytes.size()))
        link->plain.append(bytes);
}

void SecureSockets::send(ConnectionId id, Frame const& frame)
{
    auto* const link = find(id);
    if (!link)
        sockets_.send(id, frame);
    else if (may_send(*link, frame->size()))
        link->plain.append(frame);
}

bool SecureSockets::may_send(Link& link, std::size_t bytes)
{
    if (link.ends || link.stage == Link::Stage::closing)
        return false;
    if (link.plain.bytes() + bytes > options_.sockets.backlog_bytes_max) {
        link.reason = CloseReason::overrun;
        sockets_.reset(link.id);
        return false;
    }
    mark(link);
    return true;
}

void SecureSockets::end(ConnectionId id)
{
    auto* const link = find(id);
    if (!link)
        return sockets_.end(id);
    link->ends = true;
    mark(*link);
}

void SecureSockets::close(ConnectionId id)
{
    auto* const link = find(id);
    if (!link)
        return sockets_.close(id);
    if (link->stage == Link::Stage::closing)
        return;
    if (link->stage != Link::Stage::open)
        return sockets_.reset(id); // Dialled, and not there yet.
    link->stage = Link::Stage::closing;
    if (link->has_ended)
        return sockets_.close(id);
    link->ends = true;
    sockets_.resume(id); // Else a peer that only writes would never read.
    reactor_.timers().arm(link->limit, reactor_.now().steady + options_.sockets.closing_max);
    mark(*link);
}

std::size_t SecureSockets::backlog(ConnectionId id) const
{
    auto const* const link = find(id);
    return sockets_.backlog(id) + (link ? link->plain.bytes() : 0);
}

void SecureSockets::drop_waiting(ConnectionId id)
{
    if (auto* const link = find(id))
        link->plain.drop_waiting();
    else
        sockets_.drop_waiting(id);
}

void SecureSockets::flush()
{
    for (auto const id : marked_) {
        auto* const link = find(id);
        if (!link)
            continue;
        link->is_marked = false;
        pump(*link);
    }
    marked_.clear();
    sockets_.flush();
    handshakes_left_ = options_.handshakes_a_turn;
    if (!waiting_.empty() && !go_on_.is_armed())
        reactor_.timers().arm(go_on_, reactor_.now().steady);
}

// Encrypts what fits. Where it is not all, more is in the socket than its low water mark: `drained`
// tells when to go on.
void SecureSockets::pump(Link& link)
{
    if (!link.is_told || link.has_ended)
        return;
    cipher_.clear();
    while (
        link.plain.bytes() > 0 && sockets_.backlog(link.id) + cipher_.size() < cipher_bytes_max) {
        auto const record = next_record(link);
        link.session->write(record, cipher_);
        link.plain.consume(record.size());
    }
    if (link.session->state() == TlsSession::State::failed)
        return fail(link);
    bool const is_all = link.plain.bytes() == 0;
    if (is_all && link.ends)
        link.session->end(cipher_);
    if (!cipher_.empty())
        sockets_.send(link.id, cipher_);
    if (is_all && link.ends)
        go_on_ending(link);
    else if (link.stage == Link::Stage::closing && !cipher_.empty())
        reactor_.timers().arm(link.limit, reactor_.now().steady + options_.sockets.closing_max);
}

// Small pieces share a record.
std::string_view SecureSockets::next_record(Link const& link)
{
    Output::Slices slices;
    auto const gathered = link.plain.gather(slices);
    auto const view = [](iovec const& slice) {
        return std::string_view(static_cast<char const*>(slice.iov_base), slice.iov_len);
    };
    auto const first = view(slices.front());
    if (gathered.slices == 1 || first.size() >= record_bytes_max)
        return first.substr(0, record_bytes_max);
    record_.clear();
    for (auto const& slice : std::span(slices).first(gathered.slices))
        record_ += view(slice).substr(0, record_bytes_max - record_.size());
    return record_;
}

void SecureSockets::go_on_ending(Link& link)
{
    link.has_ended = true;
    if (link.stage == Link::Stage::closing) {
        reactor_.timers().cancel(link.limit); // Sockets have one of their own for it.
        sockets_.close(link.id);
    } else {
        sockets_.end(link.id);
    }
}

void SecureSockets::mark(Link& link)
{
    if (!std::exchange(link.is_marked, true))
        marked_.push_back(link.id);
}

// ---- The table

SecureSockets::Link& SecureSockets::add(ConnectionId id)
{
    auto const index = Sockets::index_of(id);
    if (index >= links_.size())
        links_.resize(index + 1);
    links_[index] = std::make_unique<Link>(*this, id);
    return *links_[index];
}

void SecureSockets::remove(ConnectionId id)
{
    links_[Sockets::index_of(id)].reset();
}

SecureSockets::Link* SecureSockets::find(ConnectionId id) const
{
    auto const index = Sockets::index_of(id);
    if (index >= links_.size())
        return nullptr;
    auto* const link = links_[index].get();
    return link && link->id == id ? link : nullptr;
}

} // namespace gatehouse::net
