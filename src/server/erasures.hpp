// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "server/archiver.hpp"
#include "server/known_erasures.hpp"
#include "storage/archive/erasures.hpp"
#include "storage/archive/objects.hpp"
#include "storage/log.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace gatehouse::server {

// Where erasures are noted: the archive and the target of the backup, as far as there are any.
struct ErasureTarget {
    std::string name; // As it is configured.
    std::unique_ptr<storage::archive::Objects> objects;
    bool is_near = true; // A folder: it answers at once.
};
using ErasureTargets = std::vector<ErasureTarget>;
[[nodiscard]] Result<ErasureTargets> erasure_targets(
    config::Settings const& settings, std::stop_token stop = {},
    Patience patience = Patience::usual);

// What a target says of itself, in the object `marker`: which targets there were beside it. One
// that was used before, and has none, is another place: a disk that is not mounted, a bucket that
// was made anew. Its emptiness says nothing of anybody.
//
// All keys that are noted there. `unsupported` where it is another place. One that is asked for the
// first time is marked.
[[nodiscard]] Result<storage::archive::ErasedKeys> ask_target(
    ErasureTarget const& target, TargetNames const& used);

struct ErasedAgain {
    std::uint64_t keys = 0;
    bool has_damage = false;      // Some keys of the store cannot be read, by nobody.
    TargetNames unasked{};        // These are to be asked while it serves.
    std::optional<Error> away{};  // Why the last of them could not be asked.
};

// Before anybody is served: whoever was erased, and has keys in this store, which was set back
// since or came from elsewhere, is erased again; where a target is away, nobody is served. A store
// that was looked at on this machine before is served at once, and looked at once more meanwhile;
// no bucket is asked until then. A target that is another place than it was is refused. `before` is
// called before the first key goes.
[[nodiscard]] Result<ErasedAgain> erase_again(ErasureTargets const& targets, storage::Log& log,
    std::uint64_t history, KnownErasures& known,
    storage::archive::ErasingAgain::Before before = {});

} // namespace gatehouse::server
