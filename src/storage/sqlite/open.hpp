// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/sqlite/database.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace gatehouse::storage::sqlite {

enum class Access : std::uint8_t {
    read_write, // Makes the folder and the file where they are missing.
    read_only,  // For offline tools: no byte of the database or its WAL changes.
};

// When SQLite syncs. Anything but `full` is a planted bug: commits are answered before they are
// durable, which the test of power cuts must find.
enum class Synchronous : std::uint8_t { off, normal, full };

struct Options {
    std::filesystem::path file;
    Access access = Access::read_write;
    // Heads are checkpointed every so many events: the longest tail that a start has to read.
    std::uint64_t checkpoint_events_min = 16'384;
    // Kept beside the database as `<file>.ballast`, and given up when the disk is too full to open:
    // opening moves the WAL (at most 4 MiB, or one commit) into the database, which may grow by it.
    std::size_t ballast_bytes = 8 << 20;
    Synchronous synchronous = Synchronous::full;
    // The keys could not be opened, for this reason, and were put aside as this file; from any
    // thread.
    std::function<void(std::string const& why, std::filesystem::path const& kept)> on_keys_lost{};
};

// To be run between two transactions: what is committed from here on is synced with a later commit,
// and the WAL not moved into the database; then, as the options want it again.
inline constexpr char const* sync_later
    = "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0";
[[nodiscard]] char const* sync_at_commit(Options const& options);

// Where there is no store yet, makes its two files side by side, as both wait for the disk. What it
// cannot do, or is wrong, is left to who opens them.
void begin_store(Options const& options);

// Opens the database for this process alone and lays the tables in a new one. Everything that can
// be read from it afterwards is on the disk: what a killed process left in the WAL, perhaps
// unsynced, has been written and synced again. Refused while a repaired store takes its place
// (replacement.hpp). Each error says in its detail what a person can do about it.
[[nodiscard]] Result<Database> open_database(Options const& options);

// The layout that the file has, before open_database() brings it to today's; 0 where there is none.
// Changes nothing.
[[nodiscard]] Result<std::int64_t> layout_of(Options const& options);

// The same for the keys beside it, whose deleted rows are overwritten, and which nobody else may
// read. To be opened after the store. Removes those that a restore of the store left behind when it
// was killed.
[[nodiscard]] Result<Database> open_keys(Options const& options);
[[nodiscard]] std::filesystem::path keys_of(std::filesystem::path const& store);

// The same for the records beside it (records_file.hpp): whose deleted rows are overwritten.
[[nodiscard]] Result<Database> open_records(Options const& options);
[[nodiscard]] std::filesystem::path records_of(std::filesystem::path const& store);

// The same for the rows beside it (projections/views.hpp), which can be made anew from the log: any
// error but `unavailable` says that they must be.
[[nodiscard]] Result<Database> open_views(Options const& options);
// Rows of a store that is in memory, or elsewhere: they go with the process. What does not fit into
// so many bytes is `unavailable`, as on a disk that is full.
inline constexpr std::size_t views_in_memory_max = std::size_t{1} << 30;
[[nodiscard]] Result<Database> views_in_memory(std::size_t bytes_max = views_in_memory_max);
// Removes the file, and what SQLite makes beside it. Nobody may have it open.
[[nodiscard]] Result<void> remove_views(std::filesystem::path const& store);
// Has the rows of `draft` take the place of those of `store`: durably, or those of before stay.
// Both were settled and closed; `unavailable` where the draft is not whole without its WAL.
[[nodiscard]] Result<void> replace_views(
    std::filesystem::path const& store, std::filesystem::path const& draft);
[[nodiscard]] std::filesystem::path views_of(std::filesystem::path const& store);
// Are the first bytes of the file not those that all stores have, and their keys? SQLite reads some
// of these files, and cannot write to them. Of a file that is not empty.
[[nodiscard]] bool has_damaged_header(Database const& database);
// Is it empty, and its WAL not? SQLite would take it for a new one, and remove the WAL.
[[nodiscard]] bool lost_its_database(std::filesystem::path const& file);
// The name that a store has while it is being restored.
[[nodiscard]] std::filesystem::path draft_of(std::filesystem::path const& store);

} // namespace gatehouse::storage::sqlite
