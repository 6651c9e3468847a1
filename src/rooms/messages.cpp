// SPDX-License-Identifier: Apache-2.0
#include "rooms/messages.hpp"

#include "base/json_writer.hpp"

namespace gatehouse::rooms::messages {

void joined(std::string& out, Joined const& message)
{
    json::Writer json(out);
    json.object().key("t").value("joined").key("id").value(message.id);
    json.key("room").value(message.room).key("game").value(message.game);
    json.key("e").value(message.epoch).key("s").value(message.at.version);
    if (message.at.tick != 0)
        json.key("k").value(message.at.tick);
    if (message.seat == spectator)
        json.key("seat").null();
    else
        json.key("seat").value(message.seat);
    json.key("how").value(message.how);
    if (!message.view.empty())
        json.key("view").raw(message.view);
    json.key("last").value(message.last).key("durability").value(message.durability);
    json.end_object();
}

void update(std::string& out, std::string_view room, Position previous, Position now,
    std::string_view change, std::optional<std::uint64_t> whole_of_epoch,
    std::uint64_t me, std::string_view news)
{
    json::Writer json(out);
    json.object().key("t").value("upd").key("room").value(room);
    json.key("p").value(previous.version).key("s").value(now.version);
    if (previous.tick != 0)
        json.key("pk").value(previous.tick);
    if (now.tick != 0)
        json.key("k").value(now.tick);
    if (whole_of_epoch)
        json.key("e").value(*whole_of_epoch);
    json.key(whole_of_epoch ? "view" : "d").raw(change);
    if (!news.empty())
        json.key("ev").array().raw(news).end_array();
    if (me != 0)
        json.key("me").value(me);
    json.end_object();
}

void ack(std::string& out, std::uint64_t id, std::string_view room, events::Version version)
{
    json::Writer json(out);
    json.object().key("t").value("ack").key("id").value(id);
    json.key("room").value(room).key("s").value(version).end_object();
}

void result(std::string& out, std::uint64_t id, std::string_view room, events::Version version,
    std::string_view reply)
{
    json::Writer json(out);
    json.object().key("t").value("res").key("id").value(id).key("room").value(room);
    json.key("s").value(version).key("d").raw(reply).end_object();
}

void error(std::string& out, std::optional<std::uint64_t> id, std::string_view room,
    ErrorCode code, std::string_view message)
{
    json::Writer json(out);
    json.object().key("t").value("err");
    if (id)
        json.key("id").value(*id);
    if (!room.empty())
        json.key("room").value(room);
    json.key("code").value(name_of(code)).key("msg").value(message);
    json.key("retry").value(is_worth_retrying(code)).end_object();
}

void left(std::string& out, std::string_view room, std::string_view why)
{
    json::Writer json(out);
    json.object().key("t").value("left").key("room").value(room);
    json.key("why").value(why).end_object();
}

void timer(
    std::string& out, std::string_view room, std::string_view name, std::optional<WallTime> at)
{
    json::Writer json(out);
    json.object().key("t").value("timer").key("room").value(room).key("name").value(name).key("at");
    if (at)
        json.value(at->ms);
    else
        json.null();
    json.end_object();
}

void presence(
    std::string& out, std::string_view room, std::span<std::pair<Seat, bool> const> seat_is_here)
{
    json::Writer json(out);
    json.object().key("t").value("pres").key("room").value(room).key("seats").object();
    for (auto const& [seat, is_here] : seat_is_here)
        json.key(std::to_string(seat)).value(is_here ? "here" : "away");
    json.end_object().end_object();
}

}  // namespace gatehouse::rooms::messages
