// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "storage/archive/erasures.hpp"
#include "storage/archive/objects.hpp"
#include "storage/log.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace gatehouse::server {

// Where erasures are noted: the archive and the target of the backup, as far as there are any.
struct ErasureTarget {
    std::string name; // As it is configured.
    std::unique_ptr<storage::archive::Objects> objects;
};
using ErasureTargets = std::vector<ErasureTarget>;
[[nodiscard]] Result<ErasureTargets> erasure_targets(
    config::Settings const& settings, std::stop_token stop = {});

// The folder beside the store; null for a store in memory, and where it cannot be used.
[[nodiscard]] std::unique_ptr<storage::archive::Objects> data_folder(
    config::Settings const& settings);

using TargetNames = std::set<std::string, std::less<>>;

// What a target says of itself, in the object "gatehouse": which targets there were beside it. One
// that was used before, and has none, is an empty place where something else was: a disk that is
// not mounted, a bucket that was made anew. Its emptiness says nothing of anybody.
//
// All keys that are noted there. `unsupported` where it is another place.
[[nodiscard]] Result<storage::archive::ErasedKeys> ask_target(
    ErasureTarget const& target, TargetNames const& used);

// What this machine knows of its store, in a small file beside it. That it is lost costs a look
// that was not needed.
class Remembered {
public:
    // Of a store, that it is the one that was looked at: a copy has another key file; one that was
    // written over it has forgotten fewer keys.
    struct Sight {
        std::uint64_t history = 0; // history.hpp
        std::uint64_t key_file = 0; // Its number in the file system; 0: it has none.
        std::uint64_t forgotten = 0;

        bool operator==(Sight const&) const = default;
    };

    explicit Remembered(config::Settings const& settings);

    [[nodiscard]] Sight sight_of(storage::Log& log, std::uint64_t history) const;
    [[nodiscard]] bool knows(Sight const& sight) const;
    [[nodiscard]] TargetNames const& targets() const { return targets_; }
    void save(Sight const& sight, TargetNames const& targets);

private:
    std::unique_ptr<storage::archive::Objects> folder_;
    std::string key_file_; // Its path, where the store has one.
    std::optional<Sight> sight_;
    TargetNames targets_;
};

struct ErasedAgain {
    std::uint64_t keys = 0;
    bool has_damage = false;      // Some keys of the store cannot be read, by nobody.
    TargetNames used{};           // All targets that this store is known to have had.
    std::vector<std::string> unasked{}; // These are to be asked when they are back.
    std::optional<Error> away{};        // Why the last of them could not be asked.
};

// Before anybody is served: whoever was erased, and has keys in this store, which was set back
// since or came from elsewhere, is erased again. Where a target is away, the store must be one that
// was looked at on this machine before, else nobody is served. A target that is another place than
// it was is refused.
[[nodiscard]] Result<ErasedAgain> erase_again(
    config::Settings const& settings, storage::Log& log, std::uint64_t history);

} // namespace gatehouse::server
