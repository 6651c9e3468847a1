// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "events/snapshot.hpp"
#include "events/store.hpp"
#include "storage/log.hpp"
#include "storage/sqlite/open.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::storage::sqlite {

// What somebody else has of a stream: the archive, a backup, another store.
struct Kept {
    std::string category;
    events::StreamState state{}; // After the last event.
    std::optional<events::Snapshot> snapshot{};
    std::vector<events::Event> events{}; // In order, without a gap.
};

class RepairSource {
public:
    virtual ~RepairSource() = default;
    [[nodiscard]] virtual std::string name() const = 0; // "the archive"
    [[nodiscard]] virtual Result<std::vector<std::string>> streams() = 0;
    [[nodiscard]] virtual Result<std::optional<Kept>> read(std::string const& stream) = 0;
};

// One that is a log.
[[nodiscard]] std::unique_ptr<RepairSource> source_of(std::string name, storage::Log& log);

// An event that is gone for good. One that can be read, and has no place in the chain, has a type.
struct Lost {
    events::Version version = 0;
    std::string type{};
    WallTime at{};
};

// What becomes of a stream that is not whole.
struct Mended {
    std::string stream; // "?17" where nothing tells its name any more.
    std::map<std::string, std::vector<events::Version>> taken{}; // From which source.
    events::Version floor = 0;    // The events up to here are gone; the snapshot tells of them.
    std::vector<Lost> compacted{}; // Those of them that were not compacted before.
    std::vector<Lost> cut{};       // Behind the last one that stays.
    bool lost_snapshot = false;    // It is made again as the room goes on.
};

struct RepairPlan {
    std::uint64_t streams = 0;
    std::uint64_t events = 0; // That the repaired store will have.
    std::vector<Mended> mended{};
    std::uint64_t unknown = 0; // Events that cannot be read, and nobody knows whose they are.
    std::vector<std::string> missing{}; // Streams that sources have, and the store has not.

    // Is anything gone that players were told is kept?
    [[nodiscard]] bool cuts() const;
};

// Makes a store of what can be read of a damaged one, and of what others have of it. Every event
// must carry the link that follows from the one before it, from the first event on, or from the one
// that a snapshot tells of: so what is put back is what was there, byte for byte. The damaged file
// is read and not changed. Offline: nobody else may have the store. Keeps about 120 bytes an event
// in memory.
class Repair {
public:
    // Finds out what can be had. Fails where SQLite cannot open the file at all.
    [[nodiscard]] static Result<Repair> plan(
        std::filesystem::path const& damaged, std::vector<RepairSource*> sources);
    Repair(Repair&&) noexcept;
    ~Repair();

    [[nodiscard]] RepairPlan const& plan() const;
    // Writes it, to a file that must not exist. Where events are cut, the store says that it was
    // restored `now`: its rooms begin a new epoch. Rows and positions are counted anew.
    [[nodiscard]] Result<void> write(std::filesystem::path const& file, WallTime now);

private:
    struct Work;
    explicit Repair(std::unique_ptr<Work> work);

    std::unique_ptr<Work> work_;
};

} // namespace gatehouse::storage::sqlite
