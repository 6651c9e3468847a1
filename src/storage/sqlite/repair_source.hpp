// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "events/snapshot.hpp"
#include "events/store.hpp"
#include "storage/archive/objects.hpp"
#include "storage/log.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::storage::sqlite {

// What somebody else has of a stream beside its events: the archive, a backup, another store.
struct Kept {
    std::string category{};
    std::optional<events::StreamState> state{}; // After the last event, where it is known.
    WallTime at{};
    std::optional<events::Snapshot> snapshot{};
};

// Is all that it has of the store that is mended? A backup's is, if it was taken in the same
// history. Another store may have gone its own way, and so has the store itself, if it was ever set
// back: where nothing in the damaged one proves an event of it, somebody has to agree.
enum class Origin : std::uint8_t {
    this_store,
    its_histories, // What ended before the store was set back may be of a history that is no more.
    another,
};

// One that fails halfway counts with what it told before.
class RepairSource {
public:
    using OnEvent = std::function<Result<void>(events::Event)>;

    virtual ~RepairSource() = default;
    [[nodiscard]] virtual std::string name() const = 0; // "the archive"
    [[nodiscard]] virtual Origin origin() const = 0;
    [[nodiscard]] virtual Result<void> streams(std::vector<std::string>& names) = 0;
    // Visits the events that it has of a stream, in order and without a gap. False where it knows
    // no such stream.
    [[nodiscard]] virtual Result<bool> read(
        std::string const& stream, Kept& kept, OnEvent const& visit)
        = 0;
};

// What the archive has: rooms that moved there and came back since, and what was compacted of
// others. A room that was finished more than once, for the store was set back, has a pack of each
// time: each of the three newest is a source of its own, and so are the parts. They ask once what
// there is, and keep the names (about 100 bytes each). `objects` outlives them.
[[nodiscard]] std::vector<std::unique_ptr<RepairSource>> sources_of(archive::Objects& objects);

// One that is a log.
[[nodiscard]] std::unique_ptr<RepairSource> source_of(
    std::string name, Origin origin, storage::Log& log);

} // namespace gatehouse::storage::sqlite
