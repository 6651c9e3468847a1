// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "base/timers.hpp"
#include "runtime/clock.hpp"
#include "runtime/descriptor.hpp"
#include "runtime/mailbox.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace gatehouse::runtime {

// Whoever wants to hear of descriptors. Told again in every turn until nothing is left to hear
// (level-triggered), so it handles a bounded piece and returns.
class Watcher {
public:
    // `tag` is the watcher's own word for the descriptor; `events` are EPOLLIN, EPOLLOUT, EPOLLERR,
    // EPOLLHUP. It may watch and unwatch any descriptor, also this one.
    virtual void ready(std::uint32_t tag, std::uint32_t events) = 0;

protected:
    ~Watcher() = default;
};

// The event loop of one thread. A turn: sleep until something is due; read the clock once; tell the
// watchers (at most 256 of them, the others next time); run the mailbox; ring the timers; end the
// turn. All that a turn has brought about leaves at its end: one append, one write a connection.
//
// Everything belongs to the thread that turns, but `mailbox` and `stop`, which any thread may call.
class Reactor {
public:
    struct Options {
        std::size_t letters_max = 16'384;
    };

    explicit Reactor(Clock& clock) : Reactor(clock, Options{}) {}
    Reactor(Clock& clock, Options options);
    Reactor(Reactor const&) = delete;
    Reactor& operator=(Reactor const&) = delete;

    void watch(int fd, std::uint32_t events, Watcher& watcher, std::uint32_t tag = 0);
    void change(int fd, std::uint32_t events);
    // Before the descriptor is closed. What was already due for it in this turn is not told.
    void unwatch(int fd);

    // Of this turn.
    [[nodiscard]] Now const& now() const { return now_; }
    [[nodiscard]] Timers& timers() { return timers_; }
    [[nodiscard]] Mailbox& mailbox() { return mailbox_; }
    // 64 KiB for whoever reads a descriptor, until it returns from `ready`.
    [[nodiscard]] std::span<char> read_buffer() { return {read_buffer_.get(), read_buffer_bytes}; }

    // One function, so that the order at the end of a turn is written down in one place.
    void at_end_of_turn(Task hook) { end_of_turn_ = std::move(hook); }
    // Exceptions end the task they came from and are reported here; without it, they go on up.
    void on_exception(std::move_only_function<void(std::string_view what)> hook)
    {
        on_exception_ = std::move(hook);
    }

    // For a thread that has more for others than they take: while on, watchers are told nothing, so
    // what comes in stays with the kernel; mail and alarms go on.
    void hear_only_mail(bool on) { hears_only_mail_ = on; }
    [[nodiscard]] bool hears_only_mail() const { return hears_only_mail_; }

    void turn(Duration wait_max = Duration::max());
    // Turns until `stop`.
    void run();
    void stop();

private:
    struct Watched {
        Watcher* watcher = nullptr;
        std::uint32_t tag = 0;
        std::uint32_t generation = 0; // Tells an old event from a descriptor used again.
    };
    static constexpr std::size_t read_buffer_bytes = 65'536;

    [[nodiscard]] int timeout_ms(Duration wait_max);
    void wait_for_mail(int timeout);
    void tell(std::uint64_t key, std::uint32_t events);
    void control(int operation, int fd, std::uint32_t events);
    template <typename Work>
    void guarded(Work&& work);

    Clock& clock_;
    Now now_;
    Timers timers_;
    Mailbox mailbox_;
    Descriptor epoll_;
    std::vector<Watched> watched_; // By descriptor.
    std::vector<Task> letters_;
    std::unique_ptr<char[]> read_buffer_;
    Task end_of_turn_;
    std::move_only_function<void(std::string_view)> on_exception_;
    bool hears_only_mail_ = false;
    std::atomic<bool> stopping_ = false;
};

}  // namespace gatehouse::runtime
