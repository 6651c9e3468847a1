// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace gatehouse::websocket {

// Why a connection ends: RFC 6455 §7.4 and, from 4000, PROTOCOL.md, where the range tells the
// client what to do. Any other number of a peer is kept as it is.
enum class CloseCode : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    unsupported_data = 1003,
    no_status = 1005, // Never sent: the peer's close frame was empty.
    abnormal = 1006,  // Never sent: the connection ended without a close frame.
    invalid_payload = 1007,
    policy_violation = 1008,
    too_big = 1009,
    internal_error = 1011,
    restart = 1012,
    try_again_later = 1013,
    // Do not reconnect.
    bad_token = 4001,
    forbidden = 4003,
    room_gone = 4004,
    replaced = 4005,
    kicked = 4006,
    version = 4007,
    limit = 4008,
    // Back off for a second or more.
    overloaded = 4100,
    rate_limited = 4101,
    no_hello = 4102,
    // Reconnect at once.
    resume = 4200,
    no_pong = 4201,
    token_refresh = 4202,
    state_gap = 4203,
    slow = 4204,
    moved = 4205,
};

// For logs and metrics: "other" for a number that has no name here.
[[nodiscard]] std::string_view name_of(CloseCode code);

// May it stand in a close frame (RFC 6455 §7.4 and the IANA registry)?
[[nodiscard]] bool is_sendable(CloseCode code);

}  // namespace gatehouse::websocket
