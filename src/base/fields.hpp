// SPDX-License-Identifier: Apache-2.0
#pragma once

// Described structs. A struct names its fields once,
//
//     struct Declared {
//         int seat;
//         int piles;
//         static void fields(auto& self, auto&& field)
//         {
//             field("seat", self.seat);
//             field("piles", self.piles);
//         }
//     };
//
// (a struct without members needs none), and that gives it JSON out (views), JSON in with errors
// that name a pointer (actions), merge patches (RFC 7396) between two values, and deterministic
// CBOR both ways (events, states).
//
// Fields may be: bool, integers, enums with `enum_names`, std::string, std::optional (absent, never
// null), std::vector, std::array, described structs. No floats: states must be equal on every
// machine. A variant is a choice of described structs, each with `static constexpr std::string_view
// name`.

#include "base/cbor.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace gatehouse {

namespace fields_detail {

struct CountFields {
    std::size_t count = 0;
    void operator()(std::string_view, auto&) { count++; }
};

template <typename T>
inline constexpr bool is_optional = false;
template <typename T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <typename T>
inline constexpr bool is_vector = false;
template <typename T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <typename T>
inline constexpr bool is_array = false;
template <typename T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;

}  // namespace fields_detail

template <typename T>
concept Described = std::is_class_v<T>
    && (std::is_empty_v<T> || requires(T& value, fields_detail::CountFields& visit) {
           T::fields(value, visit);
       });

namespace fields_detail {

template <typename T>
void each_field([[maybe_unused]] T& value, [[maybe_unused]] auto&& visit)
{
    if constexpr (!std::is_empty_v<T>)
        T::fields(value, visit);
}

}  // namespace fields_detail

// An enum tells its names by `constexpr std::array<std::string_view, N> enum_names(E)`, found by
// argument lookup; enumerators count from 0.
template <typename T>
concept NamedEnum = std::is_enum_v<T> && requires(T value) {
    { enum_names(value)[0] } -> std::convertible_to<std::string_view>;
};

template <typename T>
concept Sequence = fields_detail::is_vector<T> || fields_detail::is_array<T>;

// ---- JSON out

template <typename T>
void write_json(json::Writer& out, T const& value)
{
    if constexpr (std::same_as<T, bool> || std::integral<T>) {
        out.value(value);
    } else if constexpr (NamedEnum<T>) {
        out.value(enum_names(value)[static_cast<std::size_t>(value)]);
    } else if constexpr (std::convertible_to<T const&, std::string_view>) {
        out.value(std::string_view(value));
    } else if constexpr (Sequence<T>) {
        out.array();
        for (auto const& element : value)
            write_json(out, element);
        out.end_array();
    } else {
        static_assert(Described<T>, "only described structs can be written");
        out.object();
        fields_detail::each_field(value, [&out]<typename F>(std::string_view name, F const& field) {
            if constexpr (fields_detail::is_optional<F>) {
                if (field)
                    write_json(out.key(name), *field);
            } else {
                write_json(out.key(name), field);
            }
        });
        out.end_object();
    }
}

// ---- Merge patches

namespace fields_detail {

// Visits two values of one struct side by side: the second one's fields are found by their offset
// in the first.
template <Described T>
void each_pair(T const& before, T const& after, auto&& visit)
{
    fields_detail::each_field(after, [&]<typename F>(std::string_view name, F const& field) {
        auto const offset
            = reinterpret_cast<char const*>(&field) - reinterpret_cast<char const*>(&after);
        auto const& old
            = *reinterpret_cast<F const*>(reinterpret_cast<char const*>(&before) + offset);
        visit(name, old, field);
    });
}

}  // namespace fields_detail

template <typename T>
bool is_same(T const& a, T const& b)
{
    if constexpr (Described<T>) {
        bool same = true;
        fields_detail::each_pair(a, b, [&same](std::string_view, auto const& x, auto const& y) {
            same = same && is_same(x, y);
        });
        return same;
    } else if constexpr (fields_detail::is_optional<T>) {
        return a.has_value() == b.has_value() && (!a || is_same(*a, *b));
    } else if constexpr (Sequence<T>) {
        if (a.size() != b.size())
            return false;
        for (std::size_t i = 0; i < a.size(); i++)
            if (!is_same(a[i], b[i]))
                return false;
        return true;
    } else {
        return a == b;
    }
}

// Writes the RFC 7396 patch that turns `before` into `after`: an object with the members that
// differ, null for those that went. Arrays are replaced whole.
template <Described T>
void write_patch(json::Writer& out, T const& before, T const& after)
{
    out.object();
    fields_detail::each_pair(before, after,
        [&out]<typename F>(std::string_view name, F const& old, F const& now) {
            if (is_same(old, now))
                return;
            out.key(name);
            if constexpr (fields_detail::is_optional<F>) {
                if (!now)
                    out.null();
                else if constexpr (Described<typename F::value_type>) {
                    if (old)
                        write_patch(out, *old, *now);
                    else
                        write_json(out, *now);
                } else
                    write_json(out, *now);
            } else if constexpr (Described<F>) {
                write_patch(out, old, now);
            } else {
                write_json(out, now);
            }
        });
    out.end_object();
}

// ---- JSON in

// Where in a document something stands: a chain of path parts on the stack, printed as an RFC 6901
// pointer only when there is an error to tell.
struct JsonPath {
    JsonPath const* parent = nullptr;
    std::string_view name{};
    std::size_t index = 0;

    [[nodiscard]] std::string text() const;
};

[[nodiscard]] std::unexpected<Error> bad_value(JsonPath const& at, std::string_view expected);
[[nodiscard]] std::unexpected<Error> unknown_member(
    JsonPath const& at, std::string_view name, std::span<std::string_view const> known);

template <typename T>
[[nodiscard]] Result<void> read_json(json::Node node, T& value, JsonPath const& at = {});

namespace fields_detail {

template <typename T>
Result<void> read_integer(json::Node node, T& value, JsonPath const& at)
{
    if constexpr (std::same_as<T, std::uint64_t>) {
        if (auto const number = node.unsigned_integer()) {
            value = *number;
            return {};
        }
        return bad_value(at, "a whole number from 0");
    } else {
        auto const number = node.integer();
        if (number && std::in_range<T>(*number)) {
            value = static_cast<T>(*number);
            return {};
        }
        return bad_value(at, "a whole number in range");
    }
}

template <NamedEnum T>
Result<void> read_enum(json::Node node, T& value, JsonPath const& at)
{
    auto const text = node.text();
    auto const& names = enum_names(value);
    for (std::size_t i = 0; text && i < names.size(); i++)
        if (names[i] == *text) {
            value = static_cast<T>(i);
            return {};
        }
    std::string expected = "one of";
    for (auto const name : names)
        expected.append(" ").append(name);
    return bad_value(at, expected);
}

template <Sequence T>
Result<void> read_sequence(json::Node node, T& value, JsonPath const& at)
{
    if (node.kind() != json::Kind::array)
        return bad_value(at, "an array");
    if constexpr (is_vector<T>)
        value.resize(node.size());
    else if (node.size() != value.size())
        return bad_value(at, "an array of another length");
    Result<void> result{};
    std::size_t i = 0;
    node.each_element([&](json::Node element) {
        result = read_json(element, value[i], JsonPath{&at, {}, i});
        i++;
        return result.has_value();
    });
    return result;
}

template <Described T>
Result<void> read_object(json::Node node, T& value, JsonPath const& at)
{
    if (node.kind() != json::Kind::object)
        return bad_value(at, "an object");
    Result<void> result{};
    std::size_t found = 0;
    fields_detail::each_field(value, [&]<typename F>(std::string_view name, F& field) {
        auto const member = node.find(name);
        found += member ? 1 : 0;
        if (!result)
            return;
        if constexpr (is_optional<F>) {
            if (member && member->kind() != json::Kind::null)
                result = read_json(*member, field.emplace(), JsonPath{&at, name});
        } else if (member) {
            result = read_json(*member, field, JsonPath{&at, name});
        } else if constexpr (!requires { T::lenient; }) {
            result = bad_value(JsonPath{&at, name}, "a value, and there is none");
        }
    });
    if (!result || found == node.size())
        return result;
    std::vector<std::string_view> known;
    each_field(value, [&known](std::string_view name, auto&) { known.push_back(name); });
    node.each_member([&](std::string_view name, json::Node) {
        for (auto const each : known)
            if (each == name)
                return true;
        result = unknown_member(at, name, known);
        return false;
    });
    return result;
}

}  // namespace fields_detail

// Reads strictly: every field must be there, unless it is optional or the struct says
// `static constexpr bool lenient = true` (absent fields keep their defaults); members that no field
// names are an error. Fails with bad_request and a message such as "/cards/2: expected …".
template <typename T>
Result<void> read_json(json::Node node, T& value, JsonPath const& at)
{
    if constexpr (std::same_as<T, bool>) {
        auto const truth = node.boolean();
        if (!truth)
            return bad_value(at, "true or false");
        value = *truth;
        return {};
    } else if constexpr (std::integral<T>) {
        return fields_detail::read_integer(node, value, at);
    } else if constexpr (NamedEnum<T>) {
        return fields_detail::read_enum(node, value, at);
    } else if constexpr (std::same_as<T, std::string>) {
        auto const text = node.text();
        if (!text)
            return bad_value(at, "text");
        value = *text;
        return {};
    } else if constexpr (Sequence<T>) {
        return fields_detail::read_sequence(node, value, at);
    } else {
        static_assert(Described<T>, "only described structs can be read");
        return fields_detail::read_object(node, value, at);
    }
}

// ---- CBOR out and in

template <typename T>
void write_cbor(cbor::Writer& out, T const& value)
{
    if constexpr (std::same_as<T, bool>) {
        out.boolean(value);
    } else if constexpr (std::integral<T>) {
        out.integer(value);
    } else if constexpr (std::is_enum_v<T>) {
        out.integer(std::to_underlying(value));
    } else if constexpr (std::same_as<T, std::string>) {
        out.text(value);
    } else if constexpr (fields_detail::is_optional<T>) {
        if (value)
            write_cbor(out, *value);
        else
            out.null();
    } else if constexpr (Sequence<T>) {
        out.array(value.size());
        for (auto const& element : value)
            write_cbor(out, element);
    } else {
        static_assert(Described<T>, "only described structs can be written");
        fields_detail::CountFields counted;
        fields_detail::each_field(value, counted);
        out.map(counted.count);
        fields_detail::each_field(value, [&out](std::string_view name, auto const& field) {
            out.text(name);
            write_cbor(out, field);
        });
    }
}

// Reads what write_cbor wrote; the reader is broken where it does not fit. Members must stand in
// the order of the fields: other layouts are other schema versions, and upcasters bring them here.
template <typename T>
void read_cbor(cbor::Reader& in, T& value)
{
    if constexpr (std::same_as<T, bool>) {
        value = in.boolean();
    } else if constexpr (std::integral<T>) {
        if constexpr (std::same_as<T, std::uint64_t>) {
            value = in.unsigned_integer();
        } else {
            auto const number = in.integer();
            if (!std::in_range<T>(number))
                in.break_off();
            value = static_cast<T>(number);
        }
    } else if constexpr (NamedEnum<T>) {
        auto const number = in.unsigned_integer();
        if (number >= enum_names(value).size())
            in.break_off();
        else
            value = static_cast<T>(number);
    } else if constexpr (std::same_as<T, std::string>) {
        value = in.text();
    } else if constexpr (fields_detail::is_optional<T>) {
        if (in.null())
            value.reset();
        else
            read_cbor(in, value.emplace());
    } else if constexpr (Sequence<T>) {
        auto const size = in.array();
        if constexpr (fields_detail::is_vector<T>)
            value.resize(size);
        else if (size != value.size())
            in.break_off();
        for (auto& element : value)
            if (!in.is_broken())
                read_cbor(in, element);
    } else {
        static_assert(Described<T>, "only described structs can be read");
        fields_detail::CountFields counted;
        fields_detail::each_field(value, counted);
        if (in.map() != counted.count)
            in.break_off();
        fields_detail::each_field(value, [&in](std::string_view name, auto& field) {
            if (in.is_broken())
                return;
            if (in.text() != name)
                in.break_off();
            else
                read_cbor(in, field);
        });
    }
}

// ---- Variants: a name and a body

template <typename V>
struct Choice;

template <typename... Ts>
struct Choice<std::variant<Ts...>> {
    using Variant = std::variant<Ts...>;

    static constexpr std::array<std::string_view, sizeof...(Ts)> names{Ts::name...};

    static std::string_view name_of(Variant const& value) { return names[value.index()]; }

    // Puts the default of the alternative called `name` into `value`.
    static bool select(std::string_view name, Variant& value)
    {
        return ((Ts::name == name && (value.template emplace<Ts>(), true)) || ...);
    }
};

// For std::visit.
template <typename... Fs>
struct Overload : Fs... {
    using Fs::operator()...;
};
template <typename... Fs>
Overload(Fs...) -> Overload<Fs...>;

}  // namespace gatehouse
