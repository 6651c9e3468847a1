// SPDX-License-Identifier: Apache-2.0
#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gatehouse::load {

// Below 1,024 ns each has a bucket of its own; above, the ten bits after the first one choose it.
std::size_t Histogram::bucket_of(std::uint64_t ns)
{
    auto const bounded = std::min(ns, (std::uint64_t{1} << value_bits) - 1);
    auto const shift = std::max(0, static_cast<int>(std::bit_width(bounded)) - part_bits - 1);
    return static_cast<std::size_t>(shift) * parts + static_cast<std::size_t>(bounded >> shift);
}

std::uint64_t Histogram::upper_bound_of(std::size_t bucket)
{
    if (bucket < 2 * parts)
        return bucket;
    auto const shift = bucket / parts - 1;
    return ((bucket % parts + parts + 1) << shift) - 1;
}

void Histogram::record(Duration duration)
{
    counts_[bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)))]++;
    count_++;
    max_ = std::max(max_, duration);
}

void Histogram::merge(Histogram const& other)
{
    for (std::size_t i = 0; i < counts_.size(); i++)
        counts_[i] += other.counts_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
}

void Histogram::clear()
{
    std::ranges::fill(counts_, 0);
    count_ = 0;
    max_ = {};
}

Duration Histogram::percentile(double part) const
{
    auto const wanted = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size() && count_ > 0; i++)
        if ((seen += counts_[i]) >= wanted && seen > 0)
            return std::min(max_, Duration(static_cast<std::int64_t>(upper_bound_of(i))));
    return max_;
}

}  // namespace gatehouse::load
