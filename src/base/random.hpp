// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace gatehouse {

// The dice. Pure code asks for chance through this port: runtime/ answers from the kernel, a
// simulation from its seed.
class Dice {
public:
    virtual ~Dice() = default;
    // Unpredictable to anyone outside the process.
    [[nodiscard]] virtual std::string bytes(std::size_t size) = 0;
};

}  // namespace gatehouse
