// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/sqlite/database.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

struct sqlite3_file;

namespace gatehouse::storage::sqlite {

// The pages of a database as its commits left them: those of its WAL before those of its file.
// Reads by SQLite's own descriptors, as closing another one would drop its locks. Must not outlive
// its database, and nobody may write meanwhile.
class Pages {
public:
    static constexpr std::size_t page_size = 4096;

    // Of one that is in WAL mode, and has been read from.
    [[nodiscard]] static Result<Pages> of(Database const& database);

    // They count from 1. None where it cannot be read, or lies beyond the end.
    [[nodiscard]] std::optional<std::string> page(std::uint32_t number) const;
    [[nodiscard]] std::uint32_t count() const;

    // SQLite reads a WAL up to the first frame that is not what was written, and takes no notice of
    // what follows. False where something does: commits that were synced, or one that a power cut
    // came before; nobody can tell which. What was cut off between two commits leaves no trace.
    [[nodiscard]] bool is_wal_whole() const { return is_wal_whole_; }

private:
    Pages(sqlite3_file* file, sqlite3_file* wal)
        : file_(file)
        , wal_(wal)
    { }

    bool scan_wal();

    sqlite3_file* file_;
    sqlite3_file* wal_;
    std::unordered_map<std::uint32_t, std::int64_t> in_wal_{}; // Where a page lies there.
    bool is_wal_whole_ = true;
};

} // namespace gatehouse::storage::sqlite
