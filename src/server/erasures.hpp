// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "storage/archive/objects.hpp"
#include "storage/log.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

namespace gatehouse::server {

// Where erasures are noted: the archive and the target of the backup, as far as there are any.
using ErasureTargets = std::vector<std::unique_ptr<storage::archive::Objects>>;
[[nodiscard]] Result<ErasureTargets> erasure_targets(
    config::Settings const& settings, std::stop_token stop = {});

struct ErasedAgain {
    std::uint64_t keys = 0;
    std::optional<Error> away{}; // Of a target that could not be asked.
};

// Before anybody is served: whoever was erased, and has keys in this store, which was set back
// since or came from elsewhere, is erased again. Fails where no target can be asked and the store
// has a history (history.hpp) that was not looked at before on this machine.
[[nodiscard]] Result<ErasedAgain> erase_again(
    config::Settings const& settings, storage::Log& log, std::uint64_t history);

} // namespace gatehouse::server
