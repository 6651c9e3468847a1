// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rooms/state.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::rooms {

// What anybody may know of a room.
struct Listing {
    std::string room;
    RoomView view;
    std::string options{}; // JSON, or empty where they cannot be read.
    WallTime opened_at{};
};

// The order of lists: the newest first, then by id.
struct Newest {
    WallTime opened_at{};
    std::string room{};

    [[nodiscard]] bool is_before(Newest const& other) const
    {
        return opened_at != other.opened_at ? opened_at > other.opened_at : room < other.room;
    }
};

// Which rooms are listed: those that fit all of it.
struct Filter {
    std::string game{}; // Empty: any.
    std::optional<Status> status{};
    bool only_open = false; // Not begun, and with a seat that is free.
    int free_min = 0;       // So many are.
    struct Option {
        std::string name;
        std::string value; // JSON, compact.
    };
    std::vector<Option> options{}; // Of the game.
    std::optional<Newest> after{}; // Only those behind this one.
    std::size_t listings_max = 200;
};

// A page of them. `next` is set where not all could be looked at: what is behind it was not.
struct Listings {
    std::vector<Listing> rooms{};
    std::optional<Newest> next{};
};

[[nodiscard]] int free_seats(RoomView const& view);
// But for the options.
[[nodiscard]] bool fits(Filter const& filter, RoomView const& view);
// `options` as a room's listing has them.
[[nodiscard]] bool fits(std::vector<Filter::Option> const& wanted, std::string_view options);

} // namespace gatehouse::rooms
