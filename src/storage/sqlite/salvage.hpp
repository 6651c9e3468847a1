// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/sqlite/database.hpp"
#include "storage/sqlite/tables.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gatehouse::storage::sqlite {

// What can be read of a stream in a damaged store.
struct SalvagedStream {
    StreamId id = 0;
    std::string name{}; // Empty where nothing tells or proves it any more.
    std::string category{};
    bool is_renamed = false; // Its row was damaged: name and category were found otherwise.
    events::Version version = 0;
    events::Version floor = 0;
    events::StreamState state{};
    WallTime at{};
    std::map<events::Version, RowId> rows{};
    std::optional<events::Snapshot> snapshot{};
    bool had_damaged_snapshot = false;
};

// Reads a damaged store row by row, and lets no row keep it from the next one. Changes nothing.
class Salvage {
public:
    // Fails where SQLite finds no database, or not its tables.
    [[nodiscard]] static Result<Salvage> open(std::filesystem::path const& file);

    // All whose row, events or snapshot can be read; `names` are some that they may have.
    [[nodiscard]] Result<std::vector<SalvagedStream>> streams(std::span<std::string const> names);
    // Events that should be there, and cannot be read. Known after streams().
    [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }
    [[nodiscard]] Result<Record> event(RowId row) { return tables_.event(row); }
    // None where it cannot be read either.
    [[nodiscard]] std::optional<WallTime> last_restoration();

private:
    Salvage(Database database, Tables tables)
        : database_(std::move(database))
        , tables_(std::move(tables))
    { }

    void read_events(std::map<StreamId, SalvagedStream>& streams);
    void read_stream(SalvagedStream& stream);
    void find_name(SalvagedStream& stream, std::span<std::string const> names,
        std::span<std::string const> categories);
    [[nodiscard]] std::optional<std::string> text(char const* sql, StreamId id);

    Database database_;
    Tables tables_;
    std::uint64_t unreadable_ = 0;
};

} // namespace gatehouse::storage::sqlite
