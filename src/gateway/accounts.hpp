// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/exchange.hpp"

#include <span>
#include <string>
#include <string_view>

namespace gatehouse::gateway {

// Who shares an account of that limit with who asks. Made in `scratch` where it stands nowhere yet.
[[nodiscard]] std::string_view account_of(
    Exchange const& exchange, LimitOptions const& limit, std::string& scratch);

// What another shard's request is charged here, all of it or nothing. Limits that are gone since
// the question was sent forbid nothing.
[[nodiscard]] Accounts::Verdicts judge_all(
    Plan const& plan, std::span<LimitAccount const> accounts, TimePoint now);
void give_back_all(
    Plan const& plan, std::span<LimitAccount const> accounts, TimePoint taken_at, TimePoint now);

} // namespace gatehouse::gateway
