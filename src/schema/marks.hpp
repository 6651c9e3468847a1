// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace gatehouse::schema {

// Which members of an object, or elements of an array, some schema has looked at: what
// `unevaluatedProperties` and `unevaluatedItems` ask. Up to 256 of them without an allocation.
class Marks {
public:
    explicit Marks(std::size_t size)
    {
        if (size > words_.size() * 64)
            many_.resize((size + 63) / 64);
    }
    void set(std::size_t at) { words()[at / 64] |= std::uint64_t{1} << (at % 64); }
    void set_all() { std::ranges::fill(words(), UINT64_MAX); }
    [[nodiscard]] bool has(std::size_t at) { return (words()[at / 64] >> (at % 64) & 1) != 0; }
    // Both are of the same value.
    void add(Marks& other)
    {
        auto const theirs = other.words();
        auto const mine = words();
        for (std::size_t at = 0; at < mine.size(); at++)
            mine[at] |= theirs[at];
    }

private:
    std::span<std::uint64_t> words()
    {
        return many_.empty() ? std::span<std::uint64_t>(words_) : std::span<std::uint64_t>(many_);
    }

    std::array<std::uint64_t, 4> words_{};
    std::vector<std::uint64_t> many_;
};

} // namespace gatehouse::schema
