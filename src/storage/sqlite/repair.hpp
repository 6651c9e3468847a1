// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/sqlite/mending.hpp"
#include "storage/sqlite/repair_source.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::storage::sqlite {

struct RepairPlan {
    std::uint64_t streams = 0;
    std::uint64_t events = 0; // That the repaired store will have.
    std::vector<Mended> mended{};
    std::uint64_t unknown = 0; // Events that cannot be read, and nobody knows whose they are.
    std::string why_endless{}; // Why nobody knows how many more there were. Empty: there were none.
    std::vector<std::string> missing{}; // Streams that sources have, and the store has not.
    std::vector<std::string> unread{};  // What of sources could not be asked, and why.

    // Is anything gone that players were told is kept, or in doubt?
    [[nodiscard]] bool cuts() const;
};

// Makes a store of what can be read of a damaged one, and of what others have of it. Every event
// must carry the link that follows from the one before it, from the first event on, or from the one
// that a snapshot tells of, and what is put back before another must lead to it: so it is what was
// there, byte for byte. What rows of the table of streams told, and nothing else does, events and
// snapshots are asked for. The damaged file is read and not changed. Offline: from open() on nobody
// else may have the store. Keeps about 70 bytes an event in memory, and a snapshot of each source.
class Repair {
public:
    // Fails where SQLite cannot open the file at all. What is taken from sources lies in the file
    // `spool` until it is written.
    [[nodiscard]] static Result<Repair> open(std::filesystem::path const& damaged,
        std::filesystem::path const& spool, CategoryOf category_of = {});
    Repair(Repair&&) noexcept;
    ~Repair();

    // Sources that say another moment are of another history (Salvage::last_restoration()).
    [[nodiscard]] std::optional<WallTime> last_restoration() const;
    // Finds out what can be had; again, where there are other sources.
    [[nodiscard]] Result<void> ask(std::vector<RepairSource*> const& sources);
    [[nodiscard]] RepairPlan const& plan() const;
    // Writes it, to a file that must not exist. Where events are cut, the store says that it was
    // restored `now`: its rooms begin a new epoch. So they do where it was ever restored: of when,
    // nothing proves what the damaged store says. Rows are counted on from where those of the
    // damaged store ended, so that no row of one is taken for a row of the other: a backup begins
    // a new chain.
    [[nodiscard]] Result<void> write(std::filesystem::path const& file, WallTime now);

private:
    struct Work;
    explicit Repair(std::unique_ptr<Work> work);

    std::unique_ptr<Work> work_;
};

} // namespace gatehouse::storage::sqlite
