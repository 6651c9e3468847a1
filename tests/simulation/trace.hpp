// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::simulation {

// What happened, as one number: two runs of a seed must end with the same. Also as text, where
// asked.
class Trace {
public:
    enum class Voice : bool { quiet, verbose };

    explicit Trace(Voice voice) : voice_(voice) {}

    void note(Now const& now, std::string_view who, int number, std::string_view what,
        std::string_view bytes = {});
    [[nodiscard]] std::uint64_t hash() const { return hash_; }

private:
    Voice voice_;
    std::uint64_t hash_ = 0x9e3779b97f4a7c15;
};

}  // namespace gatehouse::simulation
