// SPDX-License-Identifier: Apache-2.0
#include "sessions/event_stream.hpp"

#include "base/json_writer.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::sessions {

// An event ends with its line. In JSON a line's end is a space and no more: in texts it is escaped.
void append_event(std::string& out, std::string_view json)
{
    out += "data: ";
    auto const at = out.size();
    out += json;
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(at), out.end(),
        [](char c) { return c == '\n' || c == '\r'; }, ' ');
    out += "\n\n";
}

std::string close_event(websocket::CloseCode code, std::string_view reason)
{
    std::string text = "event: close\ndata: ";
    json::Writer json(text);
    json.object().key("code").value(std::to_underlying(code));
    json.key("reason").value(reason).end_object();
    return text += "\n\n";
}

Posts::Place Posts::take(std::uint64_t number, std::string_view text)
{
    if (number < next_)
        return Place::known;
    if (number - next_ > held_max)
        return Place::far;
    if (number > next_)
        return held_.try_emplace(number, text).second ? Place::held : Place::known;
    next_++;
    return Place::next;
}

std::optional<std::string> Posts::take_next()
{
    auto const found = held_.begin();
    if (found == held_.end() || found->first != next_)
        return std::nullopt;
    next_++;
    return std::move(held_.extract(found).mapped());
}

} // namespace gatehouse::sessions
