// SPDX-License-Identifier: Apache-2.0
// As https://sqlite.org/fileformat2.html#b_tree_pages tells.
#pragma once

#include "storage/sqlite/pages.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse::storage::sqlite {

inline constexpr std::size_t leaf_page = 13; // The first byte of a page of a table's tree.
inline constexpr std::size_t interior_page = 5;

// The bytes of a page, whatever they are: zeros beyond its end.
class PageBytes {
public:
    explicit PageBytes(std::string_view bytes)
        : bytes_(bytes)
    { }

    [[nodiscard]] std::size_t byte(std::size_t at) const
    {
        return at < bytes_.size() ? static_cast<std::uint8_t>(bytes_[at]) : 0;
    }
    [[nodiscard]] std::size_t word(std::size_t at) const { return byte(at) << 8 | byte(at + 1); }
    [[nodiscard]] std::uint32_t page_number(std::size_t at) const
    {
        return static_cast<std::uint32_t>(word(at) << 16 | word(at + 2));
    }
    // Seven bits a byte, the highest first, and all eight of the ninth; moves `at` behind it.
    [[nodiscard]] std::uint64_t number(std::size_t& at) const;
    // As far as there are so many.
    [[nodiscard]] std::string_view text(std::size_t at, std::size_t size) const
    {
        return at < bytes_.size() ? bytes_.substr(at, size) : std::string_view();
    }

private:
    std::string_view bytes_;
};

// How much of a row lies in its cell: all of it, or the first part. Behind that is the number of
// the page where the rest is.
[[nodiscard]] std::size_t part_in_cell(std::uint64_t payload);

// A value of a row (https://sqlite.org/fileformat2.html#record_format).
struct Value {
    std::uint64_t type = 0;
    std::string_view bytes{};

    [[nodiscard]] bool is_null() const { return type == 0; }
    [[nodiscard]] bool is_blob() const { return type >= 12 && type % 2 == 0; }
    // None where it is no integer, or a negative one.
    [[nodiscard]] std::optional<std::uint64_t> number() const;
};
// None where the payload is no row of so many values.
[[nodiscard]] std::optional<std::vector<Value>> values_of(
    std::string_view payload, std::size_t count);

} // namespace gatehouse::storage::sqlite
