// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/connection.hpp"

#include <fmt/core.h>

#include <utility>

namespace gatehouse::storage::postgres {

Error error_of(Failure const& failure)
{
    auto what = fmt::format("PostgreSQL {}{}{}", failure.state, failure.state.empty() ? "" : ": ",
        failure.message);
    if (!failure.detail.empty())
        what += fmt::format(" ({})", failure.detail);
    if (failure.kind == Failure::Kind::lost)
        return {ErrorCode::internal, "The store failed.", std::move(what)};
    if (failure.state == "GH002")
        return {ErrorCode::stale_base, "Something else happened in between.", std::move(what)};
    if (failure.state == "GH004")
        return {ErrorCode::not_found, "The store has no such thing.", std::move(what)};
    return {ErrorCode::unavailable, "The store cannot write now.", std::move(what)};
}

Error read_error_of(Failure const& failure)
{
    auto error = error_of(failure);
    if (error.code == ErrorCode::internal || error.code == ErrorCode::unavailable)
        return {ErrorCode::unavailable, "The store cannot be read now.", std::move(error.detail)};
    return error;
}

} // namespace gatehouse::storage::postgres
