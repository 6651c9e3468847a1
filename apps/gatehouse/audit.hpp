// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audit/entry.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "storage/log.hpp"

#include <functional>
#include <string>

namespace gatehouse::cli {

// Whose account runs this command: "anna". An honest claim, and no proof.
[[nodiscard]] std::string operator_name();

// What a command does by itself, and says when it is done.
using Work = std::function<Result<std::string>()>;

// Has it recorded that the work was asked for (only then it is begun), and what came of it: by the
// server that holds the store, or, where none runs, in the store itself.
[[nodiscard]] Result<std::string> audited(
    config::Settings const& settings, audit::Asked asked, Work const& work);
// The same in a store that the command has open.
[[nodiscard]] Result<std::string> audited(
    storage::Log& log, audit::Asked asked, Work const& work);

} // namespace gatehouse::cli
