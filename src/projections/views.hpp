// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "events/store.hpp"
#include "projections/rows.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::projections {

// What the rows tell of.
struct Checkpoint {
    std::string source{}; // Of which log, and folded how. Empty: of nothing yet.
    events::LogCursor next = 0; // All of it before this.
    bool is_whole = false;      // The rows were once as far as the log was.

    bool operator==(Checkpoint const&) const = default;
};

enum class By : std::uint8_t { wins, rating, points };
constexpr std::array<std::string_view, 3> enum_names(By)
{
    return {"wins", "rating", "points"};
}

inline constexpr std::size_t answer_rows_max = 100;

// The best first; of equals, whose id is lower.
struct LeadersQuestion {
    std::string game{};
    std::string period{}; // As of Player.
    By by = By::wins;
    std::size_t limit = answer_rows_max; // At most answer_rows_max.
};

// The newest first; of those that ended at once, whose id is higher.
struct FinishedQuestion {
    struct Place {
        WallTime at{};
        std::string room{};
    };
    std::string game{};
    std::string player{}; // Empty: anybody.
    std::optional<Place> after{}; // The last one of the page before.
    std::size_t limit = answer_rows_max;
};

struct FinishedRoom {
    std::string room{};
    WallTime opened_at{};
    WallTime at{};
    struct Seat {
        Played played{};
        std::string name{}; // Of the player, in this game.
    };
    std::vector<Seat> seats{};
};

// Where the rows are kept. Each call blocks. `unavailable`: it could not be done now; any other
// error: the rows are damaged. They can be made anew from the log. Belongs to one thread.
class Views {
public:
    virtual ~Views() = default;

    [[nodiscard]] virtual Result<Checkpoint> checkpoint() = 0;
    // Drops all rows; the checkpoint is of the beginning of this source.
    [[nodiscard]] virtual Result<void> begin(std::string const& source) = 0;
    // Changes the rows and the checkpoint, in one transaction: either both or none. False, and
    // nothing has changed, where the checkpoint is not `from`: somebody else was faster.
    [[nodiscard]] virtual Result<bool> advance(
        Checkpoint const& from, Checkpoint const& to, std::function<void(Rows&)> const& change)
        = 0;
    // What was changed until now stays, though the power fail.
    [[nodiscard]] virtual Result<void> settle() = 0;
    // Drops what this player came to, and what the file may hold of them; where they sat is nobody.
    [[nodiscard]] virtual Result<void> forget(std::string const& player) = 0;

    [[nodiscard]] virtual Result<std::vector<Player>> leaders(LeadersQuestion const& question) = 0;
    // In all games, ever; by game.
    [[nodiscard]] virtual Result<std::vector<Player>> stats(std::string const& player) = 0;
    [[nodiscard]] virtual Result<std::vector<FinishedRoom>> finished(
        FinishedQuestion const& question)
        = 0;
};

} // namespace gatehouse::projections
