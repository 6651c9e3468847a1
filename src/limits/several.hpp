// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "limits/gcra.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace gatehouse::limits {

// One of the limits that a request falls under, and its account there. Lent.
struct Charge {
    Gcra* limit;
    std::string_view account;
};

struct SeveralVerdict {
    bool allowed = true;
    std::size_t which = 0; // The one that refused it for the longest; else the one with least left.
    std::vector<Verdict> each{}; // As they stand now, in the order of the charges.
};

// Which of two has to be told first: the one that refused for longer; else the one with less left.
[[nodiscard]] bool is_worse(Verdict const& a, Verdict const& b);

// All or nothing: what one of the limits refuses costs nothing at the others. Where several refuse,
// the longest wait is told: whoever came back after a shorter one would be refused again. The same
// account of the same limit counts once, though it be named twice.
[[nodiscard]] SeveralVerdict ask_all(std::span<Charge const> charges, int cost, TimePoint now);

} // namespace gatehouse::limits
