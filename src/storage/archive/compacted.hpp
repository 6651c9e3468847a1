// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/event.hpp"
#include "storage/archive/archive.hpp"
#include "storage/log.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse::storage::archive {

// Reads the events of rooms that the store has no more, for they were compacted, from their parts;
// from their pack where the store was set back to a time before they were finished. Keeps the part
// that it read last, so that page by page each is read once. Blocks as the archive does; belongs to
// one thread at a time.
class Compacted {
public:
    // `archive` outlives it.
    explicit Compacted(Archive& archive)
        : archive_(archive)
    { }

    // A page (events/page.hpp) of those after `after`, up to the store's floor: the store goes on,
    // and what the archive has beyond may be of another history. `not_found` where no part has the
    // next one.
    [[nodiscard]] Result<std::vector<events::Event>> read(std::string_view room,
        events::Version after, events::Version floor, std::size_t events_max);

private:
    Result<void> fetch(std::string_view room, events::Version version);

    Archive& archive_;
    std::optional<Part> part_;
};

// The history of rooms, wherever it lies: what the log has no more, the archive has. Where there is
// no archive, `not_found` says so.
class WholeHistory {
public:
    // Both outlive it.
    WholeHistory(Log& log, Objects* objects);

    // As Log::read().
    [[nodiscard]] Result<std::vector<events::Event>> read(
        std::string_view room, events::Version after, std::size_t events_max);

private:
    Log& log_;
    std::optional<Archive> archive_;
    std::optional<Compacted> compacted_;
};

} // namespace gatehouse::storage::archive
