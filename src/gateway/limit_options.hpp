// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace gatehouse::gateway {

enum class LimitBy : std::uint8_t { ip, principal, route };

// `rate` requests per `per` in the long run, `burst` at once; `by` says who shares an account.
// Nobody authenticated: principal means ip.
struct LimitOptions {
    std::string name{};
    int rate = 1;
    Duration per = std::chrono::seconds(1);
    int burst = 0; // 0: as many as `rate`.
    LimitBy by = LimitBy::ip;

    bool operator==(LimitOptions const&) const = default;
};

} // namespace gatehouse::gateway
