// SPDX-License-Identifier: Apache-2.0
#include "server/rules_line.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <utility>

namespace gatehouse::server {
namespace {

std::string in_words(int error) { return std::strerror(error); }

// A connected socket, or whatever was wrong in `errno`: a Unix socket never connects later.
runtime::Descriptor connect_to(std::string const& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return {};
    }
    path.copy(address.sun_path, path.size());
    runtime::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    auto const* const raw = reinterpret_cast<sockaddr const*>(&address);
    if (socket && ::connect(socket.get(), raw, sizeof address) != 0)
        return {};
    return socket;
}

}  // namespace

RulesLine::RulesLine(RulesLineOptions options, runtime::Reactor& reactor, Dice& dice)
    : options_(std::move(options))
    , reactor_(reactor)
    , dice_(dice)
    , line_(options_.line, reactor.now())
    , alarm_([this] {
        alarm_at_.reset();
        if (socket_)
            receive(); // What came in time counts, however late this thread is.
        if (auto const rung = line_.ring(); !rung)
            give_up(rung.error().message + ": " + rung.error().detail);
    })
    , dial_again_([this] { dial(); })
    , give_up_([this] {
        if (auto const why = std::exchange(broken_, {}))
            give_up(*why);
    })
{
    reactor_.timers().arm(dial_again_, reactor_.now().steady);
}

RulesLine::~RulesLine()
{
    if (socket_)
        reactor_.unwatch(socket_.get());
}

std::vector<std::string> RulesLine::unknown() const
{
    std::vector<std::string> unknown;
    for (auto const& game : options_.games)
        if (is_up() && !line_.tag(game))
            unknown.push_back(game);
    return unknown;
}

void RulesLine::count_in(observe::Metrics& metrics)
{
    observe::Labels const place{{"rules", options_.socket}};
    connections_ = &metrics.gauge(
        "gatehouse_rules_connections", "Shards that a rules process answers.", place);
    auto* const took = &metrics.histogram("gatehouse_rules_answer_duration_seconds",
        "From a question to rules in another process to its answer, or to giving up.", place);
    auto const counter = [&](std::string_view result) {
        return &metrics.counter("gatehouse_rules_questions",
            "What rules in another process were asked, by what came of it.",
            {place.front(), {"result", std::string(result)}});
    };
    auto* const answered = counter("answered");
    auto* const busy = counter("busy");
    auto* const failed = counter("failed");
    auto* const unavailable = counter("unavailable");
    line_.on_settled([=](Duration time, std::optional<ErrorCode> error) {
        auto& result = !error               ? *answered
            : *error == ErrorCode::busy     ? *busy
            : *error == ErrorCode::internal ? *failed
                                            : *unavailable;
        result.add();
        took->record(time);
    });
}

// ---- Coming up

void RulesLine::dial()
{
    socket_ = connect_to(options_.socket);
    if (!socket_)
        return give_up(in_words(errno));
    reactor_.watch(socket_.get(), EPOLLIN, *this);
    line_.connected();
}

// It counts as there when it has said hello: a process that hangs accepts connections too.
void RulesLine::note_hello()
{
    if (std::exchange(hellos_, line_.hellos()) == line_.hellos())
        return;
    if (!up_since_)
        up_since_ = reactor_.now().steady;
    if (connections_)
        connections_->set(1);
    auto now_unknown = unknown();
    bool const is_news = std::exchange(told_, std::string()) != std::string()
        || now_unknown != told_unknown_;
    told_unknown_ = std::move(now_unknown);
    if (on_change_ && is_news)
        on_change_({});
    if (on_hello_)
        on_hello_();
}

// A process that says hello and ends is dialled after pauses like one that is away.
void RulesLine::note_life()
{
    auto const before = std::exchange(answers_, line_.answers());
    auto const now = reactor_.now().steady;
    bool const lived = up_since_ && now - *up_since_ > options_.pause_max;
    if (before != answers_ || lived)
        failures_ = 0;
}

void RulesLine::give_up(std::string const& why)
{
    note_life();
    up_since_.reset();
    if (socket_)
        reactor_.unwatch(socket_.get());
    socket_.reset();
    broken_.reset();
    unsent_.clear();
    waits_to_write_ = false;
    if (connections_)
        connections_->set(0);
    auto const doubled = options_.pause_min * (1 << std::min(failures_++, 10U));
    auto const pause = std::min(doubled, options_.pause_max);
    auto const share = static_cast<unsigned char>(dice_.bytes(1)[0]); // Of its second half.
    reactor_.timers().arm(
        dial_again_, reactor_.now().steady + pause / 2 + pause / 2 * share / 255);
    if (auto const before = std::exchange(told_, why); on_change_ && before != told_)
        on_change_(why);
    line_.disconnected();
}

// ---- A turn

// In an order of its own at the next turn: rooms hear of it, and may want something stored.
void RulesLine::give_up_soon(std::string why)
{
    broken_ = std::move(why);
    reactor_.timers().arm(give_up_, reactor_.now().steady);
}

void RulesLine::ready(std::uint32_t, std::uint32_t events)
{
    if ((events & EPOLLOUT) != 0) {
        waits_to_write_ = false;
        reactor_.change(socket_.get(), EPOLLIN);
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        receive();
}

void RulesLine::receive()
{
    auto const room = reactor_.read_buffer();
    auto const got = ::recv(socket_.get(), room.data(), room.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0)
        return give_up(got == 0 ? "it closed the connection" : in_words(errno));
    auto const heard = line_.received({room.data(), static_cast<std::size_t>(got)});
    note_hello();
    if (!heard)
        give_up(heard.error().message + ": " + heard.error().detail);
}

void RulesLine::flush()
{
    while (socket_ && !waits_to_write_ && !broken_ && (!unsent_.empty() || line_.write(unsent_)))
        send();
    set_alarm();
}

void RulesLine::send()
{
    auto const sent = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        return give_up_soon(in_words(errno));
    unsent_.erase(0, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    if (unsent_.empty())
        return;
    waits_to_write_ = true;
    reactor_.change(socket_.get(), EPOLLIN | EPOLLOUT);
}

void RulesLine::set_alarm()
{
    auto const at = line_.alarm();
    if (at == alarm_at_)
        return;
    alarm_at_ = at;
    if (at)
        reactor_.timers().arm(alarm_, *at);
    else
        reactor_.timers().cancel(alarm_);
}

}  // namespace gatehouse::server
