// SPDX-License-Identifier: Apache-2.0
#include "runtime/reactor.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <limits>
#include <poll.h>
#include <sys/epoll.h>
#include <utility>

namespace gatehouse::runtime {
namespace {

constexpr int events_per_turn = 256;
constexpr std::uint64_t bell_key = std::numeric_limits<std::uint64_t>::max();

std::uint64_t key_of(int fd, std::uint32_t generation)
{
    return std::uint64_t{generation} << 32 | static_cast<std::uint32_t>(fd);
}

}  // namespace

Reactor::Reactor(Clock& clock, Options options)
    : clock_(clock)
    , now_(clock.read())
    , timers_(now_.steady)
    , mailbox_(options.letters_max)
    , epoll_(epoll_create1(EPOLL_CLOEXEC))
    , read_buffer_(std::make_unique_for_overwrite<char[]>(read_buffer_bytes))
{
    GH_ASSERT(epoll_);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = bell_key}};
    GH_ASSERT(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, mailbox_.bell(), &event) == 0);
}

void Reactor::watch(int fd, std::uint32_t events, Watcher& watcher, std::uint32_t tag)
{
    auto const index = static_cast<std::size_t>(fd);
    if (index >= watched_.size())
        watched_.resize(index + 1);
    GH_ASSERT(!watched_[index].watcher);
    watched_[index].watcher = &watcher;
    watched_[index].tag = tag;
    control(EPOLL_CTL_ADD, fd, events);
}

void Reactor::change(int fd, std::uint32_t events)
{
    control(EPOLL_CTL_MOD, fd, events);
}

void Reactor::unwatch(int fd)
{
    control(EPOLL_CTL_DEL, fd, 0);
    auto& watched = watched_[static_cast<std::size_t>(fd)];
    watched.watcher = nullptr;
    watched.generation++;
}

void Reactor::control(int operation, int fd, std::uint32_t events)
{
    auto const& watched = watched_[static_cast<std::size_t>(fd)];
    GH_ASSERT(watched.watcher);
    epoll_event event{.events = events, .data = {.u64 = key_of(fd, watched.generation)}};
    GH_ASSERT(epoll_ctl(epoll_.get(), operation, fd, &event) == 0);
}

void Reactor::turn(Duration wait_max)
{
    std::array<epoll_event, events_per_turn> events;
    int got = 0;
    if (hears_only_mail_)
        wait_for_mail(timeout_ms(wait_max));
    else
        got = epoll_wait(epoll_.get(), events.data(), events_per_turn, timeout_ms(wait_max));
    GH_ASSERT(got >= 0 || errno == EINTR);
    now_ = clock_.read();

    for (auto const& event : std::span(events).first(static_cast<std::size_t>(std::max(got, 0))))
        tell(event.data.u64, event.events);
    mailbox_.take(letters_);
    for (auto& letter : letters_)
        guarded([&] { std::exchange(letter, nullptr)(); });
    guarded([this] { timers_.run(now_.steady); });
    if (end_of_turn_)
        guarded([this] { end_of_turn_(); });
}

void Reactor::run()
{
    while (!stopping_.load(std::memory_order_relaxed))
        turn();
}

void Reactor::stop()
{
    stopping_.store(true, std::memory_order_relaxed);
    mailbox_.ring();
}

// Rounded up, so that the alarm is due when the sleep is over.
int Reactor::timeout_ms(Duration wait_max)
{
    auto wait = wait_max;
    if (auto const next = timers_.next())
        wait = std::min(wait, *next - clock_.read().steady);
    if (wait <= Duration::zero() || !mailbox_.go_to_sleep())
        return 0;
    auto const day = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::hours(24));
    if (wait >= day)
        return wait == Duration::max() ? -1 : static_cast<int>(day.count());
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count());
}

void Reactor::wait_for_mail(int timeout)
{
    pollfd bell{.fd = mailbox_.bell(), .events = POLLIN, .revents = 0};
    if (::poll(&bell, 1, timeout) > 0)
        mailbox_.silence();
}

void Reactor::tell(std::uint64_t key, std::uint32_t events)
{
    if (key == bell_key) {
        mailbox_.silence();
        return;
    }
    auto const watched = watched_[static_cast<std::uint32_t>(key)];
    if (watched.watcher && watched.generation == key >> 32)
        guarded([&] { watched.watcher->ready(watched.tag, events); });
}

template <typename Work>
void Reactor::guarded(Work&& work)
{
    if (!on_exception_) {
        work();
        return;
    }
    try {
        work();
    } catch (std::exception const& thrown) {
        on_exception_(thrown.what());
    } catch (...) {
        on_exception_("an exception of an unknown type");
    }
}

}  // namespace gatehouse::runtime
