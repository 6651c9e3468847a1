// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace gatehouse::schema {

// A JSON number as it was written: coefficient · 10^exponent, without trailing zeros, so that 1.0
// is 1 and 0.0075 is 75 ten-thousandths, which no double is. What a double of base/json.hpp stands
// for is its shortest spelling: up to 15 digits, and 64-bit integers, come through as they were
// written.
class Decimal {
public:
    Decimal() = default;
    // Of a node that is a number.
    [[nodiscard]] static Decimal of(json::Node number);
    [[nodiscard]] static Decimal of(std::int64_t number);

    [[nodiscard]] bool is_integer() const { return exponent_ >= 0; }
    [[nodiscard]] bool is_positive() const { return !is_negative_ && coefficient_ != 0; }
    // This one is `factor` times a whole number; the factor is positive.
    [[nodiscard]] bool is_multiple_of(Decimal const& factor) const;
    // The number itself, where it is whole and fits.
    [[nodiscard]] std::optional<std::uint64_t> count() const;
    // As short as it can be written: "1", "0.01", "1e400".
    [[nodiscard]] std::string text() const;
    // The same for equal numbers, however they are spelled.
    [[nodiscard]] std::uint64_t hash() const;

    bool operator==(Decimal const&) const = default;
    [[nodiscard]] std::strong_ordering operator<=>(Decimal const& other) const;

private:
    Decimal(bool is_negative, std::uint64_t coefficient, std::int32_t exponent);
    [[nodiscard]] static Decimal of(double number);
    [[nodiscard]] std::strong_ordering compare_size(Decimal const& other) const;

    std::uint64_t coefficient_ = 0;
    std::int32_t exponent_ = 0;
    bool is_negative_ = false; // Never of 0.
};

} // namespace gatehouse::schema
