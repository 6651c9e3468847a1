// SPDX-License-Identifier: Apache-2.0
#include "websocket/close_code.hpp"

#include <utility>

namespace gatehouse::websocket {

std::string_view name_of(CloseCode code)
{
    switch (code) {
        using enum CloseCode;
    case normal: return "normal";
    case going_away: return "going_away";
    case protocol_error: return "protocol_error";
    case unsupported_data: return "unsupported_data";
    case no_status: return "no_status";
    case abnormal: return "abnormal";
    case invalid_payload: return "invalid_payload";
    case policy_violation: return "policy_violation";
    case too_big: return "too_big";
    case internal_error: return "internal_error";
    case restart: return "restart";
    case try_again_later: return "try_again_later";
    case bad_token: return "bad_token";
    case forbidden: return "forbidden";
    case room_gone: return "room_gone";
    case replaced: return "replaced";
    case kicked: return "kicked";
    case version: return "version";
    case limit: return "limit";
    case overloaded: return "overloaded";
    case rate_limited: return "rate_limited";
    case no_hello: return "no_hello";
    case resume: return "resume";
    case no_pong: return "no_pong";
    case token_refresh: return "token_refresh";
    case state_gap: return "state_gap";
    case slow: return "slow";
    case moved: return "moved";
    }
    return "other";
}

bool is_sendable(CloseCode code)
{
    auto const number = std::to_underlying(code);
    return (number >= 1000 && number <= 1003) || (number >= 1007 && number <= 1014)
        || (number >= 3000 && number <= 4999);
}

}  // namespace gatehouse::websocket
