// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "events/snapshot.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>

// What an operator may have a room do, and whom a seat waits for.
namespace gatehouse::rooms {

// Tries a letter again, under the same action id: as it was asked, or with other words.
struct Retry {
    events::Version letter = 0;
    std::optional<std::string> name{}; // Of the action.
    std::optional<std::string> body{}; // JSON.
};

struct Discard {
    events::Version letter = 0;
};

// Goes on from an earlier state of the room.
struct GoBack {
    WallTime at{};            // When it was such.
    events::Snapshot state{}; // As of then.
};

// Time stands still in the room, until it is continued. Of a room where it does already: nothing.
struct Pause {};
struct Continue {};

// A seat is to wait for somebody: this one, or any that is free. Where they have one, or one waits
// for them, that is enough.
struct Reserve {
    std::string principal{};
    std::optional<int> seat{};
};
// Whoever a seat waits for does not want it.
struct GiveUp {
    std::string principal{};
};

using Order = std::variant<Retry, Discard, GoBack, Pause, Continue, Reserve, GiveUp>;

// An order under way. Answers once: with the room's version when what it did is durable, or with
// why nothing was done. Whoever drops it answers `unavailable`.
class Instruction {
public:
    using OnDone = std::move_only_function<void(Result<events::Version>)>;

    Instruction(Order order, OnDone done)
        : order_(std::move(order))
        , done_(std::move(done))
    { }
    Instruction(Instruction const&) = delete;
    Instruction& operator=(Instruction const&) = delete;
    ~Instruction()
    {
        answer(fail(ErrorCode::unavailable, "the room could not do this now; try again"));
    }

    [[nodiscard]] Order const& order() const { return order_; }
    void answer(Result<events::Version> result)
    {
        if (auto done = std::exchange(done_, nullptr))
            done(std::move(result));
    }

private:
    Order order_;
    OnDone done_;
};

} // namespace gatehouse::rooms
