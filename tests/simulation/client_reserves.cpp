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
    reserving_ = std::move(room);
    reserved_.try_emplace(reserving_, Waiting{.since = now()});
    ask(fmt::format("/v1/rooms/{}/reservation", reserving_), "{}");
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

// Whatever becomes of this join, the next one cannot count on the seat: it may have been used. Nor
// on one that it asks for again: what there is of an earlier one is all that it gets.
void Client::count_on_seat(Table& table)
{
    table.seat_until.reset();
    auto const& plan = around_.plan;
    auto const found = reserved_.find(table.room);
    if (found == reserved_.end() || std::exchange(found->second.is_counted_on, true))
        return;
    bool const can_be_gone = plan.go_backs > 0 || plan.is_set_back || plan.decays > 0
        || plan.erasures > 0;
    if (!table.is_watching && !can_be_gone && found->second.is_promised)
        table.seat_until = found->second.since + plan.rooms_options.others.room.seat_reserved;
}

}  // namespace gatehouse::simulation
