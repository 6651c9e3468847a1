// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <string_view>

namespace gatehouse::http {

// "Not Found"; empty for a status that is not registered (RFC 9110 §15).
[[nodiscard]] std::string_view reason_of(int status);

[[nodiscard]] int status_of(ErrorCode code);

// The protocol's word for what went wrong behind a status, where only the status is known.
[[nodiscard]] ErrorCode code_of(int status);

// "REQ_001": the word of GATEWAY.md for a status. VAL_001 and INT_001 stand for the rest of 4xx
// and 5xx.
[[nodiscard]] std::string_view error_code_of(int status);

// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): missing 400, in flight 409, used
// before with another body 422.
constexpr std::string_view idempotency_key_missing = "IDEM_001";
constexpr std::string_view idempotency_key_in_flight = "IDEM_002";
constexpr std::string_view idempotency_key_reused = "IDEM_003";

}  // namespace gatehouse::http
