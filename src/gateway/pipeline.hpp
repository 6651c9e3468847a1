// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/context.hpp"
#include "gateway/exchange.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::gateway {

enum class Progress : std::uint8_t {
    go_on,     // To the next stage.
    answered,  // The answer is there: to `shape`.
    suspended, // Until somebody calls `proceed` again.
};

struct Stage {
    std::string_view name;
    Progress (*run)(Exchange&, Context&);
};

// The way of a request: see pipeline.cpp, where the stages stand in their order. True once the last
// one has run: the exchange is over.
[[nodiscard]] bool proceed(Exchange& exchange, Context& context);

// Where to go on instead: to `shape` with an answer, or to `record` with none to be sent any more.
void skip_to_shape(Exchange& exchange);
void skip_to_record(Exchange& exchange);

}  // namespace gatehouse::gateway
