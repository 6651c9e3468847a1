// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace gatehouse::load {

// A cheap generator for players and mask keys (splitmix64): good enough to spread load, no secret.
class Chance {
public:
    explicit Chance(std::uint64_t seed) : state_(seed) {}

    [[nodiscard]] std::uint64_t next();
    // 0 … bound - 1.
    [[nodiscard]] int below(int bound);
    [[nodiscard]] bool one_in(int n) { return n > 0 && below(n) == 0; }

private:
    std::uint64_t state_;
};

}  // namespace gatehouse::load
