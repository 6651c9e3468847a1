// SPDX-License-Identifier: Apache-2.0
#include "config/units.hpp"

#include "config/problem.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <span>

namespace gatehouse::config {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

// Largest first, so that a writer finds the shortest text.
constexpr std::array<Unit, 5> time_units {{
    {"d", 86'400'000},
    {"h", 3'600'000},
    {"m", 60'000},
    {"s", 1'000},
    {"ms", 1},
}};
constexpr std::uint64_t duration_ms_max = 10 * 365 * time_units[0].factor;

constexpr std::array<Unit, 7> size_units {{
    {"GiB", 1ULL << 30},
    {"GB", 1'000'000'000},
    {"MiB", 1ULL << 20},
    {"MB", 1'000'000},
    {"KiB", 1ULL << 10},
    {"KB", 1'000},
    {"B", 1},
}};
constexpr std::uint64_t size_bytes_max = 1ULL << 50;

constexpr std::array<Unit, 4> rate_units {{
    {"d", 86'400'000},
    {"h", 3'600'000},
    {"min", 60'000},
    {"s", 1'000},
}};

// The number that `text` begins with; `text` keeps what follows it.
std::optional<std::uint64_t> take_number(std::string_view& text)
{
    std::uint64_t number = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc {} || (text.size() > 1 && text[0] == '0' && end != text.data() + 1))
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

Unit const* find_unit(std::span<Unit const> units, std::string_view name)
{
    for (auto const& each : units)
        if (each.name == name)
            return &each;
    return nullptr;
}

// A whole number and its unit, at most `max` of the smallest unit.
Read<std::uint64_t> read_quantity(std::string_view text, std::span<Unit const> units,
    std::uint64_t max, std::string_view what, std::string_view examples)
{
    auto rest = text;
    auto const number = take_number(rest);
    if (!number)
        return std::unexpected(fmt::format("{} is no {}: write {}", quote(text), what, examples));
    if (rest.empty())
        return std::unexpected(fmt::format("{} has no unit: write {}{}, not {}", quote(text), text,
            what == "size" ? "B" : "s", text));
    auto const* const unit = find_unit(units, rest);
    if (!unit) {
        std::vector<std::string_view> known;
        for (auto const& each : units)
            known.push_back(each.name);
        return std::unexpected(
            fmt::format("{} has no known unit{}", quote(text), suggest(rest, known, "units")));
    }
    if (*number > max / unit->factor)
        return std::unexpected(fmt::format("{} is too large a {}", quote(text), what));
    return *number * unit->factor;
}

std::string write_quantity(std::uint64_t amount, std::span<Unit const> units)
{
    for (auto const& each : units)
        if (amount % each.factor == 0 && amount >= each.factor)
            return fmt::format("{}{}", amount / each.factor, each.name);
    return fmt::format("0{}", units.back().name);
}

constexpr Duration milliseconds(std::uint64_t ms)
{
    return Milliseconds(static_cast<std::int64_t>(ms));
}

std::uint64_t count_ms(Duration duration)
{
    return static_cast<std::uint64_t>(std::chrono::duration_cast<Milliseconds>(duration).count());
}

} // namespace

Read<Duration> read_duration(std::string_view text)
{
    auto const ms = read_quantity(
        text, time_units, duration_ms_max, "duration", "a whole number and ms, s, m, h or d");
    if (!ms)
        return std::unexpected(ms.error());
    if (*ms == 0)
        return std::unexpected(fmt::format("{} is no time at all: write 1ms or more", quote(text)));
    return milliseconds(*ms);
}

std::string write_duration(Duration duration)
{
    return write_quantity(count_ms(duration), time_units);
}

Read<Size> read_size(std::string_view text)
{
    auto const bytes = read_quantity(text, size_units, size_bytes_max, "size",
        "a whole number and B, KiB, MiB, GiB, KB, MB or GB");
    if (!bytes)
        return std::unexpected(bytes.error());
    return Size {*bytes};
}

std::string write_size(Size size)
{
    return write_quantity(size.bytes, size_units);
}

Read<Rate> read_rate(std::string_view text)
{
    constexpr std::string_view how = "write how many per time: 5/s, 100/min, 1000/h or 10000/d";
    auto rest = text;
    auto const count = take_number(rest);
    if (count && rest.empty())
        return std::unexpected(
            fmt::format("{} has no unit: write {}/s or {}/min", quote(text), text, text));
    if (!count || !rest.starts_with('/'))
        return std::unexpected(fmt::format("{} is no rate: {}", quote(text), how));
    rest.remove_prefix(1);
    if (*count < 1 || *count > 1'000'000'000)
        return std::unexpected(
            fmt::format("{} is out of range: a rate counts 1 to 1000000000", quote(text)));

    auto const* const unit = find_unit(rate_units, rest);
    auto const period = unit ? Read<Duration>(milliseconds(unit->factor)) : read_duration(rest);
    if (!period)
        return std::unexpected(fmt::format("{} is no rate: {}", quote(text), how));
    return Rate {static_cast<int>(*count), *period};
}

std::string write_rate(Rate rate)
{
    for (auto const& each : rate_units)
        if (count_ms(rate.period) == each.factor)
            return fmt::format("{}/{}", rate.count, each.name);
    return fmt::format("{}/{}", rate.count, write_duration(rate.period));
}

Read<int> read_percent(std::string_view text)
{
    auto rest = text;
    auto const number = take_number(rest);
    if (!number || rest != "%" || *number > 100)
        return std::unexpected(fmt::format("{} is no share: write 0% to 100%", quote(text)));
    return static_cast<int>(*number);
}

Read<int> read_count(std::string_view text, int min, int max)
{
    if (text.size() > 1 && text[0] == '0'
        && text.find_first_not_of("0123456789") == std::string_view::npos) {
        auto const digits = text.substr(std::min(text.find_first_not_of('0'), text.size() - 1));
        return std::unexpected(fmt::format(
            "{} begins with 0, which some read as octal: write {}", quote(text), digits));
    }
    auto rest = text;
    auto const number = take_number(rest);
    if (!number || !rest.empty())
        return std::unexpected(
            fmt::format("{} is no whole number: write {} to {}", quote(text), min, max));
    if (*number > static_cast<std::uint64_t>(max) || static_cast<std::int64_t>(*number) < min)
        return std::unexpected(
            fmt::format("{} is out of range: write {} to {}", quote(text), min, max));
    return static_cast<int>(*number);
}

} // namespace gatehouse::config
