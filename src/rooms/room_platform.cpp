// SPDX-License-Identifier: Apache-2.0
// What the platform itself is asked: names, and what the host may do.
#include "rooms/room.hpp"

#include <algorithm>

namespace gatehouse::rooms {
namespace {

constexpr std::ptrdiff_t display_name_characters_max = 24;
constexpr std::array<std::string_view, 6> hosts_actions{
    "room.bot", "room.unbot", "room.kick", "room.host", "room.reserve", "room.release"};

}  // namespace

void Room::decide_platform(Attendance const& by, Act const& act)
{
    auto const refuse = [&](ErrorCode code, std::string message) {
        answer(by.who, act.id, {code, std::move(message)});
    };
    if (is_full())
        return answer(by.who, act.id, no_place());
    auto const body = around_.parser.parse(act.body.empty() ? "{}" : act.body);
    if (!body)
        return refuse(ErrorCode::bad_request, body.error().message);
    if (std::ranges::find(hosts_actions, act.name) != hosts_actions.end())
        return decide_host(by, act, *body);
    if (act.name != "room.name")
        return refuse(ErrorCode::bad_request, "no such action: " + act.name.substr(0, 64));

    auto const member = body->find("name");
    auto const display = member ? member->text() : std::nullopt;
    auto const begins_character = [](char c) { return (c & 0xc0) != 0x80; };
    if (!display || display->empty()
        || std::ranges::count_if(*display, begins_character) > display_name_characters_max)
        return refuse(ErrorCode::bad_request, "/name: expected 1 to 24 characters");
    accept(by, act, Named{.actor = by.actor, .sealed = sealed(by.actor, *display, Named::name)});
}

void Room::accept(Attendance const& by, Act const& act, PlatformEvent const& event)
{
    record(event, {by.actor, act.id});
    if (phase_ == Phase::live)
        answers_.push_back({by.who, act.id, Answer::Kind::act, state_.version(), {}});
}

// Each of these is about a seat.
void Room::decide_host(Attendance const& by, Act const& act, json::Node body)
{
    auto const refuse = [&](ErrorCode code, std::string message) {
        answer(by.who, act.id, {code, std::move(message)});
    };
    auto const member = body.find("seat");
    auto const number = member ? member->integer() : std::nullopt;
    if (!number || *number < 0 || std::cmp_greater_equal(*number, state_.chairs().size()))
        return refuse(ErrorCode::bad_request, "/seat: expected the number of a seat");
    auto const seat = static_cast<Seat>(*number);
    auto const chair = state_.chairs()[static_cast<std::size_t>(seat)];
    bool const is_about_players = act.name == "room.kick" || act.name == "room.host";
    if (!is_about_players && state_.status() != Status::open)
        return refuse(ErrorCode::wrong_phase, "the game has begun");
    if (state_.host() != by.audience)
        return refuse(ErrorCode::forbidden, "only the host may do that");

    auto const* const held = state_.reservation_on(seat);
    if (act.name == "room.reserve")
        return decide_reserve(by, act, body, seat);
    if (act.name == "room.release")
        return held ? accept(by, act, Released{seat})
                    : refuse(ErrorCode::bad_request, "that seat waits for nobody");
    if (act.name == "room.bot" && held)
        return refuse(ErrorCode::room_full, "that seat waits for somebody: room.release");
    if (act.name == "room.bot")
        return chair.by == Occupant::nobody ? accept(by, act, BotSeated{seat})
                                            : refuse(ErrorCode::room_full, "that seat is taken");
    if (act.name == "room.unbot")
        return chair.by == Occupant::bot ? accept(by, act, SeatLeft{seat})
                                         : refuse(ErrorCode::bad_request, "no bot sits there");
    if (act.name == "room.kick" && held && state_.status() == Status::open)
        return kick_reserved(by, act, *held);
    if (chair.by != Occupant::player)
        return refuse(ErrorCode::bad_request, "no player sits there");
    if (seat == by.audience)
        return refuse(ErrorCode::bad_request, "that is your own seat");
    if (act.name == "room.host")
        return accept(by, act, HostGiven{seat});
    accept(by, act, Kicked{chair.actor, seat});
    if (phase_ == Phase::live)
        show_the_door(chair.actor);
}

void Room::show_the_door(std::uint32_t actor)
{
    auto const is_theirs = [actor](Attendance const& each) { return each.actor == actor; };
    std::vector<Caller> out;
    for (auto const& each : attendances_)
        if (is_theirs(each))
            out.push_back(each.who);
    for (auto const who : out) {
        say_farewell(who, "kicked");
        detach(who);
    }
    std::erase_if(arrivals_, [&](Arrival const& each) {
        if (!is_theirs(each.attendance))
            return false;
        answer(each.attendance.who, each.id, {ErrorCode::forbidden, "the host let you out"},
            Answer::Kind::join);
        return true;
    });
    presence_changed_ = true;
}

}  // namespace gatehouse::rooms
