// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "gateway/upstream_call.hpp"
#include "http/message.hpp"

#include <cstddef>

namespace gatehouse::gateway {

// Who is asked for the answer, and how that goes.
struct ExchangeAttempt {
    explicit ExchangeAttempt(UpstreamPool& pool)
        : call(pool)
    { }

    UpstreamCall call;
    std::size_t endpoint = 0;
    std::size_t number = 1; // Counted up whenever the pipeline goes back to `balance`.
    TimePoint called_at{};
    http::Headers fields; // Scratch: of the request to the endpoint.

    void clear()
    {
        endpoint = 0;
        number = 1;
        called_at = {};
    }
};

} // namespace gatehouse::gateway
