// SPDX-License-Identifier: Apache-2.0
#include "seats.hpp"

#include "rooms/record.hpp"

#include <fmt/format.h>

#include <utility>

namespace gatehouse::simulation {
namespace {

using rooms::Occupant;
using rooms::RoomState;

std::string if_had(RoomState const& before, int seat)
{
    if (seat < 0 || std::cmp_greater_equal(seat, before.chairs().size()))
        return {}; // Damage: a replay says so.
    auto const& chair = before.chairs()[static_cast<std::size_t>(seat)];
    return chair.by == Occupant::nobody ? "" : fmt::format("seat {} is had already", seat);
}

std::string if_awaited(RoomState const& before, int seat, std::uint32_t by)
{
    auto const* const held = before.reservation_on(seat);
    return !held || held->actor == by
        ? ""
        : fmt::format("seat {} waits for actor {}, and is given to {}", seat, held->actor, by);
}

std::string first_of(std::initializer_list<std::string> faults)
{
    for (auto const& fault : faults)
        if (!fault.empty())
            return fault;
    return {};
}

std::string if_has_another(RoomState const& before, std::uint32_t actor, int seat)
{
    if (auto const own = before.seat_of(actor))
        return fmt::format("actor {} has seat {}, and is given {}", actor, *own, seat);
    return {};
}

}  // namespace

std::string seat_fault(RoomState const& before, events::Event const& event)
{
    auto const parts = rooms::split(event.data);
    if (!parts || before.version() == 0 || !rooms::is_platform_type(event.type))
        return {};
    auto const platform = rooms::decode_platform(event.type, event.schema, parts->body);
    if (!platform)
        return {}; // A replay says so.
    if (auto const* seated = std::get_if<rooms::Seated>(&*platform)) {
        auto const* const held = before.reservation_for(seated->actor);
        auto const elsewhere = held && held->seat != seated->seat
            ? fmt::format("seat {} waits for actor {}, who is given {}", held->seat, seated->actor,
                seated->seat)
            : "";
        return first_of({if_had(before, seated->seat),
            if_awaited(before, seated->seat, seated->actor),
            if_has_another(before, seated->actor, seated->seat), elsewhere});
    }
    if (auto const* bot = std::get_if<rooms::BotSeated>(&*platform))
        return first_of({if_had(before, bot->seat), if_awaited(before, bot->seat, 0)});
    if (auto const* reserved = std::get_if<rooms::Reserved>(&*platform))
        return first_of({if_had(before, reserved->seat),
            if_awaited(before, reserved->seat, reserved->actor),
            if_has_another(before, reserved->actor, reserved->seat)});
    if (auto const* released = std::get_if<rooms::Released>(&*platform))
        return before.reservation_on(released->seat)
            ? ""
            : fmt::format("seat {} waits for nobody, and is released", released->seat);
    return {};
}

}  // namespace gatehouse::simulation
