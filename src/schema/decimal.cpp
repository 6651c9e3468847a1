// SPDX-License-Identifier: Apache-2.0
#include "schema/decimal.hpp"

#include <array>
#include <charconv>
#include <string_view>

namespace gatehouse::schema {
namespace {

__extension__ using Wide = unsigned __int128;

int digits_of(std::uint64_t number)
{
    int digits = 1;
    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

// 10^exponent, at most 10^38.
Wide power_of_ten(int exponent)
{
    Wide power = 1;
    for (; exponent > 0; exponent--)
        power *= 10;
    return power;
}

// 10^exponent modulo `modulus`, by squares.
std::uint64_t power_of_ten_modulo(std::uint64_t exponent, std::uint64_t modulus)
{
    Wide result = 1 % modulus;
    Wide base = 10 % modulus;
    for (; exponent > 0; exponent >>= 1) {
        if ((exponent & 1) != 0)
            result = result * base % modulus;
        base = base * base % modulus;
    }
    return static_cast<std::uint64_t>(result);
}

} // namespace

Decimal::Decimal(bool is_negative, std::uint64_t coefficient, std::int32_t exponent)
    : coefficient_(coefficient)
    , exponent_(coefficient == 0 ? 0 : exponent)
    , is_negative_(is_negative && coefficient != 0)
{
    while (coefficient_ != 0 && coefficient_ % 10 == 0) {
        coefficient_ /= 10;
        exponent_++;
    }
}

Decimal Decimal::of(std::int64_t number)
{
    auto const bits = static_cast<std::uint64_t>(number);
    return {number < 0, number < 0 ? 0 - bits : bits, 0};
}

Decimal Decimal::of(double number)
{
    std::array<char, 32> buffer{};
    auto const end = std::to_chars(
        buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific);
    std::string_view const spelled(buffer.data(), end.ptr);
    std::uint64_t coefficient = 0;
    std::int32_t exponent = 0;
    auto const mark = spelled.find('e');
    bool is_fraction = false;
    for (auto const each : spelled.substr(0, mark)) {
        if (each == '.')
            is_fraction = true;
        if (each < '0' || each > '9')
            continue;
        coefficient = coefficient * 10 + static_cast<std::uint64_t>(each - '0');
        exponent -= is_fraction ? 1 : 0;
    }
    std::int32_t power = 0;
    auto const* const first = spelled.data() + mark + 1;
    std::from_chars(*first == '+' ? first + 1 : first, end.ptr, power);
    return {spelled.front() == '-', coefficient, exponent + power};
}

Decimal Decimal::of(json::Node number)
{
    if (auto const whole = number.integer())
        return of(*whole);
    if (auto const whole = number.unsigned_integer())
        return {false, *whole, 0};
    return of(number.number().value_or(0));
}

std::optional<std::uint64_t> Decimal::count() const
{
    if (is_negative_ || exponent_ < 0 || digits_of(coefficient_) + exponent_ > 20)
        return std::nullopt;
    auto const number = coefficient_ * power_of_ten(exponent_);
    if (number > UINT64_MAX)
        return std::nullopt;
    return static_cast<std::uint64_t>(number);
}

std::strong_ordering Decimal::compare_size(Decimal const& other) const
{
    if (coefficient_ == 0 || other.coefficient_ == 0)
        return coefficient_ <=> other.coefficient_;
    auto const order = digits_of(coefficient_) + exponent_;
    auto const other_order = digits_of(other.coefficient_) + other.exponent_;
    if (order != other_order)
        return order <=> other_order;
    // As many digits before the point: at most 20 apart, so both fit side by side.
    auto const gap = exponent_ - other.exponent_;
    auto const mine = coefficient_ * power_of_ten(gap);
    auto const theirs = other.coefficient_ * power_of_ten(-gap);
    if (mine == theirs)
        return std::strong_ordering::equal;
    return mine < theirs ? std::strong_ordering::less : std::strong_ordering::greater;
}

std::strong_ordering Decimal::operator<=>(Decimal const& other) const
{
    if (is_negative_ != other.is_negative_)
        return is_negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
    return is_negative_ ? other.compare_size(*this) : compare_size(other);
}

bool Decimal::is_multiple_of(Decimal const& factor) const
{
    if (coefficient_ == 0)
        return true;
    auto const gap = exponent_ - factor.exponent_;
    if (gap >= 0) {
        auto const modulus = factor.coefficient_;
        auto const power = power_of_ten_modulo(static_cast<std::uint64_t>(gap), modulus);
        return static_cast<Wide>(coefficient_ % modulus) * power % modulus == 0;
    }
    // The factor has -gap zeros at its end, which this one has not: it holds no more tens.
    return false;
}

std::string Decimal::text() const
{
    constexpr int zeros_max = 20;
    auto text = std::to_string(coefficient_);
    auto const point = static_cast<int>(text.size()) + exponent_; // Digits before it.
    if (exponent_ > zeros_max || point < -zeros_max)
        text.append("e").append(std::to_string(exponent_));
    else if (exponent_ >= 0)
        text.append(static_cast<std::size_t>(exponent_), '0');
    else if (point > 0)
        text.insert(static_cast<std::size_t>(point), ".");
    else
        text.insert(0, "0." + std::string(static_cast<std::size_t>(-point), '0'));
    return is_negative_ ? "-" + text : text;
}

std::uint64_t Decimal::hash() const
{
    auto const mixed = coefficient_ * 0x9e3779b97f4a7c15U
        + static_cast<std::uint64_t>(static_cast<std::uint32_t>(exponent_));
    return (mixed ^ (mixed >> 29)) * 0xbf58476d1ce4e5b9U + (is_negative_ ? 1 : 0);
}

} // namespace gatehouse::schema
