// SPDX-License-Identifier: Apache-2.0
#pragma once

// Events are stored for ever, and their layouts change. Each type of event has a schema, counted
// from 1: `static constexpr int schema = 2` says that the fields of this struct are the second
// ones that events of its name have. The struct that they had before stays, with an `upcast` to
// what came after it:
//
//     struct OldDrawn { name = "drawn"; … };              // What stores still hold.
//     struct Drawn { name = "drawn"; schema = 2; … };
//     using Event = std::variant<Drawn>;                  // What decide and evolve know.
//     using OldEvents = std::variant<OldDrawn>;           // The oldest first.
//     static Drawn upcast(OldDrawn const& old);           // Pure.
//
// An upcast may lead to another old event, which stands later in the list, and so on to one of
// today: 1 → 2 → 3. An event that was renamed is an old one of the old name. What has no such way
// is refused, not guessed.

#include "base/fields.hpp"
#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace gatehouse::rooms {

// What the store says of the layout of an event's data.
struct Layout {
    std::string_view type;
    int schema;
    bool operator==(Layout const&) const = default;
};

template <typename E>
[[nodiscard]] constexpr Layout layout_of()
{
    if constexpr (requires { E::schema; })
        return {E::name, E::schema};
    return {E::name, 1};
}

template <typename... Es>
[[nodiscard]] std::uint16_t schema_of(std::variant<Es...> const& event)
{
    static constexpr std::array schemas{static_cast<std::uint16_t>(layout_of<Es>().schema)...};
    return schemas[event.index()];
}

namespace schemas_detail {

template <typename G>
struct OldEventsOf {
    using Type = std::variant<>;
};
template <typename G>
    requires requires { typename G::OldEvents; }
struct OldEventsOf<G> {
    using Type = typename G::OldEvents;
};

template <typename Old, typename Now>
struct Joined;
template <typename... Olds, typename... Nows>
struct Joined<std::variant<Olds...>, std::variant<Nows...>> {
    using Type = std::variant<Olds..., Nows...>;
    static constexpr std::size_t olds = sizeof...(Olds);
    static constexpr std::array<Layout, sizeof...(Olds) + sizeof...(Nows)> layouts{
        layout_of<Olds>()..., layout_of<Nows>()...};
};

// Every event of G that may be read, the oldest first, today's last.
template <typename G>
using EventsOf = Joined<typename OldEventsOf<G>::Type, typename G::Event>;

template <typename T, typename V>
inline constexpr std::size_t index_in = 0;
template <typename T, typename... Es>
inline constexpr std::size_t index_in<T, std::variant<Es...>> = [] {
    std::size_t index = 0;
    static_cast<void>(((std::is_same_v<T, Es> || (index++, false)) || ...));
    return index; // As many as there are: it is none of them.
}();

template <typename T, typename V>
inline constexpr bool is_one_of = index_in<T, V> < std::variant_size_v<V>;

// A function found whatever its overloads are: a second one of that name makes it ambiguous.
struct Upcast {
    int upcast;
};
template <typename G>
struct WithUpcast : G, Upcast {};
template <typename G>
concept NamesUpcast = !requires { &WithUpcast<G>::upcast; };

// Where the upcast of the old event `index` leads: behind it, or it might never end.
template <typename G, std::size_t index>
consteval bool leads_onward()
{
    using Events = EventsOf<G>;
    using Old = std::variant_alternative_t<index, typename Events::Type>;
    if constexpr (requires(Old const& old) { G::upcast(old); }) {
        using To = std::remove_cvref_t<decltype(G::upcast(std::declval<Old const&>()))>;
        using All = typename Events::Type;
        return std::is_same_v<To, typename G::Event>
            || (is_one_of<To, All> && index_in<To, All> > index);
    }
    return false;
}

template <typename G, std::size_t... indices>
consteval bool all_lead_onward(std::index_sequence<indices...>)
{
    return (leads_onward<G, indices>() && ...);
}

consteval bool are_distinct(std::span<Layout const> layouts)
{
    for (std::size_t i = 0; i < layouts.size(); i++)
        for (std::size_t j = 0; j < i; j++)
            if (layouts[i] == layouts[j])
                return false;
    return true;
}

// Or the rules before G do, to whom the events of that layout are told.
template <typename G>
consteval bool knows(Layout const& layout)
{
    for (auto const& each : EventsOf<G>::layouts)
        if (each == layout)
            return true;
    if constexpr (requires { typename G::Before; })
        return knows<typename G::Before>(layout);
    return false;
}

template <typename G>
consteval bool leaves_no_gap()
{
    for (auto const& [type, schema] : EventsOf<G>::layouts)
        if (schema < 1 || schema > 0xffff || (schema > 1 && !knows<G>({type, schema - 1})))
            return false;
    return true;
}

[[nodiscard]] Error unknown(
    std::string_view type, std::uint16_t schema, std::span<Layout const> known);
[[nodiscard]] Error broken(std::string_view type);

template <typename G, typename E>
typename G::Event brought_up_to_date(E event)
{
    if constexpr (std::is_same_v<E, typename G::Event> || is_one_of<E, typename G::Event>)
        return event;
    else
        return brought_up_to_date<G>(G::upcast(std::as_const(event)));
}

template <typename G, typename E>
Result<typename G::Event> read_as(std::string_view data)
{
    E event{};
    cbor::Reader in(data);
    read_cbor(in, event);
    if (in.is_broken() || !in.is_at_end())
        return std::unexpected(broken(E::name));
    return brought_up_to_date<G>(std::move(event));
}

template <typename G, typename... Es>
Result<typename G::Event> read_one_of(std::variant<Es...> const*, std::string_view type,
    std::uint16_t schema, std::string_view data)
{
    Result<typename G::Event> event
        = std::unexpected(unknown(type, schema, EventsOf<G>::layouts));
    static_cast<void>(((layout_of<Es>() == Layout{type, schema}
                           && (event = read_as<G, Es>(data), true)) || ...));
    return event;
}

}  // namespace schemas_detail

// Refuses to compile a game whose old events do not all lead to one of today's.
template <typename G>
consteval void expect_upcasts()
{
    using namespace schemas_detail;
    static_assert(requires { typename G::OldEvents; } || !NamesUpcast<G>,
        "upcast: name what it takes in `using OldEvents = std::variant<…>`, the oldest first");
    static_assert(are_distinct(EventsOf<G>::layouts),
        "two events have the same name and schema: count `schema` up");
    static_assert(leaves_no_gap<G>(),
        "a schema counts from 1: keep the structs of the older ones in OldEvents");
    static_assert(all_lead_onward<G>(std::make_index_sequence<EventsOf<G>::olds>()),
        "each old event needs an upcast(Old const&) to an event of today, or an old one after it");
}

// Reads a stored event of G, whose layout may be an old one. Fails with `unavailable` where G
// knows no such type or schema, `internal` where the data is broken.
template <typename G>
[[nodiscard]] Result<typename G::Event> read_event(
    std::string_view type, std::uint16_t schema, std::string_view data)
{
    using namespace schemas_detail;
    return read_one_of<G>(
        static_cast<typename EventsOf<G>::Type const*>(nullptr), type, schema, data);
}

}  // namespace gatehouse::rooms
