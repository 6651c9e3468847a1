// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "conform/line.hpp"
#include "conform/seen.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::conform {

struct Login {
    std::string principal;
    std::string token;
};

// A law that holds of all that a server says was broken: found while a case was about something
// else, and told by the case that is about it.
struct Violation {
    std::string_view law;
    std::string what;
};
using Ledger = std::vector<Violation>;

// What a client has been shown of a room.
struct Mirror {
    std::int64_t epoch = 0;
    std::int64_t version = 0;
    std::int64_t step = 0;  // Of a game in fixed steps, else 0.
    std::int64_t seat = -1; // A spectator.
    std::int64_t last = 0;
    json::Tree view{};
};

// A client that hides nothing: messages that nobody asked for yet are kept, in their order. It
// keeps a mirror of the rooms that it joined, answers heartbeats, and writes broken laws down.
class Client {
public:
    using Fits = std::function<bool(json::Tree const&)>;

    Client(std::unique_ptr<Line> line, Ledger& ledger)
        : line_(std::move(line))
        , ledger_(ledger)
    { }

    void say(std::string_view json) { line_->say(json); }
    [[nodiscard]] Line& line() { return *line_; }
    void answer_beats(bool does) { answers_beats_ = does; }
    void answer_pings(bool does) { answers_pings_ = does; } // As a server does.

    // `more` are members of hello, such as `,"resume":{…}`. Ends with the welcome.
    [[nodiscard]] Seen<json::Tree> hello(Login const& login, std::string_view more = {});

    // The first message that fits. `what` says in words what that is.
    [[nodiscard]] Seen<json::Tree> expect(
        std::string_view what, Fits const& fits, Clock::duration within = patience);
    [[nodiscard]] Seen<json::Tree> expect(std::string_view type);
    // Of join, act or rpc.
    [[nodiscard]] Seen<json::Tree> answer(std::uint64_t id);
    // `err` with this code; of any message where there is no id.
    [[nodiscard]] Seen<json::Tree> refusal(std::string_view code, std::uint64_t id = 0);
    // 0: any code. Messages on the way are kept.
    [[nodiscard]] Seen<Ended> expect_end(int code, Clock::duration within = patience);
    // It still answers; and what it said before that has been heard.
    [[nodiscard]] Seen<void> is_alive();
    [[nodiscard]] Seen<void> expect_pong();

    // `where`: `"room":"…"`, with more members if need be. Ends with joined.
    [[nodiscard]] Seen<json::Tree> join(std::string_view where);
    // room.name, which every player of every game may do: ends with ack or err.
    [[nodiscard]] Seen<json::Tree> name(
        std::string_view room, std::uint64_t id, std::string_view name, std::string_view more = {});
    void say_name(
        std::string_view room, std::uint64_t id, std::string_view name, std::string_view more = {});
    // The same, and it must be acked. Its version.
    [[nodiscard]] Seen<std::int64_t> must_name(
        std::string_view room, std::uint64_t id, std::string_view name);
    // Until the room is at that version.
    [[nodiscard]] Seen<void> see(std::string_view room, std::int64_t version);

    [[nodiscard]] Mirror& mirror(std::string_view room) { return mirrors_[std::string(room)]; }
    [[nodiscard]] std::deque<json::Tree>& inbox() { return inbox_; }
    // All updates of rooms, as they came.
    [[nodiscard]] std::vector<std::string> const& updates() const { return updates_; }
    [[nodiscard]] int beats() const { return beats_; }

private:
    // Takes what comes into the inbox. Ended, where that is what came; else Said.
    [[nodiscard]] Heard take_next(Clock::time_point until);
    void take(json::Tree message);
    void take_joined(json::Tree const& message);
    void take_update(json::Tree const& message);
    void take_ack(json::Tree const& message);
    void blame(std::string_view law, std::string what);
    [[nodiscard]] std::string last_heard() const;

    std::unique_ptr<Line> line_;
    Ledger& ledger_;
    std::uint64_t next_join_ = 1'000'000;
    bool answers_beats_ = true;
    bool answers_pings_ = false;
    int beats_ = 0;
    int pongs_ = 0; // Of the carrier.
    std::deque<json::Tree> inbox_{};
    std::string last_{};
    std::map<std::string, Mirror> mirrors_{};
    std::vector<std::string> updates_{};
};

} // namespace gatehouse::conform
