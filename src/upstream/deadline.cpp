// SPDX-License-Identifier: Apache-2.0
#include "upstream/deadline.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>

namespace gatehouse::upstream {
namespace {

using namespace std::chrono_literals;

struct Unit {
    std::string_view name;
    Duration length;
};

constexpr std::array own_units{Unit{"ms", 1ms}, Unit{"s", 1s}, Unit{"m", 1min}};
constexpr std::array grpc_units{Unit{"n", 1ns}, Unit{"u", 1us}, Unit{"m", 1ms}, Unit{"S", 1s},
    Unit{"M", 1min}, Unit{"H", 1h}}; // From the finest.
constexpr std::size_t digits_max = 8;
constexpr std::int64_t count_max = 99'999'999;

std::optional<Duration> parse(std::string_view text, std::span<Unit const> units)
{
    auto const digits = std::min(text.find_first_not_of("0123456789"), text.size());
    auto const unit = std::ranges::find(units, text.substr(digits), &Unit::name);
    if (digits == 0 || digits > digits_max || unit == units.end())
        return std::nullopt;
    std::int64_t count = 0;
    std::from_chars(text.data(), text.data() + digits, count);
    // Not multiplied first: a hundred million hours are too many nanoseconds.
    return count > timeout_max / unit->length ? timeout_max : count * unit->length;
}

} // namespace

std::optional<Duration> parse_timeout(std::string_view text)
{
    return parse(text, own_units);
}

std::string print_timeout(Duration left)
{
    auto const ms = std::chrono::floor<Milliseconds>(left).count();
    if (ms > count_max)
        return std::to_string(std::min(ms / 1'000, count_max)) + "s";
    return std::to_string(std::max<std::int64_t>(ms, 0)) + "ms";
}

std::optional<Duration> parse_grpc_timeout(std::string_view text)
{
    return parse(text, grpc_units);
}

std::string print_grpc_timeout(Duration left)
{
    left = std::clamp(left, Duration::zero(), timeout_max);
    auto const unit = std::ranges::find_if(
        grpc_units, [&](Unit const& each) { return left / each.length <= count_max; });
    return std::to_string(left / unit->length) + std::string(unit->name);
}

TimePoint deadline_of(TimePoint now, Duration allowed, std::optional<Duration> received)
{
    return now + std::min(allowed, received.value_or(allowed));
}

Duration left_of(TimePoint deadline, TimePoint now)
{
    return std::max(deadline - now, Duration::zero());
}

} // namespace gatehouse::upstream
