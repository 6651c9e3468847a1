// SPDX-License-Identifier: Apache-2.0
#include "schema/formats.hpp"

#include <array>

namespace gatehouse::schema {
namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// Takes that many digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits)
{
    if (text.size() < digits)
        return std::nullopt;
    int number = 0;
    for (auto const c : text.substr(0, digits)) {
        if (!is_digit(c))
            return std::nullopt;
        number = number * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, char c)
{
    if (!text.starts_with(c))
        return false;
    text.remove_prefix(1);
    return true;
}

bool take_any(std::string_view& text, std::string_view of)
{
    if (text.empty() || of.find(text.front()) == of.npos)
        return false;
    text.remove_prefix(1);
    return true;
}

// "Z" or "+01:30", in minutes.
std::optional<int> take_offset(std::string_view& text)
{
    if (take_any(text, "Zz"))
        return 0;
    int const sign = text.starts_with('-') ? -1 : 1;
    if (!take_any(text, "+-"))
        return std::nullopt;
    auto const hours = take_number(text, 2);
    if (!hours || *hours > 23 || !take(text, ':'))
        return std::nullopt;
    auto const minutes = take_number(text, 2);
    if (!minutes || *minutes > 59)
        return std::nullopt;
    return sign * (*hours * 60 + *minutes);
}

// Takes "12Y3M4D" off the front: numbers before these units, in their order without gaps
// (RFC 3339 appendix A). False where there is not even one.
bool take_amounts(std::string_view& text, std::string_view units)
{
    std::optional<std::size_t> last;
    while (!text.empty() && is_digit(text.front())) {
        auto const end = text.find_first_not_of("0123456789");
        auto const unit = end == text.npos ? units.npos : units.find(text[end]);
        if (unit == units.npos || (last && unit != *last + 1))
            return false;
        last = unit;
        text.remove_prefix(end + 1);
    }
    return last.has_value();
}

} // namespace

bool is_date(std::string_view text)
{
    auto const year = take_number(text, 4);
    if (!year || !take(text, '-'))
        return false;
    auto const month = take_number(text, 2);
    if (!month || *month < 1 || *month > 12 || !take(text, '-'))
        return false;
    auto const day = take_number(text, 2);
    static constexpr std::array days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool const is_leap = (*year % 4 == 0 && *year % 100 != 0) || *year % 400 == 0;
    auto const days_max
        = days[static_cast<std::size_t>(*month - 1)] + (*month == 2 && is_leap ? 1 : 0);
    return day && *day >= 1 && *day <= days_max && text.empty();
}

bool is_time(std::string_view text)
{
    auto const hour = take_number(text, 2);
    if (!hour || *hour > 23 || !take(text, ':'))
        return false;
    auto const minute = take_number(text, 2);
    if (!minute || *minute > 59 || !take(text, ':'))
        return false;
    auto const second = take_number(text, 2);
    if (!second || *second > 60)
        return false;
    if (take(text, '.') && !take_number(text, 1))
        return false;
    while (!text.empty() && is_digit(text.front()))
        text.remove_prefix(1);
    auto const offset = take_offset(text);
    if (!offset || !text.empty())
        return false;
    constexpr int day = 24 * 60;
    return *second < 60 || (*hour * 60 + *minute - *offset + day) % day == day - 1;
}

bool is_date_time(std::string_view text)
{
    return text.size() > 11 && (text[10] == 'T' || text[10] == 't') && is_date(text.substr(0, 10))
        && is_time(text.substr(11));
}

bool is_duration(std::string_view text)
{
    if (!take(text, 'P'))
        return false;
    if (auto weeks = text; take_amounts(weeks, "W") && weeks.empty())
        return true;
    bool const has_days = take_amounts(text, "YMD");
    if (text.empty())
        return has_days;
    return take(text, 'T') && take_amounts(text, "HMS") && text.empty();
}

} // namespace gatehouse::schema
