// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/context.hpp"
#include "gateway/exchange.hpp"
#include "gateway/stage.hpp"

#include <cstddef>

namespace gatehouse::gateway {

// An end to going around, whatever a stage says: no policy allows so many.
constexpr std::size_t attempts_max = 16;

// The way of a request through the stages of its context. True once the last one has run: the
// exchange is over.
[[nodiscard]] bool proceed(Exchange& exchange, Context& context);

// Where to go on instead: to `shape` with an answer, or to `record` with none to be sent any more.
void skip_to_shape(Exchange& exchange);
void skip_to_record(Exchange& exchange);

}  // namespace gatehouse::gateway
