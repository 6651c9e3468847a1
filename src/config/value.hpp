// SPDX-License-Identifier: Apache-2.0
#pragma once

// The words that reading and writing a value use. See values.hpp.

#include "config/units.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gatehouse::config {

constexpr std::string_view not_yet = "is not supported yet by this version";

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

template <typename T>
[[nodiscard]] Wrong accept(Read<T> read, T& value)
{
    if (!read)
        return std::move(read).error();
    value = *std::move(read);
    return std::nullopt;
}

// What a value needs from outside to be finished.
struct Surroundings {
    std::string_view folder; // Relative paths start here. Empty: the working directory.
    std::function<std::optional<std::string>(std::string_view name)> const& environment;
    std::function<std::optional<std::string>(std::string_view path)> const& read_file;
};

[[nodiscard]] std::string resolve_path(std::string_view path, std::string_view folder);

} // namespace gatehouse::config
