// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "matching/queue.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::matching {

struct GameOptions {
    QueueOptions queue{};
    std::size_t waiting_max = 10'000;
    // Seats of a room that was found wait so long: it is told again to whoever asks meanwhile.
    Milliseconds found_kept{60'000};
    std::size_t found_max = 100'000; // Who was found one, and may ask for it again.
};

struct HallOptions {
    std::map<std::string, GameOptions, std::less<>> games{}; // Those that have matches.
    Milliseconds answer_after{25'000};                       // Nobody found by then: ask again.
    Milliseconds away_max{15'000};   // Between two questions of one who waits; more: they left.
    Milliseconds gone_max{3'000};    // The same, of one whose connection is gone.
};

// What somebody looks for.
struct Wish {
    std::string game;
    std::string options; // Of the game, in any words that are equal where they are.
    std::string principal;
    int rating = 0;
};

// Those for whom a room is to be opened. Whoever waited longest stands first, and has seat 0.
struct Party {
    std::string game;
    std::string options;
    std::vector<std::string> principals{};
};

struct Found {
    std::string room;
    int seat = 0;
    int players = 0; // Who were found together.
};

struct Answer {
    std::string match; // Names the place, for whoever has it.
    Milliseconds waited{};
    std::optional<Found> found{}; // Empty: not yet, ask again.
};

// Where people wait for others to play with: their places in the queues, and the questions that
// wait for an answer. In memory alone: whoever asks again after a restart begins anew.
//
// A place belongs to a principal and a game. It is kept from question to question, with the time
// that was waited; who does not ask again has left. Belongs to the shard that owns the game; the
// time is told it, and `next` says when it wants to be told.
class Hall {
public:
    using OnAnswer = std::move_only_function<void(Result<Answer>)>;
    using OnRoom = std::move_only_function<void(Result<std::string>)>;
    // Names a question among all, so that it can be dropped. 0: this one cannot.
    using Question = std::uint64_t;
    using OnAwaited = std::move_only_function<void(bool waits, TimePoint now)>;
    struct Ports {
        std::function<std::string()> draw_match; // Nobody guesses it.
        std::function<void(Party, OnRoom)> open; // Answers once, now or later.
        // Does the seat still wait for them? So does this.
        std::function<void(std::string room, std::string principal, OnAwaited)> awaits;
        std::function<void(std::string_view game, Milliseconds waited)> matched; // One of them.
    };

    Hall(HallOptions options, Ports ports)
        : options_(std::move(options))
        , ports_(std::move(ports))
    { }

    // Takes a place, or goes on waiting on the one that they have. Fails with `not_found` where the
    // game has no matches, `busy` where too many wait. Another wish for the same game ends the one
    // before. Whom a room was found for hears of it, as long as their seat there waits for them: an
    // answer may be lost, and nobody is to be matched twice for that.
    void ask(Wish wish, TimePoint now, OnAnswer done, Question question = 0);
    // Goes on waiting. Fails with `not_found` where the place is gone, or another's.
    void ask_again(std::string_view match, std::string_view principal, TimePoint now,
        OnAnswer done, Question question = 0);
    // Nobody is there any more to hear the answer: it is given at once, and whoever does not ask
    // again soon has left.
    void drop(Question question, TimePoint now);
    // Fails so too, and with `out_of_order` where a room was found already.
    [[nodiscard]] Result<void> leave(std::string_view match, std::string_view principal);
    // As if they had never asked.
    void forget(std::string_view principal);
    // Nobody is matched any more; who waits, now or later, hears why.
    void close(Error const& why);

    void step(TimePoint now);
    [[nodiscard]] std::optional<TimePoint> next() const;

    // Who waits, by game.
    [[nodiscard]] std::map<std::string, std::size_t> waiting() const;

private:
    enum class State : std::uint8_t { waiting, forming, found };
    using Bucket = std::pair<std::string, std::string>; // Game, options.
    struct Place {
        Wish wish;
        std::string match;
        Waiter waiter;
        State state = State::waiting;
        std::optional<Found> found{};
        OnAnswer question{};
        Question number = 0; // The question's.
        TimePoint until{}; // Then the question is answered, or without one the place is gone.
    };
    struct Line {
        Queue queue;
        std::optional<TimePoint> due{};
    };

    Place* find(std::string_view match, std::string_view principal);
    Place* place_of(Wish const& wish);
    void take_place(Wish wish, GameOptions const& game, TimePoint now, OnAnswer done,
        Question question);
    void wait_on(Place& place, TimePoint now, OnAnswer done, Question question);
    void tell_again(Place const& place, Wish wish, OnAnswer done, Question question);
    [[nodiscard]] OnAnswer question_of(Place& place);
    void answer(Place& place, TimePoint now);
    void refuse(Place& place, Error const& why);
    void set_until(Place& place, TimePoint until);
    void remove(std::string_view match);
    void reschedule(Bucket const& bucket);
    void form(Bucket const& bucket, Queue::Group const& group, TimePoint now);
    void seat(std::vector<std::string> const& matches, Result<std::string> const& room);
    void expire(TimePoint now);

    HallOptions options_;
    Ports ports_;
    std::optional<Error> closed_{};
    TimePoint now_{};
    std::uint64_t last_number_ = 0;
    std::map<std::string, Place, std::less<>> places_{};                   // By match.
    std::map<std::pair<std::string, std::string>, std::string> matches_{}; // By game, principal.
    std::map<std::uint64_t, std::string> numbers_{};                       // Of waiters.
    std::map<Question, std::string> questions_{};                          // Their matches.
    std::set<Question> looked_after_{}; // Those that wait for Ports::awaits.
    struct Count {
        std::size_t waiting = 0;
        std::size_t found = 0;
    };
    std::map<std::string, Count, std::less<>> counts_{}; // Places, by game.
    std::set<std::pair<TimePoint, std::string>> untils_{};
    std::map<Bucket, Line> lines_{};
    std::set<std::pair<TimePoint, Bucket>> due_{};
};

} // namespace gatehouse::matching
