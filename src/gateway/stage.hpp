// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gatehouse::gateway {

struct Context;
struct Exchange;

enum class Progress : std::uint8_t {
    go_on,      // To the next stage.
    answered,   // The answer is there: to `shape`.
    suspended,  // Until somebody calls `proceed` again, which runs the next stage.
    needs_body, // This stage again, once Exchange::has_body. At most body_max is collected.
    again,      // Back to `balance`, for another attempt: at most `attempts_max` in all, then 503.
};

struct Stage {
    std::string_view name;
    Progress (*run)(Exchange&, Context&);
};

// The stages in their order: see pipeline.cpp.
[[nodiscard]] std::span<Stage const> pipeline();

} // namespace gatehouse::gateway
