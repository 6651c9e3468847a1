// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::upstream {

// How long whoever asked will wait, said in a header by each to the next. A duration and not an
// instant: no two clocks have to agree. It only ever shrinks: each passes on what is left, rounded
// down.

// Longer ones are read as this.
constexpr Duration timeout_max = std::chrono::hours(24 * 365);

// X-Gatehouse-Timeout: "830ms", "10s", "2m": up to eight digits and a unit. Nothing for all else.
[[nodiscard]] std::optional<Duration> parse_timeout(std::string_view text);
// In whole milliseconds, rounded down; "0ms" where nothing is left.
[[nodiscard]] std::string print_timeout(Duration left);

// grpc-timeout (PROTOCOL-HTTP2 of gRPC): up to eight digits, and one of H M S m u n. "0n" is read,
// though it should not be sent.
[[nodiscard]] std::optional<Duration> parse_grpc_timeout(std::string_view text);
// In the finest unit that does with eight digits, rounded down.
[[nodiscard]] std::string print_grpc_timeout(Duration left);

// When the answer to a request that came now has to be there: in what the route allows, or in what
// whoever asked has left, if that is less.
[[nodiscard]] TimePoint deadline_of(
    TimePoint now, Duration allowed, std::optional<Duration> received);
// What is left of it, to be passed on; nothing behind it.
[[nodiscard]] Duration left_of(TimePoint deadline, TimePoint now);

} // namespace gatehouse::upstream
