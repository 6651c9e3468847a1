// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse {

// What went wrong, in the few words that a caller can act on: the codes of PROTOCOL.md, on the room
// wire and in `code` of an HTTP error alike. Each maps to one HTTP status (http/status.cpp).
enum class ErrorCode : std::uint8_t {
    bad_request,
    unauthenticated,
    token_expired,
    forbidden,
    not_found,
    room_full,
    room_closed,
    wrong_phase,
    not_your_turn,
    rejected,
    stale_base,
    out_of_order,
    too_large,
    rate_limited,
    busy,
    unavailable,
    internal,
    unsupported,
};

[[nodiscard]] std::string_view name_of(ErrorCode code);

// May the same request succeed if it is sent again, unchanged?
[[nodiscard]] bool is_worth_retrying(ErrorCode code);

struct Error {
    ErrorCode code;
    std::string message;  // Safe to show to a client: no secrets, paths or SQL.
    std::string detail{}; // For the operator's log only.

    bool operator==(Error const&) const = default;
};

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(
    ErrorCode code, std::string message, std::string detail = {})
{
    return std::unexpected(Error{code, std::move(message), std::move(detail)});
}

}  // namespace gatehouse

// Unwraps a Result or returns its error to the caller.
#define GH_TRY(expr)                                              \
    __extension__({                                               \
        auto gh_result = (expr);                                  \
        if (!gh_result) [[unlikely]]                              \
            return std::unexpected(std::move(gh_result).error()); \
        *std::move(gh_result);                                    \
    })

// The same for a Result<void>, or where the value does not matter.
#define GH_CHECK(expr)                                                \
    do {                                                              \
        if (auto gh_checked = (expr); !gh_checked) [[unlikely]]         \
            return std::unexpected(std::move(gh_checked).error());     \
    } while (false)
