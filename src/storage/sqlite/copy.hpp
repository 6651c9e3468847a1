// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/sqlite/database.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

struct sqlite3_backup;

namespace gatehouse::storage::sqlite {

// A copy of an open database into a file of its own, a few pages at a time, by the one connection
// that may read it. What commits change meanwhile on pages that were copied is carried along, so
// in the end the file is the database as of the last step. It is not synced: whoever takes it to a
// safe place reads it at once. Never lets its disk run out for the store that it copies: it stops
// with `unavailable` while `reserve_bytes` are left. Ends before its source; its thread is theirs.
class Copy {
public:
    static constexpr std::uint64_t reserve_bytes = 64 << 20;

    // Replaces a file of that name.
    [[nodiscard]] static Result<std::unique_ptr<Copy>> begin(
        Database const& source, std::filesystem::path file);

    // Copies so many pages. Answers how many are left: where none are, the file is whole and
    // closed, and there is no step after it.
    [[nodiscard]] Result<std::uint64_t> step(std::size_t pages);

    [[nodiscard]] std::filesystem::path const& file() const { return file_; }

private:
    struct Finish {
        void operator()(sqlite3_backup* backup) const;
    };

    Copy(std::filesystem::path file, Database target, sqlite3_backup* backup)
        : file_(std::move(file))
        , target_(std::move(target))
        , backup_(backup)
    { }

    std::filesystem::path file_;
    Database target_;
    std::unique_ptr<sqlite3_backup, Finish> backup_; // Ends before its target.
};

} // namespace gatehouse::storage::sqlite
