// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "projections/projector.hpp"
#include "projections/views.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::projections {

// How far the rows are, for operators.
struct Progress {
    std::string place{}; // Their file; "memory".
    Projector::Step rows{};
    events::LogCursor end = 0;                // Of the log, as of lately.
    std::optional<Projector::Step> rebuilt{}; // While they are made anew beside that.
    std::string trouble{};                    // Why they stand still; else empty.
    std::uint64_t pages = 0;                  // Since the start.
    std::uint64_t failures = 0;
    // Counted for whoever asks.
    std::int64_t rooms = 0;
    std::int64_t seats = 0;
    std::int64_t players = 0; // One for each game, ever and by month.
};

// Of rooms that left the log for an archive nothing can be told anew.
enum class Rebuild : std::uint8_t { unless_archived, without_archived };

// The port to the rows for shards. Answers come later, on the shard that asked: `busy` where too
// much is asked at once, `unavailable` until the rows have once been as far as the log.
class Boards {
public:
    using OnPlayers = std::move_only_function<void(Result<std::vector<Player>>)>;
    using OnFinished = std::move_only_function<void(Result<std::vector<FinishedRoom>>)>;
    using OnProgress = std::move_only_function<void(Result<Progress>)>;
    using OnDone = std::move_only_function<void(Result<void>)>;

    virtual ~Boards() = default;
    // By which a person is shown: 16 letters and digits that tell nobody who it is.
    [[nodiscard]] virtual std::string shown_id(std::string_view subject) const = 0;
    virtual void leaders(LeadersQuestion question, OnPlayers done) = 0;
    virtual void stats(std::string player, OnPlayers done) = 0;
    virtual void finished(FinishedQuestion question, OnFinished done) = 0;
    virtual void forget(std::string_view subject, OnDone done) = 0;
    // Makes all rows anew from the log, beside those that are. Answers when that has begun, and
    // `rejected` where it would leave out what an archive has.
    virtual void rebuild(Rebuild what, OnDone done) = 0;
    virtual void progress(OnProgress done) = 0;
};

} // namespace gatehouse::projections
