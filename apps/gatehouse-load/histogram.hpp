// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <vector>

namespace gatehouse::load {

// Durations up to 68 s (longer ones count as that), kept to 0.1 %: log-linear, each power of two of
// nanoseconds in 1,024 equal parts (Tene's HdrHistogram). Merging is addition. 216 KB.
class Histogram {
public:
    Histogram() : counts_(buckets) {}

    void record(Duration duration);
    void merge(Histogram const& other);
    void clear();

    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] Duration max() const { return max_; }
    // The least duration that at least this part of all (0 … 1) does not exceed; 0 where none is.
    [[nodiscard]] Duration percentile(double part) const;

private:
    static constexpr int part_bits = 10;
    static constexpr int value_bits = 36;
    static constexpr std::size_t parts = std::size_t{1} << part_bits;
    static constexpr std::size_t buckets = (value_bits - part_bits + 1) * parts;

    [[nodiscard]] static std::size_t bucket_of(std::uint64_t ns);
    [[nodiscard]] static std::uint64_t upper_bound_of(std::size_t bucket);

    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    Duration max_{};
};

}  // namespace gatehouse::load
