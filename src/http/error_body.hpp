// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "http/message.hpp"

#include <string>
#include <string_view>

namespace gatehouse::http {

constexpr std::string_view problem_type = "application/problem+json";

// What the one error body says. Only what went wrong is asked for; the rest follows from it.
struct Problem {
    ErrorCode code;
    std::string_view message;         // Safe to show to a client.
    int status = 0;                   // 0: status_of(code)
    std::string_view error_code = {}; // Empty: error_code_of(status)
    std::string_view instance = {};   // The path that was asked for.
    std::string_view request_id = {};
    std::string_view details = {};    // JSON; empty: {}
};

// One body for RFC 9457 and the products' own clients (GATEWAY.md, Errors).
[[nodiscard]] std::string error_body(Problem const& problem, WallTime now);

// The whole answer.
[[nodiscard]] Response error_response(Problem const& problem, WallTime now);

}  // namespace gatehouse::http
