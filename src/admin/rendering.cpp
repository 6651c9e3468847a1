// SPDX-License-Identifier: Apache-2.0
#include "admin/rendering.hpp"

#include "base/bytes.hpp"
#include "base/cbor.hpp"

#include <cstring>

namespace gatehouse::admin {
namespace {

// The data of an event is a CBOR sequence whose first item is the body.
std::string body_as_json(std::string const& data)
{
    cbor::Reader in(data);
    return cbor::to_json(in.item()).value_or("null");
}

std::optional<std::string> text_of(json::Node node, std::string_view key)
{
    auto const member = node.find(key);
    auto const text = member ? member->text() : std::nullopt;
    return text ? std::optional(std::string(*text)) : std::nullopt;
}

std::uint64_t number_of(json::Node node, std::string_view key)
{
    auto const member = node.find(key);
    return member ? member->unsigned_integer().value_or(0) : 0;
}

}  // namespace

void write_head(json::Writer& out, events::StreamHead const& head)
{
    out.object().key("room").value(head.stream).key("game").value(head.category);
    out.key("version").value(head.version).key("at").value(head.at.ms);
    out.key("finished").value(head.state.finished);
    if (head.state.deadline)
        out.key("deadline").value(head.state.deadline->ms);
    out.end_object();
}

void write_event(
    json::Writer& out, events::Event const& event, events::PositionedEvent const* where)
{
    out.object();
    if (where) {
        out.key("room").value(where->stream);
        out.key("slot").value(where->slot).key("position").value(where->position);
    }
    out.key("version").value(event.version).key("type").value(event.type);
    out.key("schema").value(event.schema).key("at").value(event.at.ms);
    if (event.cause.actor != 0)
        out.key("actor").value(event.cause.actor).key("action").value(event.cause.action);
    out.key("data").raw(body_as_json(event.data)).key("raw").value(to_hex(event.data));
    if (event.link != events::Link{})
        out.key("link").value(to_hex(
            {reinterpret_cast<char const*>(event.link.data()), event.link.size()}));
    out.end_object();
}

void write_key(json::Writer& out, events::MemberKey const& key)
{
    out.object().key("subject").value(key.subject).key("actor").value(key.actor);
    out.key("key").value(to_hex(key.key)).end_object();
}

std::optional<events::StreamHead> read_head(json::Node node)
{
    auto room = text_of(node, "room");
    auto game = text_of(node, "game");
    auto const finished = node.find("finished");
    if (!room || !game || !finished)
        return std::nullopt;
    events::StreamHead head{.stream = std::move(*room), .category = std::move(*game),
        .version = number_of(node, "version"),
        .at = WallTime{static_cast<std::int64_t>(number_of(node, "at"))}};
    head.state.finished = finished->boolean().value_or(false);
    if (auto const deadline = number_of(node, "deadline"))
        head.state.deadline = WallTime{static_cast<std::int64_t>(deadline)};
    return head;
}

std::optional<events::Event> read_event(json::Node node)
{
    auto type = text_of(node, "type");
    auto const raw = text_of(node, "raw");
    auto const link = from_hex(text_of(node, "link").value_or(""));
    events::Event event;
    if (!type || !raw || (!link.empty() && link.size() != event.link.size()))
        return std::nullopt;
    event = {.version = number_of(node, "version"), .type = std::move(*type),
        .schema = static_cast<std::uint16_t>(number_of(node, "schema")),
        .at = WallTime{static_cast<std::int64_t>(number_of(node, "at"))},
        .cause = {static_cast<std::uint32_t>(number_of(node, "actor")), number_of(node, "action")},
        .data = from_hex(*raw)};
    std::memcpy(event.link.data(), link.data(), link.size());
    return event;
}

std::optional<events::MemberKey> read_key(json::Node node)
{
    auto subject = text_of(node, "subject");
    auto const key = from_hex(text_of(node, "key").value_or(""));
    if (!subject || key.size() != events::key_size)
        return std::nullopt;
    return events::MemberKey{
        std::move(*subject), static_cast<std::uint32_t>(number_of(node, "actor")), key};
}

}  // namespace gatehouse::admin
