// SPDX-License-Identifier: Apache-2.0
#include "sessions/messages.hpp"

#include "base/json_writer.hpp"
#include "rooms/messages.hpp"

namespace gatehouse::sessions::messages {

std::string welcome(Welcome const& message)
{
    std::string text;
    json::Writer json(text);
    json.object().key("t").value("welcome");
    json.key("sid").value(message.sid).key("tok").value(message.token);
    json.key("ttl").value(message.ttl_s).key("hb").value(message.heartbeat_ms);
    json.key("dead").value(message.dead_ms).key("now").value(message.now.ms);
    json.key("principal").value(message.principal);
    json.key("max").object();
    json.key("bytes").value(message.bytes_max).key("rate").value(message.rate_max);
    json.key("inflight").value(message.in_flight_max).end_object();
    if (!message.room.empty())
        json.key("room").value(message.room);
    json.key("resumed").value(message.resumed).end_object();
    return text;
}

std::string open(std::string_view stream)
{
    std::string text;
    json::Writer json(text);
    json.object().key("t").value("open").key("stream").value(stream).end_object();
    return text;
}

std::string pong(WallTime now)
{
    std::string text;
    json::Writer(text).object().key("t").value("pong").key("now").value(now.ms).end_object();
    return text;
}

std::string goaway(std::string_view why, std::int64_t in_ms)
{
    std::string text;
    json::Writer json(text);
    json.object().key("t").value("goaway").key("why").value(why);
    json.key("in").value(in_ms).end_object();
    return text;
}

std::string bye(ErrorCode code, std::string_view message, bool retry)
{
    std::string text;
    json::Writer json(text);
    json.object().key("t").value("bye").key("code").value(name_of(code));
    json.key("msg").value(message).key("retry").value(retry).end_object();
    return text;
}

std::string error(std::optional<std::uint64_t> id, std::string_view room, ErrorCode code,
    std::string_view message)
{
    std::string text;
    rooms::messages::error(text, id, room, code, message);
    return text;
}

}  // namespace gatehouse::sessions::messages
