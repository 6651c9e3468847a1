// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fmt/format.h>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

namespace gatehouse {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); i++) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); j++) {
            auto const substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
        }
    }
    return row[b.size()];
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

std::optional<std::string_view> nearest(
    std::string_view word, std::span<std::string_view const> known)
{
    std::optional<std::string_view> best;
    std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
    for (auto const each : known)
        if (auto const distance = edit_distance(word, each); distance < best_distance) {
            best = each;
            best_distance = distance;
        }
    return best;
}

bool equal_letters(std::string_view a, std::string_view b)
{
    if (a.size() != b.size())
        return false;
    for (std::size_t i = 0; i < a.size(); i++)
        if (a[i] != b[i] && lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

std::string printable(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); i++) {
        auto const byte = static_cast<unsigned char>(text[i]);
        auto const next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
        bool const is_c1 = byte == 0xc2 && next >= 0x80 && next < 0xa0;
        if (byte >= 0x20 && byte != 0x7f && !is_c1)
            out += text[i];
        else
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", is_c1 ? next : byte);
        i += is_c1 ? 1 : 0;
    }
    return out;
}

std::string rfc3339(std::int64_t ms)
{
    using namespace std::chrono;
    sys_time<milliseconds> const at{milliseconds(ms)};
    auto const day = floor<days>(at);
    year_month_day const date(day);
    hh_mm_ss const time(at - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        time.hours().count(), time.minutes().count(), time.seconds().count(),
        time.subseconds().count());
}

namespace {

// Takes exactly so many digits off the front.
std::optional<int> take_digits(std::string_view& text, std::size_t count)
{
    if (text.size() < count)
        return std::nullopt;
    int number = 0;
    for (char const c : text.substr(0, count)) {
        if (c < '0' || c > '9')
            return std::nullopt;
        number = number * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return number;
}

bool take(std::string_view& text, std::string_view any_of)
{
    if (text.empty() || !any_of.contains(text.front()))
        return false;
    text.remove_prefix(1);
    return true;
}

// Digits beyond the third say nothing here.
std::optional<int> take_milliseconds(std::string_view& text)
{
    int digits = 0;
    int number = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1))
        if (digits++ < 3)
            number = number * 10 + (text.front() - '0');
    for (int i = digits; i < 3; i++)
        number *= 10;
    return digits == 0 ? std::nullopt : std::optional(number);
}

// In minutes.
std::optional<int> take_offset(std::string_view& text)
{
    if (take(text, "Zz"))
        return 0;
    bool const is_west = text.starts_with('-');
    if (!take(text, "+-"))
        return std::nullopt;
    auto const hours = take_digits(text, 2);
    auto const minutes = take(text, ":") ? take_digits(text, 2) : std::nullopt;
    if (!hours || !minutes || *hours > 23 || *minutes > 59)
        return std::nullopt;
    return (*hours * 60 + *minutes) * (is_west ? -1 : 1);
}

} // namespace

// RFC 3339 §5.6; a space may stand for the T.
std::optional<std::int64_t> from_rfc3339(std::string_view text)
{
    using namespace std::chrono;
    auto const year = take_digits(text, 4);
    auto const month = take(text, "-") ? take_digits(text, 2) : std::nullopt;
    auto const day = take(text, "-") ? take_digits(text, 2) : std::nullopt;
    auto const hour = take(text, "Tt ") ? take_digits(text, 2) : std::nullopt;
    auto const minute = take(text, ":") ? take_digits(text, 2) : std::nullopt;
    auto const second = take(text, ":") ? take_digits(text, 2) : std::nullopt;
    if (!year || !month || !day || !hour || !minute || !second)
        return std::nullopt;
    auto const fraction = take(text, ".") ? take_milliseconds(text) : std::optional(0);
    auto const offset = take_offset(text);
    year_month_day const date{std::chrono::year(*year),
        std::chrono::month(static_cast<unsigned>(*month)),
        std::chrono::day(static_cast<unsigned>(*day))};
    bool const is_time = *hour < 24 && *minute < 60 && *second < 60;
    if (!fraction || !offset || !text.empty() || !date.ok() || !is_time)
        return std::nullopt;
    auto const at = sys_days(date) + hours(*hour) + minutes(*minute - *offset) + seconds(*second);
    return duration_cast<milliseconds>(at.time_since_epoch()).count() + *fraction;
}

}  // namespace gatehouse
