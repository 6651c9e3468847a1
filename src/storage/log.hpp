// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::storage {

// A log page ends after so many events, or after the event that reaches so many bytes of data,
// whatever was asked: nobody may hold up the thread or fill the memory with one question.
inline constexpr std::size_t page_events_max = 4096;
inline constexpr std::size_t page_bytes_max = 4 << 20;

// The most keys that one piece of forget() deletes: those that memberships() tells of first.
inline constexpr std::size_t forget_max = 1000;

// What the keys of a store are known by.
struct KeyRing {
    std::string id;              // 16 bytes; a copy of SQLite's file has the same.
    std::uint64_t forgotten = 0; // Grows with each key that is deleted; goes back with the store.
    std::uint64_t last = 0;      // The highest number that a key was given.

    bool operator==(KeyRing const&) const = default;
};

// How far a copy of the store's file has come.
struct CopyProgress {
    std::uint64_t pages_left = 0; // 0: it is whole, and
    events::LogCursor next = 0;   // holds all of the log before this.
};

// events::EventStore without the waiting: each call blocks until it has its answer. A Committer
// puts it behind the port; offline tools and the simulation call it as it is. Errors are those of
// the port. Belongs to one thread at a time.
class Log {
public:
    virtual ~Log() = default;

    // All of `batch` in one transaction. One answer per stream, in the order asked.
    virtual std::vector<Result<events::Appended>> append(std::vector<events::StreamAppend> batch)
        = 0;
    virtual Result<std::vector<events::Event>> read(
        std::string_view stream, events::Version after, std::size_t events_max)
        = 0;
    virtual Result<events::History> hydrate(std::string_view stream, std::size_t events_max) = 0;
    virtual Result<void> keep(events::StreamSnapshot snapshot) = 0;
    virtual Result<std::vector<events::StreamHead>> heads(Slot slot) = 0;
    virtual Result<std::vector<events::StreamHead>> find(std::string_view name) = 0;
    virtual Result<std::vector<events::StreamHead>> streams(
        std::string_view after, std::size_t streams_max)
        = 0;
    virtual Result<std::vector<events::Membership>> memberships(
        std::string_view subject, std::string_view after, std::size_t memberships_max)
        = 0;
    virtual Result<std::uint64_t> forget(std::string_view subject) = 0;
    virtual Result<events::LogPage> log(events::LogCursor from, std::size_t events_max) = 0;

    // ---- Upkeep, which shards do not ask for.

    // Deletes the events up to `up_to`, which somebody else has by now. `stale_base` where no
    // snapshot of that version or a later one is kept.
    virtual Result<void> compact(std::string_view stream, events::Version up_to) = 0;

    // Deletes a finished stream, its snapshot too, as if it had never been; its positions and its
    // places in the log stay empty. `stale_base` where it is not finished or not at this version,
    // `not_found` where it does not exist.
    virtual Result<void> erase(std::string_view stream, events::Version version) = 0;

    // All keys whose number is greater than `after`, in the order of their numbers.
    virtual Result<std::vector<events::Membership>> keys(
        std::uint64_t after, std::size_t memberships_max)
        = 0;

    // Deletes the keys of these numbers, as forget() does, whatever else their persons have: at
    // most forget_max of them. None: what was deleted before leaves no trace, where that takes
    // long.
    virtual Result<std::uint64_t> forget_keys(std::span<std::uint64_t const> numbers) = 0;

    // `unsupported` where the store is in memory, or only read.
    virtual Result<KeyRing> key_ring();

    // Deletes the keys of a stream that is nowhere any more. erase() leaves them: the stream may
    // have moved to the archive.
    virtual Result<void> drop_keys(std::string_view stream) = 0;

    // Copies about so many more pages of the store's file to `file`, for a backup; begins anew
    // where no copy is under way. What is appended meanwhile is carried along. An error ends the
    // copy and nothing else: `unavailable` where there is no room for it, `unsupported` where the
    // store has no file.
    virtual Result<CopyProgress> copy(std::filesystem::path const& file, std::size_t pages);
};

} // namespace gatehouse::storage
