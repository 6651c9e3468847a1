// SPDX-License-Identifier: Apache-2.0
#include "rooms/lobby.hpp"

#include "base/json.hpp"

#include <algorithm>

namespace gatehouse::rooms {

int free_seats(RoomView const& view)
{
    return static_cast<int>(std::ranges::count_if(view.seats,
        [](SeatView const& seat) { return seat.by == Occupant::nobody && !seat.reserved; }));
}

bool fits(Filter const& filter, RoomView const& view)
{
    auto const free = free_seats(view);
    return (filter.game.empty() || view.game == filter.game)
        && (!filter.status || view.status == *filter.status) && free >= filter.free_min
        && (!filter.only_open || (view.status == Status::open && free > 0));
}

bool fits(std::vector<Filter::Option> const& wanted, std::string_view options)
{
    json::Parser parser;
    auto const all = parser.parse(options);
    return all && std::ranges::all_of(wanted, [&](Filter::Option const& each) {
        auto const value = all->find(each.name);
        return value && value->compact() == each.value;
    });
}

} // namespace gatehouse::rooms
