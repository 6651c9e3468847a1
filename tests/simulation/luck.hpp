// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "chance.hpp"

#include <cstdint>
#include <string>

namespace gatehouse::simulation {

// All chance of a simulated world, from its seed. Each part of the world has a stream of its own,
// so that a change in one does not shift the others.
class Luck final : public Dice {
public:
    explicit Luck(std::uint64_t seed) : chance_(seed * 0x2545f4914f6cdd1d + 1) {}

    [[nodiscard]] Luck fork() { return Luck(chance_.next()); }
    [[nodiscard]] std::uint64_t next() { return chance_.next(); }
    // 0 … bound - 1.
    [[nodiscard]] int below(int bound) { return chance_.below(bound); }
    // Never for 0.
    [[nodiscard]] bool one_in(int n) { return chance_.one_in(n); }
    [[nodiscard]] int between(int low, int high) { return low + below(high - low + 1); }
    [[nodiscard]] Duration between(Duration low, Duration high)
    {
        auto const span = static_cast<std::uint64_t>((high - low).count()) + 1;
        return low + Duration(static_cast<std::int64_t>(chance_.next() % span));
    }
    [[nodiscard]] load::Chance& chance() { return chance_; }

    [[nodiscard]] std::string bytes(std::size_t size) override
    {
        std::string out(size, '\0');
        for (char& byte : out)
            byte = static_cast<char>(chance_.next() >> 56);
        return out;
    }

private:
    load::Chance chance_;
};

}  // namespace gatehouse::simulation
