// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/sqlite/database.hpp"
#include "storage/sqlite/pages.hpp"
#include "storage/sqlite/stray_rows.hpp"
#include "storage/sqlite/tables.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::storage::sqlite {

// Where an event was found.
struct Found {
    events::Version version = 0;
    RowId row = 0;

    auto operator<=>(Found const&) const = default;
};

// What proves a snapshot. The rest of it is read when it is written.
struct SnapshotMark {
    events::Version version = 0;
    events::Link link{};
};

// What can be read of a stream in a damaged store.
struct SalvagedStream {
    StreamId id = 0;
    std::string name{}; // Empty where nothing tells or proves it any more.
    std::string category{};
    bool is_renamed = false; // Its row was damaged: name and category were found otherwise,
    bool is_name_doubted = false; // the name in one place alone.
    bool is_ghost = false;   // Only a number that was changed: it is known by the right one.
    events::Version version = 0;
    events::Version floor = 0;
    events::StreamState state{};
    WallTime at{};
    std::vector<Found> events{}; // In order, each version once.
    std::optional<SnapshotMark> snapshot{};
    bool had_damaged_snapshot = false;

    [[nodiscard]] std::optional<RowId> row_of(events::Version version) const;
    // Than its row in the table of streams.
    [[nodiscard]] bool is_more_left() const { return !events.empty() || snapshot; }
};

// Reads a damaged store row by row, and lets no row keep it from the next one. Changes nothing.
class Salvage {
public:
    // Fails where SQLite finds no database, or not its tables.
    [[nodiscard]] static Result<Salvage> open(std::filesystem::path const& file);

    // All of which anything is left; `names` are some that they may have.
    [[nodiscard]] std::vector<SalvagedStream> streams(std::span<std::string const> names);

    // Known after streams(): how many events should be there, and cannot be read;
    [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }
    // and why nobody can tell where the log ended. Empty where it is certain that nothing came
    // after what is known.
    [[nodiscard]] std::string const& why_endless() const { return why_endless_; }
    // Was there such an event, or may there have been, and nobody removed it by intent? Of one that
    // cannot be read.
    [[nodiscard]] bool is_lost(RowId row);

    [[nodiscard]] Result<Record> event(RowId row);
    [[nodiscard]] Result<std::optional<events::Snapshot>> snapshot(StreamId stream);
    // When the store was set back to an earlier moment, if it ever was: packs and backups of before
    // may be of what is no more. Where it was and nobody knows when, the end of all time.
    [[nodiscard]] std::optional<WallTime> last_restoration() const { return restored_at_; }
    // All numbers of rows that it ever had are below.
    [[nodiscard]] RowId row_end() const
    {
        return last_row_ + 1 + (why_endless_.empty() ? 0 : untold_max);
    }

private:
    // How far rows may reach that nothing tells of: twice what lies between two checkpoints.
    static constexpr std::uint64_t untold_max = 32'768;

    using Streams = std::map<StreamId, SalvagedStream>;
    // A number that a row may have; `by_sqlite`, whether or not the row can be read.
    struct Told {
        std::uint64_t number;
        bool by_sqlite;
    };

    Salvage(Database database, Tables tables, Pages pages)
        : database_(std::move(database))
        , tables_(std::move(tables))
        , pages_(std::move(pages))
    { }

    void read_streams(Streams& streams);
    bool read_stream(Told told, Streams& streams);
    RowId read_events(Streams& streams);
    void find_end(RowId last_read);
    void read_strays(Streams& streams);
    void read_stray_snapshots(Streams& streams);
    [[nodiscard]] bool proves(
        SalvagedStream const& stream, events::Snapshot const& snapshot);
    [[nodiscard]] bool is_missing(RowId row);
    void read_restorations();
    void count_missing(RowId first, RowId end);
    void find_name(SalvagedStream& stream, std::span<std::string const> names,
        std::set<std::string> const& known, std::set<std::string> const& categories);
    [[nodiscard]] std::string text(char const* sql, StreamId id); // Empty where there is none.
    // Visits the numbers that rows may have, in their order, until a while after the last one that
    // is `known` or for which it was answered true. Where SQLite can tell the next one, it is
    // asked; where not, each is tried: so a page that is lost takes no other with it.
    void sweep(
        char const* next_sql, std::uint64_t known, std::function<bool(Told)> const& visit);

    Database database_;
    Tables tables_;
    Pages pages_; // These end before their database.
    std::map<StreamId, std::string> indexed_{}; // Names, as the index has them.
    RowId known_row_ = 0; // The log has events at least up to here.
    RowId last_row_ = 0;  // Of the log, as far as anything tells.
    std::vector<std::pair<RowId, RowId>> gaps_{}; // Some rows from the first to before the second
    StrayRows strays_{};                          // cannot be read, or only thus.
    bool has_all_strays_ = false;                 // Whether or not SQLite finds them, too.
    StraySnapshots stray_snapshots_{};
    std::uint64_t unreadable_ = 0;
    std::optional<WallTime> restored_at_{};
    std::string why_endless_{};
};

} // namespace gatehouse::storage::sqlite
