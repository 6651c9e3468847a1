// SPDX-License-Identifier: Apache-2.0
#include "conform/laws.hpp"

#include "conform/seen.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace gatehouse::conform {
namespace {

enum class Of : std::uint8_t { text, number, truth, object, number_or_null, anything };

struct Demand {
    std::string_view type;
    std::string_view member;
    Of kind;
};

using enum Of;
constexpr std::array demands{
    Demand{"welcome", "sid", text},
    Demand{"welcome", "tok", text},
    Demand{"welcome", "ttl", number},
    Demand{"welcome", "hb", number},
    Demand{"welcome", "dead", number},
    Demand{"welcome", "now", number},
    Demand{"welcome", "principal", text},
    Demand{"welcome", "max", object},
    Demand{"welcome", "resumed", truth},
    Demand{"joined", "id", number},
    Demand{"joined", "room", text},
    Demand{"joined", "game", text},
    Demand{"joined", "e", number},
    Demand{"joined", "s", number},
    Demand{"joined", "seat", number_or_null},
    Demand{"joined", "how", text},
    Demand{"joined", "last", number},
    Demand{"joined", "durability", text},
    Demand{"left", "room", text},
    Demand{"left", "why", text},
    Demand{"upd", "room", text},
    Demand{"upd", "p", number},
    Demand{"upd", "s", number},
    Demand{"ack", "id", number},
    Demand{"ack", "room", text},
    Demand{"ack", "s", number},
    Demand{"res", "id", number},
    Demand{"res", "room", text},
    Demand{"res", "s", number},
    Demand{"res", "d", anything},
    Demand{"err", "code", text},
    Demand{"err", "msg", text},
    Demand{"err", "retry", truth},
    Demand{"timer", "room", text},
    Demand{"timer", "name", text},
    Demand{"timer", "at", number_or_null},
    Demand{"pres", "room", text},
    Demand{"pres", "seats", object},
    Demand{"pong", "now", number},
    Demand{"goaway", "why", text},
    Demand{"goaway", "in", number},
    Demand{"bye", "code", text},
    Demand{"bye", "msg", text},
    Demand{"bye", "retry", truth},
};

bool is_of(json::Tree const& value, Of kind)
{
    switch (kind) {
    case text: return value.text().has_value();
    case number: return value.integer().has_value();
    case truth: return value.boolean().has_value();
    case object: return value.kind() == json::Kind::object;
    case number_or_null: return value.integer() || value.kind() == json::Kind::null;
    case anything: return true;
    }
    std::unreachable();
}

// Of an update and a join: what stands instead of what.
std::string_view contradiction_in(json::Tree const& message, std::string_view type)
{
    bool const has_view = message.find("view") != nullptr;
    if (type == "upd" && has_view == (message.find("d") != nullptr))
        return "one of d and view";
    if (type == "upd" && has_view != (message.find("e") != nullptr))
        return "e beside view, and there alone";
    if (type == "upd" && has_view && message.find("ev"))
        return "ev beside d alone";
    if (type == "joined" && has_view != (text_in(message, "how") == "snap"))
        return "a view where how is snap, and there alone";
    return {};
}

} // namespace

std::string trouble_with(json::Tree const& message)
{
    if (message.kind() != json::Kind::object)
        return "a message that is no map: " + shown(message);
    if (message.members().empty())
        return {};
    auto const type = text_in(message, "t");
    if (type.empty())
        return "a message without t: " + shown(message);
    for (auto const& each : demands) {
        auto const* const value = each.type == type ? message.find(each.member) : nullptr;
        if (each.type == type && (!value || !is_of(*value, each.kind)))
            return fmt::format("{} as it should be is missing in {}", each.member, shown(message));
    }
    auto const wrong = contradiction_in(message, type);
    return wrong.empty() ? "" : fmt::format("expected {} in {}", wrong, shown(message));
}

} // namespace gatehouse::conform
