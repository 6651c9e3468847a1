// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "events/store.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gatehouse::storage {

using StreamId = std::uint32_t; // Counts the streams of a log from 1.
using RowId = std::uint64_t;    // Counts the events of a log from 1; 0 is "none".

// Every so many versions of a stream (1, 65, 129, …) an event is a mark. A mark has the row of
// the mark before it, so that any version is found in few steps from the head.
inline constexpr events::Version versions_per_mark = 64;

constexpr events::Version last_mark(events::Version version)
{
    return version == 0 ? 0 : (version - 1) / versions_per_mark * versions_per_mark + 1;
}

// The head of a stream, and where its chain of events begins.
struct Stream {
    StreamId id = 0;
    Slot slot = 0;
    std::string name;
    std::string category;
    events::Version version = 0;
    events::StreamState state{};
    WallTime at{};              // Of its last event.
    events::Version floor = 0;  // Events up to here are gone.
    RowId last_row = 0;
    RowId mark_row = 0;         // Of last_mark(version).
};

[[nodiscard]] events::StreamHead head_of(Stream const& stream);

// Where the events of an append go: rows and positions count on from the first ones.
struct Placement {
    StreamId stream = 0;
    Slot slot = 0;
    bool is_new_stream = false;
    RowId first_row = 0;
    RowId previous_row = 0; // Of the stream, before the first one,
    RowId mark_row = 0;     // and of its last mark before the first one.
    std::uint64_t first_position = 0;
};

// A row as it lies in a log, to rebuild the heads from.
struct RowSummary {
    RowId row = 0;
    StreamId stream = 0;
    RowId previous_row = 0;
    events::Version version = 0;
    std::uint64_t position = 0;
    events::StreamState state{};
    WallTime at{};
};

// The heads of the streams of a log that may go on, in memory: the one place where versions are
// compared and where rows and positions are given out. So no store needs an index to find either.
// A stream that is not here is a new one: who keeps finished streams elsewhere brings one back
// before it is asked for.
//
// place() counts at once, so that a batch may append to one stream twice, and can be taken back as
// long as keep() was not called: a transaction. About 250 bytes a stream; when `streams_max` are
// there, new ones are refused with `unavailable`. Belongs to one thread.
class StreamTable {
public:
    explicit StreamTable(std::size_t streams_max = 8'000'000)
        : streams_max_(streams_max)
    { }

    [[nodiscard]] Result<Placement> place(events::StreamAppend const& append);
    void keep() { undo_.clear(); }
    void take_back();
    // Only what was kept; it is a new stream to place() from now on.
    void forget(StreamId id);
    void compact(StreamId id, events::Version floor);

    [[nodiscard]] Stream const* find(std::string_view name) const;
    [[nodiscard]] Stream const* find(StreamId id) const;
    // Of those that are not finished.
    [[nodiscard]] std::vector<events::StreamHead> heads(Slot slot) const;
    [[nodiscard]] std::size_t size() const { return streams_.size(); }
    [[nodiscard]] StreamId next_id() const { return last_stream_ + 1; }
    [[nodiscard]] RowId last_row() const { return last_row_; }
    [[nodiscard]] std::uint64_t last_position(Slot slot) const { return last_positions_[slot]; }

    // To fill it from what was kept. False where the parts do not fit together: a stream that is
    // there twice, rows, versions or positions with gaps, a slot that is not the stream's. Then the
    // log is damaged.
    [[nodiscard]] bool restore(Stream stream);
    [[nodiscard]] bool restore(Slot slot, std::uint64_t last_position);
    void restore_last(RowId row, StreamId stream);
    [[nodiscard]] bool replay(RowSummary const& row);

private:
    struct Undo {
        Stream* stream;
        bool was_new;
        events::Version version;
        events::StreamState state;
        WallTime at;
        RowId last_row;
        RowId mark_row;
        std::size_t events;
    };

    Stream& add(Stream stream);

    std::size_t streams_max_;
    std::unordered_map<StreamId, Stream> streams_; // Never moves them: others lend from it.
    std::unordered_map<std::string_view, Stream*> by_name_;
    std::array<std::vector<StreamId>, slots_total> by_slot_;
    std::array<std::uint64_t, slots_total> last_positions_{};
    RowId last_row_ = 0;
    StreamId last_stream_ = 0;
    std::vector<Undo> undo_;
};

} // namespace gatehouse::storage
