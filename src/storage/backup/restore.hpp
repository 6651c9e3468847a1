// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "events/store.hpp"
#include "storage/archive/objects.hpp"
#include "storage/backup/base.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::storage::backup {

// From which base of a chain: the oldest costs more segments, and has not what decayed in the store
// before later ones were taken.
enum class From : std::uint8_t { newest_base, oldest_base };

struct RestoreOptions {
    std::filesystem::path file{}; // Must not exist, nor any other of sqlite::files_of() it.
    WallTime now{};
    std::optional<WallTime> until{}; // All that was shipped, or all before the first later event.
    std::string chain{};             // Empty: the newest that reaches back far enough.
    From from = From::newest_base;
};

struct RestoreProgress {
    std::uint64_t base_bytes = 0; // There already,
    std::uint64_t base_bytes_total = 0;
    std::uint64_t segments = 0; // and applied already.
    std::uint64_t segments_total = 0;
    std::uint64_t events = 0;
};
using OnRestored = std::function<void(RestoreProgress const&)>;

struct Restored {
    Manifest base{};
    std::uint64_t segments = 0; // After it.
    std::uint64_t events = 0;   // In these.
    WallTime last_at{};         // Of the latest event in the store.
    std::optional<WallTime> restored_before{}; // When the store that it is of was restored last.
    std::uint64_t keys = 0;
    std::vector<std::string> lost_keys{}; // What of them cannot be had; names the objects.
};

// Makes a store of a base and the segments after it. Checks on the way: every checksum, that no
// segment is missing, in a wrong place or of another chain, and that every event has the version,
// the position and the link that it had. Keys are the newest that the target has, whatever moment
// is asked for; those that are damaged are left out and told of, as rooms go on without a name.
// Where the base is removed meanwhile (it was kept long enough) it begins again with the next one.
// What does not fit ends it with `internal`, and the detail
// names the object; what can be had is then had by a moment before that. The file appears under its
// name when it is whole, was opened and read; `not_found` where there is no backup of that moment.
[[nodiscard]] Result<Restored> restore(
    archive::Objects& objects, RestoreOptions const& options, OnRestored const& progress);

struct Finding {
    std::string chain; // Or ring of keys.
    std::string what; // Names the object.
};

struct Verified {
    std::uint64_t chains = 0;
    std::uint64_t bases = 0;
    std::uint64_t segments = 0;
    std::uint64_t events = 0;
    std::uint64_t keys = 0;
    std::vector<Finding> findings{};
};

// Reads all that lies in the target, and tells all that is wrong with it. Fails where the target
// cannot be read.
[[nodiscard]] Result<Verified> verify(archive::Objects& objects, OnRestored const& progress);

} // namespace gatehouse::storage::backup
