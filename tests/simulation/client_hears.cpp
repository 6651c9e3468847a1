// SPDX-License-Identifier: Apache-2.0
// What the server says, and what it must never say.
#include "client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::simulation {

using namespace std::chrono_literals;
using events::Version;

namespace {

std::string_view text_in(json::Node message, std::string_view key)
{
    auto const member = message.find(key);
    return member ? member->text().value_or("") : "";
}

std::uint64_t number_in(json::Node message, std::string_view key)
{
    auto const member = message.find(key);
    return member ? member->unsigned_integer().value_or(0) : 0;
}

// Said without asking history: an action that was sent before may have been applied all the same.
bool is_open_ended(std::string_view code)
{
    static constexpr std::array<std::string_view, 5> codes{
        "busy", "unavailable", "rate_limited", "not_found", "internal"};
    return std::ranges::find(codes, code) != codes.end();
}

}  // namespace

void Client::blame(std::string_view what, std::string_view text)
{
    around_.checker.blame(fmt::format("client {} at {} ms: {} {}", number_,
        std::chrono::floor<Milliseconds>(now().time_since_epoch()).count(), what, text));
}

void Client::blame_ahead(Table& table)
{
    if (!std::exchange(table.ahead, {}).empty())
        blame(fmt::format("{} acks before it shows, at {}", table.room, table.version), hearing_);
}

Client::Table* Client::table_of(std::string_view room)
{
    auto const found = std::ranges::find(tables_, room, &Table::room);
    return found == tables_.end() ? nullptr : &*found;
}

bool Client::is_in_lobby(Table const& table) const
{
    return std::ranges::find(around_.lobby, table.room) != around_.lobby.end();
}

void Client::hear(std::string_view text)
{
    note("hears", text);
    hearing_ = text;
    around_.checker.heard(text, connected_at_);
    auto const message = parser_.parse(hearing_);
    if (!message)
        return blame("no JSON:", text);
    if (message->kind() != json::Kind::array)
        return hear(*message);
    message->each_element([this](json::Node each) {
        hear(each);
        return link_ != nullptr;
    });
}

void Client::hear(json::Node message)
{
    auto const type = text_in(message, "t");
    if (type.empty())
        return say("{}"); // A heartbeat.
    if (type == "welcome")
        on_welcome(message);
    else if (type == "joined")
        on_joined(message);
    else if (type == "upd")
        on_update(message);
    else if (type == "ack")
        on_ack(message);
    else if (type == "res")
        on_result(message);
    else if (type == "err")
        on_error(message);
    else if (type == "left")
        on_left(message);
}

void Client::on_welcome(json::Node message)
{
    stage_ = Stage::ready;
    sid_ = text_in(message, "sid");
    session_token_ = text_in(message, "tok");
    if (text_in(message, "principal") != principal_)
        blame("welcomed as somebody else:", hearing_);
}

// ---- Views

void Client::show(Table& table)
{
    around_.checker.saw(
        table.room, *table.seat, table.version, table.tick, table.view.digest());
}

void Client::on_joined(json::Node message)
{
    auto const found = std::ranges::find(tables_, number_in(message, "id"), &Table::join_id);
    if (found == tables_.end() || !found->is_joining)
        return; // Of a join that was given up.
    auto& table = *found;
    auto const version = number_in(message, "s");
    auto const seat_node = message.find("seat");
    auto const seat = static_cast<rooms::Seat>(
        seat_node ? seat_node->integer().value_or(rooms::spectator) : rooms::spectator);
    auto const view = message.find("view");
    table.is_joining = false;
    table.is_in = true;
    see_epoch(table, number_in(message, "e"));
    if (view && version < table.join_floor) // Else what is missing follows.
        blame(fmt::format("is let in before {}, which was acked first:", table.join_floor),
            hearing_);
    if (view) {
        table.view.replace(*view);
    } else if (table.seat != seat) {
        table.version = 0; // Another seat's eyes: what we hold is of no use.
        return join(table);
    } else if (table.version != version || table.tick != number_in(message, "k")) {
        return blame("goes on from another place than ours:", hearing_);
    }
    table.version = version;
    table.tick = number_in(message, "k");
    table.game = text_in(message, "game");
    table.seat = seat;
    show(table);
    if (seat == rooms::spectator)
        return table.unanswered.clear();
    auto const last = number_in(message, "last");
    if (!is_silent_ && (last < table.acked_max || last >= table.next_id)) // Else somebody new.
        blame(
            fmt::format("`last` should be {} … {}:", table.acked_max, table.next_id - 1), hearing_);
    for (auto& act : table.unanswered)
        act.is_due = true; // Nobody waits for what was sent before.
    resend_due(table);
}

void Client::on_update(json::Node message)
{
    auto* const table = table_of(text_in(message, "room"));
    if (!table || !table->is_in || table->is_joining)
        return;
    blame_ahead(*table);
    auto const version = number_in(message, "s");
    auto const tick = number_in(message, "k");
    if (auto const view = message.find("view")) {
        bool const is_of_now = number_in(message, "e") == table->epoch;
        if (version < table->version
            || (is_of_now && version == table->version && tick < table->tick))
            blame("goes back:", hearing_);
        see_epoch(*table, number_in(message, "e"));
        table->view.replace(*view);
    } else if (auto const change = message.find("d");
               !change || number_in(message, "p") != table->version
               || number_in(message, "pk") != table->tick) {
        return blame(
            fmt::format("does not follow {}, {}:", table->version, table->tick), hearing_);
    } else {
        table->view.patch(*change);
        std::string news;
        if (auto const told = message.find("ev"))
            news = told->compact();
        if (version != table->version) // Else it shows steps.
            around_.checker.told(table->room, *table->seat, table->version, version, news);
    }
    table->version = version;
    table->tick = tick;
    show(*table);
}

// What was answered in a store that was set back may be gone.
void Client::see_epoch(Table& table, std::uint64_t epoch)
{
    constexpr auto room_bits = 16; // Room::epoch()
    if (epoch < table.epoch)
        blame(fmt::format("an epoch before {}:", table.epoch), hearing_);
    if (epoch >> room_bits != table.epoch >> room_bits) {
        table.acked_max = 0;
        table.answered.clear();
        for (auto& act : table.unanswered)
            act.floor = 0;
    }
    table.epoch = epoch;
}

// ---- Answers

void Client::settle(Table& table, std::uint64_t id)
{
    std::erase_if(table.unanswered, [id](Act const& act) { return act.id == id; });
    if (id == table.probe)
        table.is_probed = true;
}

void Client::on_ack(json::Node message)
{
    auto* const table = table_of(text_in(message, "room"));
    auto const id = number_in(message, "id");
    auto const version = number_in(message, "s");
    if (!table || id >= table->next_id)
        return blame("acks what was never sent:", hearing_);
    around_.checker.acked(table->room, principal_, id, version);
    table->acked_max = std::max(table->acked_max, id);
    bool const is_current = table->is_in && !table->is_joining && !table->is_leaving;
    if (is_current && version > table->version)
        table->ahead = hearing_;
    auto const act = std::ranges::find(table->unanswered, id, &Act::id);
    if (act == table->unanswered.end())
        return;
    if (version <= act->floor)
        blame(fmt::format("acks before {}, which was acked first:", act->floor), hearing_);
    table->answered.push_back({*act, version});
    if (table->answered.size() > 8)
        table->answered.pop_front();
    settle(*table, id);
}

void Client::on_result(json::Node message)
{
    auto* const table = table_of(text_in(message, "room"));
    auto const id = number_in(message, "id");
    auto const version = number_in(message, "s");
    auto const reply = message.find("d");
    if (!table || !reply || id >= next_question_id_)
        return blame("answers what was not asked:", hearing_);
    if (id != table->asking)
        return; // It was on its way when the room was joined anew.
    table->asking = 0;
    if (!table->is_in || table->is_joining || table->is_leaving)
        return;
    if (version > table->version)
        blame(fmt::format("answers before it shows, at {}:", table->version), hearing_);
    around_.checker.answered(table->room, *table->seat, version, reply->compact());
}

void Client::on_error(json::Node message)
{
    auto const id = number_in(message, "id");
    auto const code = text_in(message, "code");
    auto const room = text_in(message, "room");
    if (code == "internal" && around_.plan.decays == 0) // Else it may be damage.
        blame("is told of a bug:", hearing_);
    for (auto& table : tables_) {
        if (table.asking == id && id != 0)
            table.asking = 0;
        if (table.is_joining && table.join_id == id)
            return on_join_refused(table, code);
        if (room.empty() || room == table.room)
            on_act_refused(table, id, code);
    }
}

void Client::on_join_refused(Table& table, std::string_view code)
{
    table.is_joining = false;
    table.is_in = false;
    table.join_at = now() + luck_.between(100ms, 600ms);
    if (code == "room_full" && table.seat_until && now() < *table.seat_until)
        blame("is not let in, where a seat waits:", hearing_);
    if (code == "room_closed" || code == "room_full" || code == "forbidden") { // Or kicked.
        table.is_watching = true;
        table.version = 0;
    } else if (code == "not_found" && !is_in_lobby(table)) {
        table.is_gone = true;
        table.is_wanted = false;
    } else if (code == "out_of_order") {
        return; // Its own newer connection went ahead, and is gone since: it comes again.
    } else if (!is_open_ended(code)
        || (code == "not_found" && table.was_there
            && around_.plan.decays == 0)) { // A damaged index may not find its code.
        blame("a room that was opened refuses:", hearing_);
    }
}

void Client::on_act_refused(Table& table, std::uint64_t id, std::string_view code)
{
    auto const pending = std::ranges::find(table.unanswered, id, &Act::id);
    bool const is_pending = pending != table.unanswered.end();
    if (is_open_ended(code)) {
        if (is_pending) {
            pending->is_due = true;
            table.resend_at = now() + luck_.between(100ms, 500ms);
        }
        return;
    }
    if (std::ranges::any_of(table.answered, [id](auto const& each) { return each.act.id == id; }))
        return blame("refuses what it acked before:", hearing_);
    if (!is_pending)
        return;
    around_.checker.refused(table.room, principal_, id, code);
    settle(table, id);
}

void Client::on_left(json::Node message)
{
    auto* const table = table_of(text_in(message, "room"));
    if (!table)
        return;
    table->ahead.clear(); // It was replaced, so it was not shown any more.
    if (text_in(message, "why") == "erased") {
        table->is_wanted = false; // It comes to no room again.
        table->is_gone = true;
    }
    if (table->is_joining)
        return;
    table->is_in = false;
    table->asking = 0;
    if (text_in(message, "why") == "left") {
        table->is_wanted = false;
        table->version = 0; // The seat may be another one next time.
        table->unanswered.clear();
    }
}

}  // namespace gatehouse::simulation
