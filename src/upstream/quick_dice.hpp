// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace gatehouse::upstream {

// The last step of SplitMix64 (Steele et al. 2014): each bit of the input changes half of them.
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

// Small and quick (SplitMix64), for choices that need be fair, not secret.
class QuickDice {
public:
    explicit QuickDice(std::uint64_t seed)
        : state_(seed)
    { }

    [[nodiscard]] std::uint64_t word() { return mixed(state_ += 0x9e3779b97f4a7c15); }
    // Even over 0 … bound - 1, off by less than bound / 2^32; bound > 0.
    [[nodiscard]] std::uint32_t below(std::uint32_t bound)
    {
        return static_cast<std::uint32_t>(((word() >> 32) * bound) >> 32);
    }
    // Even over 0 … 1, without the 1, in steps of 2^-53.
    [[nodiscard]] double fraction() { return static_cast<double>(word() >> 11) * 0x1p-53; }

private:
    std::uint64_t state_;
};

} // namespace gatehouse::upstream
