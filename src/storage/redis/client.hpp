// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/timers.hpp"
#include "runtime/descriptor.hpp"
#include "runtime/reactor.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace gatehouse::storage::redis {

struct Target {
    std::string host{};
    std::uint16_t port = 6379;
    std::string socket{}; // The path of a Unix socket, in place of host and port.
    std::string user{};   // Empty: the default user.
    std::string password{};
    int database = 0;
};

struct ClientOptions {
    Target target{};
    Milliseconds answer_within{50};
    Milliseconds connect_within{1'000}; // Until it has answered our greeting.
    std::size_t late_max = 5;           // Answers in a row: then this connection is given up.
    std::size_t questions_max = 256;    // That wait for an answer.
    std::size_t unsent_bytes_max = 1024 * 1024;
    std::size_t reply_bytes_max = 1024 * 1024;
    Milliseconds pause_min{100}; // Before it is dialled again; doubles up to …
    Milliseconds pause_max{10'000};
};

// What Redis says: nothing, a number, text, or at most 16 numbers. Whatever else it says ends the
// connection.
struct Reply {
    std::optional<std::int64_t> number{};
    std::optional<std::string> text{};
    std::optional<std::vector<std::int64_t>> numbers{};

    bool operator==(Reply const&) const = default;
};

// One connection to a Redis, for those who can do without it: each question is answered within
// `answer_within`, by Redis or by an error. Away, slow or full, it costs them nothing but that: a
// connection on which several answers in a row came late is given up, and until a new one has
// answered a greeting every question fails at once. It is dialled again after a pause that doubles,
// with jitter.
//
// hiredis writes and reads the protocol; the socket is ours, so that replies that nobody asked for,
// or too big ones, end the connection and not the process. What a turn asks leaves in one write, in
// flush(). Belongs to the thread of its reactor.
class Client final : runtime::Watcher {
public:
    using OnReply = std::move_only_function<void(Result<Reply>)>;
    // Turns the target's host into a numeric address, later.
    using OnResolved = std::move_only_function<void(Result<std::string> address)>;
    using Resolve = std::function<void(std::string const& host, OnResolved done)>;
    // When it comes up or goes away: empty where it came up, else why it went.
    using OnChange = std::function<void(std::string_view why)>;

    Client(ClientOptions options, runtime::Reactor& reactor, Dice& dice, Resolve resolve);
    ~Client();

    // The errors: `unavailable` it is away, or the answer late; `busy` too much waits; `internal`
    // Redis refused, and `detail` says how.
    void ask(std::span<std::string_view const> words, OnReply done);
    void flush();

    void on_change(OnChange hook) { on_change_ = std::move(hook); }
    [[nodiscard]] bool is_up() const { return state_ == State::up; }

private:
    enum class State : std::uint8_t { away, dialling, greeting, up };
    struct Question {
        OnReply done; // Null where it was answered already: too late.
        TimePoint due;
    };
    struct FreeReader {
        void operator()(redisReader* reader) const;
    };

    void ready(std::uint32_t tag, std::uint32_t events) override;
    void dial();
    void open(std::string const& address);
    void greet();
    void send(std::span<std::string_view const> words, Milliseconds within, OnReply done);
    void receive();
    void take(Result<Reply> reply);
    void note_late();
    void wait_for_answers();
    void give_up(std::string const& why);

    ClientOptions options_;
    runtime::Reactor& reactor_;
    Dice& dice_;
    Resolve resolve_;
    OnChange on_change_{};
    State state_ = State::away;
    std::uint64_t dialled_ = 0;
    std::size_t failures_ = 0; // In a row.
    bool has_told_ = false;    // That it is away.
    runtime::Descriptor socket_{};
    std::unique_ptr<redisReader, FreeReader> reader_{};
    std::string unsent_{};
    bool waits_to_write_ = false;
    std::deque<Question> questions_{}; // As they were asked.
    std::size_t answered_late_ = 0;    // Of the first ones: their replies are still to come.
    std::size_t late_in_a_row_ = 0;
    Timer late_;
    Timer dial_again_;
};

} // namespace gatehouse::storage::redis
