// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "storage/archive/erasures.hpp"
#include "storage/archive/folder.hpp"
#include "storage/log.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace gatehouse::server {

using TargetNames = std::set<std::string, std::less<>>;

// The names of `archive.to` and `backup.to`, as far as there are any.
[[nodiscard]] TargetNames erasure_target_names(config::Settings const& settings);

// What this machine knows of erasures, in two small files beside the store: which targets the store
// has had, that it is the one that was looked at, and which erased keys are still to be noted in
// which target. Each is told when it is true, not before, and durable when the call returns.
//
// What is owed is added to the end of its file, which is written anew when more than half of it
// was paid: a key costs as much however many there are. Paid notes that a new process finds there
// are made again, and change nothing. Bound: `owed_max` keys a target. For any thread; waits for
// nothing but the disk. Without a folder, as with a store in memory, all of it ends with the
// process.
class KnownErasures {
public:
    static constexpr std::size_t owed_max = 250'000;

    using Keys = storage::archive::ErasedKeys;

    // Of a store, that it is the one that was looked at: a copy has another key file; one that was
    // written over it has forgotten fewer keys.
    struct Sight {
        std::uint64_t history = 0; // history.hpp
        // Its number in the file system; for PostgreSQL's keys, that of their ring (log.hpp).
        // 0: there is none.
        std::uint64_t key_file = 0;
        std::uint64_t forgotten = 0;

        bool operator==(Sight const&) const = default;
    };

    // Knows nothing, and reads nothing, where there is no target.
    [[nodiscard]] static Result<std::unique_ptr<KnownErasures>> open(
        config::Settings const& settings);

    // ---- The store. That this is lost costs a look that was not needed.

    [[nodiscard]] Sight sight_of(storage::Log& log, std::uint64_t history) const;
    [[nodiscard]] bool knows(Sight const& sight) const;
    [[nodiscard]] Result<void> note_sight(Sight const& sight);

    [[nodiscard]] TargetNames used() const;
    [[nodiscard]] Result<void> note_used(TargetNames const& targets);

    // ---- What is owed to the targets. What an earlier process owed to others is kept.

    // To all of them. `busy` where too much is owed already: then none of it is. After another
    // failure it is, until the process ends; asking with no keys tries again to keep it.
    [[nodiscard]] Result<void> owe(Keys const& keys);
    // At most so many of what is owed to that target.
    [[nodiscard]] Keys some_owed(std::string const& target, std::size_t keys_max) const;
    [[nodiscard]] Result<void> note_paid(std::string const& target, Keys const& keys);

    [[nodiscard]] std::size_t owed_count() const;
    // To whomever.
    [[nodiscard]] Keys all_owed() const;
    // Lines that were found decayed, and are gone.
    [[nodiscard]] std::size_t lines_lost() const { return lines_lost_; }

private:
    explicit KnownErasures(config::Settings const& settings);

    void read_memory();
    Result<void> read_owed();
    Result<void> save_memory(std::optional<Sight> const& sight, TargetNames const& used);
    Result<void> save_owed(std::string const& more);
    std::size_t lines_owed() const;

    TargetNames const targets_;
    std::string key_file_; // Its path, where the store has one.
    std::unique_ptr<storage::archive::Folder> folder_;
    std::size_t lines_lost_ = 0;

    mutable std::mutex mutex_;
    std::optional<Sight> sight_{};
    TargetNames used_{};
    std::map<std::string, Keys, std::less<>> owed_{}; // By target.
    std::size_t lines_ = 0; // Of the file.
    bool is_owed_saved_ = true;
};

} // namespace gatehouse::server
