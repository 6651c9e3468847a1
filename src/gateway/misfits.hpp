// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"
#include "schema/openapi.hpp"
#include "schema/schema.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::gateway {

// Where a request does not fit what its route takes.
struct Misfit {
    std::string_view in; // "path", "query", "header", "cookie" or "body".
    std::string name;    // Of the parameter; "" of the body.
    schema::Fault fault;
};

inline constexpr std::size_t misfits_max = 20; // That are told.

// Of the parameters of an operation, in the document's order. `values` are those of its path, as
// sent.
using PathValues = std::vector<std::pair<std::string_view, std::string_view>>;
[[nodiscard]] std::vector<Misfit> judge_parameters(
    schema::Operation const& operation, PathValues const& values, http::RequestHead const& head);

// "the query's "limit" must be at most 100, but is 500", for people.
[[nodiscard]] std::string text_of(Misfit const& misfit);
// {"faults":[{"in":"body","pointer":"/a","keyword":"type","message":"must be …"}]}
[[nodiscard]] std::string details_of(std::vector<Misfit> const& misfits);

} // namespace gatehouse::gateway
