// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/exchange_answer.hpp"
#include "gateway/shape_options.hpp"
#include "http/message.hpp"

#include <string_view>

namespace gatehouse::gateway {

// A browser asks whether it may ask (the Fetch standard, "CORS-preflight request"): with which
// method? Empty: this is no preflight.
[[nodiscard]] std::string_view preflighted_method(
    std::string_view method, http::Headers const& headers);

// May pages of this origin read answers?
[[nodiscard]] bool allows(CorsOptions const& options, std::string_view origin);

// The answer to a preflight; without a word of permission where the origin has none.
[[nodiscard]] http::Response answer_preflight(
    CorsOptions const& options, http::Headers const& asked);

// What is said of the matter on any other answer, in place of what an upstream said.
void add_cors(CorsOptions const& options, http::Headers const& asked, ExchangeAnswer& answer);

} // namespace gatehouse::gateway
