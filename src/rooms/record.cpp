// SPDX-License-Identifier: Apache-2.0
#include "rooms/record.hpp"

#include "rooms/schemas.hpp"

namespace gatehouse::rooms {

bool is_platform_type(std::string_view type) { return type.starts_with("room."); }

std::string encode_body(PlatformEvent const& event)
{
    std::string body;
    cbor::Writer out(body);
    std::visit([&out](auto const& each) { write_cbor(out, each); }, event);
    return body;
}

namespace {

// The platform's events change as those of a game do.
struct Platform {
    using Event = PlatformEvent;
    using OldEvents = std::variant<OldCame, OldNamed, OldSetAside, OldFinished>;

    static Came upcast(OldCame const& old) { return {.principal = old.principal}; }
    static Named upcast(OldNamed const& old)
    {
        return {.actor = old.actor, .display = old.display};
    }
    static SetAside upcast(OldSetAside const& old) { return rooms::upcast(old); }
    static Finished upcast(OldFinished const&) { return {}; }
};

}  // namespace

SetAside upcast(OldSetAside const& old)
{
    return {.doing = old.doing, .actor = old.actor, .action = old.action, .seat = old.seat,
        .what = old.what, .body = old.body, .why = old.why};
}

Result<PlatformEvent> decode_platform(
    std::string_view type, std::uint16_t schema, std::string_view body)
{
    expect_upcasts<Platform>();
    return read_event<Platform>(type, schema, body);
}

void append_timers(std::string& data, std::vector<TimerSet> const& timers)
{
    if (timers.empty())
        return;
    cbor::Writer out(data);
    out.array(timers.size());
    for (auto const& timer : timers) {
        out.array(2).text(timer.name);
        if (timer.at)
            out.integer(timer.at->ms);
        else
            out.null();
    }
}

void append_tick(std::string& data, std::uint64_t tick)
{
    cbor::Writer out(data);
    out.integer(tick);
}

namespace {

bool is_unsigned(std::string_view item)
{
    return static_cast<unsigned char>(item.front()) >> 5
        == std::to_underlying(cbor::Major::unsigned_integer);
}

bool read_timers(std::string_view item, std::vector<TimerSet>& timers)
{
    cbor::Reader in(item);
    auto const count = in.array();
    for (std::size_t i = 0; i < count && !in.is_broken(); i++) {
        if (in.array() != 2)
            in.break_off();
        auto& timer = timers.emplace_back(std::string(in.text()), std::nullopt);
        if (!in.null())
            timer.at = WallTime{in.integer()};
    }
    return !in.is_broken();
}

}  // namespace

std::optional<StoredData> split(std::string_view data)
{
    cbor::Reader in(data);
    StoredData parts{in.item()};
    auto next = in.is_at_end() ? std::string_view() : in.item();
    if (!next.empty() && !is_unsigned(next)) {
        if (!read_timers(next, parts.timers))
            return std::nullopt;
        next = in.is_at_end() ? std::string_view() : in.item();
    }
    if (!next.empty()) {
        cbor::Reader tick(next);
        parts.tick = tick.unsigned_integer();
        if (tick.is_broken())
            return std::nullopt;
    }
    if (in.is_broken() || !in.is_at_end())
        return std::nullopt;
    return parts;
}

}  // namespace gatehouse::rooms
