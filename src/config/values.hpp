// SPDX-License-Identifier: Apache-2.0
#pragma once

// How each type of value is written: read from text, written as text that reads back the same, and
// described for people (`name`) and editors (`pattern`, a regular expression). Types of one section
// have a file of their own; here is what all sections use.

#include "config/settings_values.hpp"
#include "config/value.hpp"
#include "config/values_auth.hpp"
#include "config/values_limits.hpp"
#include "config/values_listen.hpp"
#include "config/values_operations.hpp"
#include "config/values_rooms.hpp"
#include "config/values_routes.hpp"
#include "config/values_services.hpp"
#include "config/values_store.hpp"

#include <array>
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace gatehouse::config {

[[nodiscard]] Wrong read_value(std::string_view text, std::string& value);
[[nodiscard]] Wrong read_value(std::string_view text, bool& value);
[[nodiscard]] Wrong read_value(std::string_view text, Duration& value);
[[nodiscard]] Wrong read_value(std::string_view text, Size& value);
[[nodiscard]] Wrong read_value(std::string_view text, Percent& value);
[[nodiscard]] Wrong read_value(std::string_view text, Rate& value);
[[nodiscard]] Wrong read_value(std::string_view text, Address& value);
[[nodiscard]] Wrong read_value(std::string_view text, Path& value);
[[nodiscard]] Wrong read_value(std::string_view text, Secret& value);

[[nodiscard]] Wrong read_choice(std::string_view text, std::vector<std::string_view> const& names,
    std::vector<std::string_view> const& later, std::size_t& choice);

// Choices that GATEWAY promises and this version doesn't have: said clearly, not called unknown.
constexpr std::array<std::string_view, 0> later_names(auto)
{
    return {};
}

template <NamedEnum E> [[nodiscard]] Wrong read_value(std::string_view text, E& value)
{
    auto const names = enum_names(value);
    auto const later = later_names(value);
    std::size_t choice = 0;
    auto wrong
        = read_choice(text, {names.begin(), names.end()}, {later.begin(), later.end()}, choice);
    if (!wrong)
        value = static_cast<E>(choice);
    return wrong;
}

[[nodiscard]] std::string write_value(std::string const& value);
[[nodiscard]] std::string write_value(bool value);
[[nodiscard]] std::string write_value(int value);
[[nodiscard]] std::string write_value(Duration value);
[[nodiscard]] std::string write_value(Size value);
[[nodiscard]] std::string write_value(Percent value);
[[nodiscard]] std::string write_value(Rate value);
[[nodiscard]] std::string write_value(Address const& value);
[[nodiscard]] std::string write_value(Path const& value);
[[nodiscard]] std::string write_value(Secret const& value); // The reference only.
template <NamedEnum E> [[nodiscard]] std::string write_value(E value)
{
    return std::string(enum_names(value)[static_cast<std::size_t>(value)]);
}

constexpr ValueType type_of(std::string const&)
{
    return {"text", ""};
}
constexpr ValueType type_of(bool const&)
{
    return {"on, off", "^(on|off|true|false)$"};
}
constexpr ValueType type_of(int const&)
{
    return {"number", "^[0-9]+$"};
}
constexpr ValueType type_of(Duration const&)
{
    return {"duration", "^[0-9]+(ms|s|m|h|d)$"};
}
constexpr ValueType type_of(Size const&)
{
    return {"size", "^[0-9]+(B|[KMG]i?B)$"};
}
constexpr ValueType type_of(Percent const&)
{
    return {"percent", "^(100|[0-9]?[0-9])%$"};
}
constexpr ValueType type_of(Rate const&)
{
    return {"rate", "^[0-9]+/(s|min|h|d|[0-9]+(ms|s|m|h|d))$"};
}
constexpr ValueType type_of(Address const&)
{
    return {"host:port", ":[0-9]+$"};
}
constexpr ValueType type_of(Path const&)
{
    return {"path", ""};
}
constexpr ValueType type_of(Secret const&)
{
    return {"secret", "^(env|file):."};
}

template <typename T>
concept ScalarValue = requires(T const& value)
{
    type_of(value);
    write_value(value);
}
|| NamedEnum<T>;

template <typename T>
concept HasShortForm = requires(T const& value)
{
    write_short(value);
};

// Finishes a value that was read: resolves paths, fetches secrets, fills in what follows from the
// rest, and checks what spans its fields.
[[nodiscard]] Wrong settle(auto&, Surroundings const&)
{
    return std::nullopt;
}
[[nodiscard]] Wrong settle(Path& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Secret& value, Surroundings const& around);

} // namespace gatehouse::config
