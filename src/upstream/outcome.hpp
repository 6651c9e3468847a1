// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace gatehouse::upstream {

// How a call to an upstream ended, as far as its health is concerned.
enum class Outcome : std::uint8_t {
    answered,       // Whatever it said, 500 too: the service is there, and it decided.
    connect_failed, // Refused, unreachable, or not connected in time.
    reset,          // The connection ended before the answer did.
    timed_out,      // No answer in its time.
    unavailable,    // 502, 503 or 504.
    abandoned,      // Whoever asked went away first: says nothing about the upstream.
};

[[nodiscard]] constexpr Outcome outcome_of(int status)
{
    return status >= 502 && status <= 504 ? Outcome::unavailable : Outcome::answered;
}

[[nodiscard]] constexpr bool is_failure(Outcome outcome)
{
    return outcome != Outcome::answered && outcome != Outcome::abandoned;
}

} // namespace gatehouse::upstream
