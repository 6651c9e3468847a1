// SPDX-License-Identifier: Apache-2.0
#pragma once

// States what the author knows to be true. Stays on in release builds: a wrong room is worse than a
// restarted one, for a restarted one is replayed.
#define GH_ASSERT(condition)            \
    ((condition) ? static_cast<void>(0) \
                 : ::gatehouse::assertion_failed(#condition, __FILE__, __LINE__))

namespace gatehouse {

[[noreturn]] void assertion_failed(char const* condition, char const* file, int line) noexcept;

}  // namespace gatehouse
