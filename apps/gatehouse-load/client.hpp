// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/time.hpp"
#include "chance.hpp"
#include "checker.hpp"
#include "players.hpp"
#include "stats.hpp"
#include "view.hpp"
#include "websocket/close_code.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::load {

struct Login {
    std::string principal;
    std::string token;
};

// One end of `gatehouse.v1.json` that plays or watches in one room after the other: messages in,
// messages out, no socket and no clock. It keeps the rules of PROTOCOL.md for clients (rising ids,
// one action at a time, what was not answered is sent again with the same id after every loss of
// the connection) and holds the server to its own: every update must follow what was shown before,
// no ack comes before the update that shows it, a repeated action gets its original answer.
//
// It joins with `at` (live or tail) or, one time in four, without (a whole view), and one time in
// `repeat_one_in` sends an answered action again. Belongs to one thread.
class Client {
public:
    // What it speaks through, and who is told how it goes.
    class Around {
    public:
        virtual void send(std::string_view message) = 0;
        // The connection is no good any more: dial another.
        virtual void drop(std::string_view why) = 0;
        // `stage` has changed.
        virtual void moved() = 0;
        // It can't go on in this room, or at all.
        virtual void failed(std::string_view why) = 0;

    protected:
        ~Around() = default;
    };

    struct Options {
        Player const& player;
        int people = 4;
        Duration think{};
        int repeat_one_in = 64; // 0: never.
        int drop_one_in = 0;    // Of the actions: hang up while the answer is on its way.
        Duration answer_within = std::chrono::seconds(5);
    };

    enum class Stage : std::uint8_t {
        nowhere,
        joining,
        playing,   // Or watching.
        through,   // The game is over, or no more actions are wanted: nothing is waited for.
        comparing, // Joining once more, for a view made afresh.
        compared,
    };

    Client(Options options, Login const& login, int seat, std::uint64_t seed, Stats& stats,
        Around& around);

    // The table's business.
    void enter(RoomRecord& record, TimePoint now);
    void stop(TimePoint now); // No new actions.
    void compare(TimePoint now);
    [[nodiscard]] Stage stage() const { return stage_; }
    [[nodiscard]] int seat() const { return seat_; } // -1: a spectator.
    [[nodiscard]] bool waits_for_ack() const { return pending_.has_value(); }
    [[nodiscard]] bool is_connected() const { return link_ == Link::ready; }
    [[nodiscard]] std::uint64_t version() const { return version_; }

    // The connection's.
    void opened(TimePoint now);
    void received(std::string_view message, TimePoint now);
    void closed();
    void woke(TimePoint now);
    // When `woke` is due at the latest; it may be called earlier.
    [[nodiscard]] TimePoint wakes_at() const;
    // How long to wait before dialling again, given how the last connections ended. Empty: the
    // server has said not to.
    [[nodiscard]] std::optional<Duration> reconnect_delay(websocket::CloseCode code, int failures);

private:
    enum class Link : std::uint8_t { none, greeting, ready };
    struct Act {
        std::uint64_t id;
        Wish wish;
        TimePoint first_sent_at;
        TimePoint resend_at;
        std::uint64_t version = 0; // Where it was acked; for repeats.
    };

    void handle(json::Node message);
    void on_welcome(json::Node message);
    void on_joined(json::Node message);
    void on_update(json::Node message);
    void on_ack(json::Node message);
    void on_error(json::Node message);
    void on_join_refused(std::string_view code, std::string_view words, bool retry);
    void on_left(std::string_view why);

    void join();
    void join_again();
    void advance(); // After anything that happened: act, or be through.
    void act_if_due();
    [[nodiscard]] std::optional<Wish> wish();
    void say_act(Act const& act);
    void say();
    void show();
    void go(Stage stage);
    void blame(Fault fault, std::string_view why);

    Options options_;
    Login const& login_;
    int const seat_;
    Chance chance_;
    Stats& stats_;
    Around& around_;
    json::Parser parser_{};
    std::string text_{}; // Of the message being written.
    TimePoint now_{};

    Link link_ = Link::none;
    std::string session_id_{};
    std::string session_token_{};
    Duration dead_ = std::chrono::milliseconds(4'500);
    Duration act_gap_ = std::chrono::milliseconds(20); // What the server's rate limit allows.
    TimePoint heard_at_{};
    TimePoint asked_at_{}; // Hello or join.

    RoomRecord* record_ = nullptr;
    Stage stage_ = Stage::nowhere;
    bool is_in_ = false;       // The room has answered our join on this connection.
    bool awaits_join_ = false; // Its answer is still to come.
    bool is_stopping_ = false;
    std::uint64_t epoch_ = 0;
    std::uint64_t version_ = 0;
    View view_{};

    std::uint64_t next_id_ = 1;
    std::uint64_t join_id_ = 0;
    std::optional<TimePoint> join_at_{}; // Refused for now.
    std::optional<Act> pending_{};
    std::optional<Act> repeated_{};
    std::optional<TimePoint> act_at_{};
    TimePoint rate_paid_until_{};
    std::uint64_t refused_at_version_ = ~std::uint64_t{0};
    TimePoint refused_until_{};
};

}  // namespace gatehouse::load
