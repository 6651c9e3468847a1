// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "events/snapshot.hpp"
#include "events/store.hpp"
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
    events::StreamState state{}; // After the last event.
    WallTime at{};
    std::optional<events::Snapshot> snapshot{};
};

// Is all that it has of the store that is mended? A backup's and the archive's is. Another store
// may have gone its own way: where nothing in the damaged one proves an event of it, somebody has
// to agree.
enum class Origin : std::uint8_t { this_store, another };

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

// One that is a log.
[[nodiscard]] std::unique_ptr<RepairSource> source_of(
    std::string name, Origin origin, storage::Log& log);

} // namespace gatehouse::storage::sqlite
