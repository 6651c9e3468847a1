// SPDX-License-Identifier: Apache-2.0
#pragma once

// How each type of value is written: read from text, written as text that reads back the same, and
// described for people (`name`) and editors (`pattern`, a regular expression).

#include "config/settings.hpp"
#include "config/units.hpp"

#include <array>
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace gatehouse::config {

// What is wrong and what to do, if anything is.
using Wrong = std::optional<std::string>;

struct ValueType {
    std::string_view name;
    std::string_view pattern;
};

template <typename T>
concept NamedEnum = std::is_enum_v<T> && requires(T value)
{
    enum_names(value)[0];
};

[[nodiscard]] Wrong read_value(std::string_view text, std::string& value);
[[nodiscard]] Wrong read_value(std::string_view text, bool& value);
[[nodiscard]] Wrong read_value(std::string_view text, Duration& value);
[[nodiscard]] Wrong read_value(std::string_view text, Size& value);
[[nodiscard]] Wrong read_value(std::string_view text, Percent& value);
[[nodiscard]] Wrong read_value(std::string_view text, Rate& value);
[[nodiscard]] Wrong read_value(std::string_view text, Shards& value);
[[nodiscard]] Wrong read_value(std::string_view text, Address& value);
[[nodiscard]] Wrong read_value(std::string_view text, Path& value);
[[nodiscard]] Wrong read_value(std::string_view text, Store& value);
[[nodiscard]] Wrong read_value(std::string_view text, ObjectStore& value);
[[nodiscard]] Wrong read_value(std::string_view text, Redis& value);
[[nodiscard]] Wrong read_value(std::string_view text, RulesProcess& value);
[[nodiscard]] Wrong read_value(std::string_view text, Secret& value);
// Short forms of what may also be written as a map.
[[nodiscard]] Wrong read_value(std::string_view text, Match& value);
[[nodiscard]] Wrong read_value(std::string_view text, Target& value);
[[nodiscard]] Wrong read_value(std::string_view text, Health& value);

[[nodiscard]] Wrong read_choice(std::string_view text, std::vector<std::string_view> const& names,
    std::vector<std::string_view> const& later, std::size_t& choice);

// Choices that GATEWAY promises and this version doesn't have: said clearly, not called unknown.
constexpr std::array<std::string_view, 0> later_names(auto)
{
    return {};
}
constexpr std::array<std::string_view, 2> later_names(Balance)
{
    return {"weighted", "consistent_hash"};
}
constexpr std::array<std::string_view, 2> later_names(LimitBy)
{
    return {"key", "room"};
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
[[nodiscard]] std::string write_value(Shards value);
[[nodiscard]] std::string write_value(Address const& value);
[[nodiscard]] std::string write_value(Path const& value);
[[nodiscard]] std::string write_value(Store const& value);
[[nodiscard]] std::string write_value(ObjectStore const& value);
[[nodiscard]] std::string write_value(Redis const& value);
[[nodiscard]] std::string write_value(RulesProcess const& value);
[[nodiscard]] std::string write_value(Secret const& value); // The reference only.
template <NamedEnum E> [[nodiscard]] std::string write_value(E value)
{
    return std::string(enum_names(value)[static_cast<std::size_t>(value)]);
}

// The short form, where the value has one.
[[nodiscard]] std::optional<std::string> write_short(Match const& value);
[[nodiscard]] std::optional<std::string> write_short(Target const& value);
[[nodiscard]] std::optional<std::string> write_short(Health const& value);

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
constexpr ValueType type_of(Shards const&)
{
    return {"auto or number", "^(auto|[0-9]+)$"};
}
constexpr ValueType type_of(Address const&)
{
    return {"host:port", ":[0-9]+$"};
}
constexpr ValueType type_of(Path const&)
{
    return {"path", ""};
}
constexpr ValueType type_of(Store const&)
{
    return {"store", "^(memory$|sqlite:.|postgres(ql)?://.)"};
}
constexpr ValueType type_of(ObjectStore const&)
{
    return {"object store", "^(none$|file:.|s3://.)"};
}
constexpr ValueType type_of(Redis const&)
{
    return {"redis", "^(none$|redis://.|unix:.)"};
}
constexpr ValueType type_of(RulesProcess const&)
{
    return {"unix:PATH", "^unix:."};
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

// What a value needs from outside to be finished.
struct Surroundings {
    std::string_view folder; // Relative paths start here. Empty: the working directory.
    std::function<std::optional<std::string>(std::string_view name)> const& environment;
    std::function<std::optional<std::string>(std::string_view path)> const& read_file;
};

// Finishes a value that was read: resolves paths, fetches secrets, fills in what follows from the
// rest, and checks what spans its fields.
[[nodiscard]] Wrong settle(auto&, Surroundings const&)
{
    return std::nullopt;
}
[[nodiscard]] Wrong settle(Path& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Store& value, Surroundings const& around);
[[nodiscard]] Wrong settle(ObjectStore& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Redis& value, Surroundings const& around);
[[nodiscard]] Wrong settle(RulesProcess& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Seats& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Capacity& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Archive& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Secret& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Limit& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Match& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Target& value, Surroundings const& around);

[[nodiscard]] std::string resolve_path(std::string_view path, std::string_view folder);

} // namespace gatehouse::config
