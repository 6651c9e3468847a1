// SPDX-License-Identifier: Apache-2.0
// Seats that a client has wait for itself, over HTTP, before it comes: if it does.
#include "client.hpp"

#include <fmt/format.h>

#include <utility>

namespace gatehouse::simulation {

// Where it wants one, or nothing.
std::string Client::seat_to_have_wait()
{
    auto const& lobby = around_.lobby;
    if (is_calm_ || is_silent_ || lobby.empty() || !luck_.one_in(3))
        return {};
    return lobby[static_cast<std::size_t>(luck_.next() % lobby.size())];
}

void Client::have_wait(std::string room)
{
    forget_past_waiting(room);
    reserving_ = std::move(room);
    reserved_.try_emplace(reserving_, Waiting{.since = now()});
    ask(fmt::format("/v1/rooms/{}/reservation", reserving_), "{}");
}

// One that was asked for before may be what there is: it waits no longer for that.
void Client::forget_past_waiting(std::string const& room)
{
    auto const found = reserved_.find(room);
    if (found != reserved_.end()
        && now() >= found->second.since + around_.plan.rooms_options.others.room.seat_reserved)
        reserved_.erase(found);
}

void Client::on_waiting()
{
    auto const room = std::exchange(reserving_, {});
    if (http_status_ == 429 || http_status_ == 503)
        return lose_refused();
    if (http_status_ >= 500)
        blame(fmt::format("is told {} when a seat is to wait:", http_status_), http_body_);
    if (http_status_ == 204) {
        reserved_[room].is_promised = true;
        auto* const table = table_of(room);
        if (!table && luck_.one_in(2)) // Or never.
            tables_.push_back({.room = room, .people = luck_.between(1, 3)});
        else if (table && !table->is_gone && table->is_watching) {
            table->is_watching = false;
            table->version = 0; // Another seat's eyes.
        }
    }
    upgrade();
}

// Whatever becomes of this join, the next one cannot count on the seat: it may have been used.
void Client::count_on_seat(Table& table)
{
    table.seat_until.reset();
    auto const& plan = around_.plan;
    auto const waiting = reserved_.extract(table.room);
    bool const can_be_gone = plan.go_backs > 0 || plan.is_set_back || plan.decays > 0
        || plan.erasures > 0;
    if (!table.is_watching && !can_be_gone && waiting && waiting.mapped().is_promised)
        table.seat_until = waiting.mapped().since + plan.rooms_options.others.room.seat_reserved;
}

}  // namespace gatehouse::simulation
