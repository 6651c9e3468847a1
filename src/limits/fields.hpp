// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "limits/gcra.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::limits {

// What an answer says about limits: the fields of draft-ietf-httpapi-ratelimit-headers-10, lists of
// Structured Fields (RFC 9651), one member for each limit:
//
//     RateLimit-Policy: "per_player";q=20;w=12, "monthly";q=10000;w=2592000
//     RateLimit: "per_player";r=19;t=1, "monthly";r=9431;t=86022
//
// q: how many at once, w: in how many seconds they come back; r: how many are left, t: in how many
// seconds all of them are. Seconds are rounded up, so that whoever waits as long is not too early.
struct Policy {
    std::string name;
    std::int64_t quota = 0;
    Duration window{};
};

struct Remaining {
    std::string_view name;
    std::int64_t remaining = 0;
    Duration reset_after{};
};

[[nodiscard]] Policy policy_of(std::string name, RateLimit const& limit);

// Values of the fields; empty for none.
[[nodiscard]] std::string print_policies(std::span<Policy const> policies);
[[nodiscard]] std::string print_remaining(std::span<Remaining const> all);

// Retry-After (RFC 9110 §10.2.3): whole seconds, rounded up; at least 1.
[[nodiscard]] std::string print_retry_after(Duration wait);

// X-RateLimit-Limit, -Remaining and -Reset, as many clients know them: of one limit, the one with
// least left. Reset is in how many seconds, as the draft had it; others send an instant.
using Fields = std::vector<std::pair<std::string_view, std::string>>;
[[nodiscard]] Fields legacy_fields(Policy const& policy, Remaining const& left);

// A string of Structured Fields (RFC 9651 §4.1.6). What it cannot hold (all but printable ASCII)
// becomes "?".
[[nodiscard]] std::string quoted(std::string_view text);

} // namespace gatehouse::limits
