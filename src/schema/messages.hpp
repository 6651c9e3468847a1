// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "schema/decimal.hpp"
#include "schema/program.hpp"
#include "schema/value.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::schema {

// What faults say: sentences whose subject is the value at the pointer. They show what was sent,
// cut where it is long.
[[nodiscard]] std::string shown(Value const& value);
[[nodiscard]] std::string quoted(std::string_view text);
// "1 element", "2 elements".
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);

[[nodiscard]] std::string wrong_type(Kinds allowed, Value const& value);
[[nodiscard]] std::string not_among(std::span<json::Node const> constants, Value const& value);
[[nodiscard]] std::string not_among(std::span<std::string const> texts, Value const& value);
// "must be at most 5, but is 7".
[[nodiscard]] std::string beyond(std::string_view must, Decimal const& bound, Value const& value);
[[nodiscard]] std::string wrong_count(
    bool is_most, std::size_t bound, std::string_view noun, std::size_t count);
[[nodiscard]] std::string lacks(std::string_view name);
[[nodiscard]] std::string not_known(std::string_view name, std::span<std::string const> known);

} // namespace gatehouse::schema
