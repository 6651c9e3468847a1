// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "config/settings_values.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace gatehouse::config {

// Quantities carry their unit. Each reader answers the value, or what is wrong and what to write
// instead; each writer gives the shortest text that reads back as the same value.
template <typename T> using Read = std::expected<T, std::string>;

// "250ms", "10s", "5m", "24h", "7d": whole numbers, more than none, at most ten years.
[[nodiscard]] Read<Duration> read_duration(std::string_view text);
[[nodiscard]] std::string write_duration(Duration duration);

// "512B", "16KiB", "1MiB", "2GiB" (by 1024) and "16KB", "1MB", "2GB" (by 1000).
[[nodiscard]] Read<Size> read_size(std::string_view text);
[[nodiscard]] std::string write_size(Size size);

// "5/s", "100/min", "1000/h", "10000/d", "5/10s".
[[nodiscard]] Read<Rate> read_rate(std::string_view text);
[[nodiscard]] std::string write_rate(Rate rate);

// "20%": whole, 0 to 100.
[[nodiscard]] Read<int> read_percent(std::string_view text);

// Decimal digits only: `010` is refused, because YAML readers disagree whether it is 8 or 10.
[[nodiscard]] Read<int> read_count(std::string_view text, int min, int max);

} // namespace gatehouse::config
