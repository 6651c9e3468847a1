// SPDX-License-Identifier: Apache-2.0
#include "base/result.hpp"

namespace gatehouse {

std::string_view name_of(ErrorCode code)
{
    switch (code) {
        using enum ErrorCode;
    case bad_request: return "bad_request";
    case unauthenticated: return "unauthenticated";
    case token_expired: return "token_expired";
    case forbidden: return "forbidden";
    case not_found: return "not_found";
    case room_full: return "room_full";
    case room_closed: return "room_closed";
    case wrong_phase: return "wrong_phase";
    case not_your_turn: return "not_your_turn";
    case rejected: return "rejected";
    case stale_base: return "stale_base";
    case out_of_order: return "out_of_order";
    case too_large: return "too_large";
    case rate_limited: return "rate_limited";
    case busy: return "busy";
    case unavailable: return "unavailable";
    case internal: return "internal";
    case unsupported: return "unsupported";
    }
    std::unreachable();
}

bool is_worth_retrying(ErrorCode code)
{
    using enum ErrorCode;
    return code == rate_limited || code == busy || code == unavailable;
}

}  // namespace gatehouse
