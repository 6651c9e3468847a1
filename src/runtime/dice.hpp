// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"

#include <array>

namespace gatehouse::runtime {

// Chance from the kernel (getrandom), fetched 256 bytes at a time; what was handed out is wiped.
// Bound to one thread.
class KernelDice : public Dice {
public:
    [[nodiscard]] std::string bytes(std::size_t size) override;

private:
    std::array<char, 256> pool_{};
    std::size_t left_ = 0; // At the end of the pool.
};

}  // namespace gatehouse::runtime
