// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "events/event.hpp"
#include "rooms/record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the log comes to for those who ask about many games: rows, which the fold (fold.hpp) keeps.
// Nobody is in them by their subject: a player is the id that is shown of them, and a name.
namespace gatehouse::projections {

inline constexpr int rating_at_first = 1500;

// How a room came out, and when.
struct Ending {
    WallTime at{};
    std::vector<rooms::Placed> results{}; // None where the room was given up.
    static void fields(auto& self, auto&& field)
    {
        field("at", self.at.ms);
        field("results", self.results);
    }
};

// Who sat at a room's table from one of its versions on.
struct Table {
    events::Version since = 0;
    std::vector<std::uint32_t> seats{}; // The actor; 0: nobody, or a bot.
    std::optional<Ending> ending{};     // Where the room is finished.
    static void fields(auto& self, auto&& field)
    {
        field("since", self.since);
        field("seats", self.seats);
        field("ending", self.ending);
    }
};

// What an actor calls themself, sealed as it is in the events.
struct SealedName {
    std::uint32_t actor = 0;
    std::string sealed{}; // Hex.
    static void fields(auto& self, auto&& field)
    {
        field("actor", self.actor);
        field("sealed", self.sealed);
    }
};

// What is remembered of a room, for it may go back to any of this.
struct Past {
    std::vector<Table> tables{}; // By version.
    std::vector<SealedName> names{};
    static void fields(auto& self, auto&& field)
    {
        field("tables", self.tables);
        field("names", self.names);
    }
};

struct Room {
    static constexpr std::size_t tables_max = 64; // The first and the newest; what was between
    static constexpr std::size_t names_max = 256; // them is forgotten.

    std::string id{};
    std::string game{};
    WallTime opened_at{};
    std::optional<WallTime> finished_at{}; // Of the table that is.
    Past past{};
};

enum class Outcome : std::uint8_t { won, drawn, lost, given_up };
using OutcomeNames = std::array<std::string_view, 4>;
constexpr OutcomeNames enum_names(Outcome)
{
    return {"won", "drawn", "lost", "given_up"};
}

// What a finished room brought whoever had a seat: what is taken back when the room goes back.
struct Played {
    std::string room{};
    int seat = 0;
    std::string game{};
    std::string player{}; // Empty: a bot, or whoever was forgotten before the room was finished.
    Outcome outcome = Outcome::given_up;
    int place = 0; // 0: none, for the room was given up.
    std::int64_t points = 0;
    std::int64_t ms = 0; // From the opening of the room to its end.
    int rating = 0;      // So much was won or lost.
    WallTime at{};

    bool operator==(Played const&) const = default;
};

// All that a player came to in one game: ever, or in one month.
struct Player {
    std::string game{};
    std::string period{}; // "2026-11"; empty: ever.
    std::string id{};
    std::string name{}; // The newest.
    std::int64_t games = 0;
    std::int64_t wins = 0;
    std::int64_t draws = 0;
    std::int64_t given_up = 0;
    std::int64_t points = 0;
    std::int64_t ms = 0;
    int rating = rating_at_first; // Of a month: as if all had begun anew with it.
    WallTime last_at{};

    bool operator==(Player const&) const = default;
};

// The rows as one transaction sees them. A question that fails is answered with nothing: then the
// transaction fails as a whole, and what was put counts for nothing.
class Rows {
public:
    virtual ~Rows() = default;
    [[nodiscard]] virtual std::optional<Room> room(std::string_view id) = 0;
    [[nodiscard]] virtual std::vector<Played> played(std::string_view room) = 0; // By seat.
    [[nodiscard]] virtual std::optional<Player> player(
        std::string_view game, std::string_view period, std::string_view id)
        = 0;
    virtual void put(Room const& room) = 0;
    virtual void put(Played const& played) = 0;
    virtual void put(Player const& player) = 0;
    virtual void remove_played(std::string_view room) = 0;
    virtual void remove(Player const& player) = 0;
};

} // namespace gatehouse::projections
