// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "events/store.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gatehouse::storage {

using StreamId = std::uint32_t; // Counts the streams of a log from 1.
using RowId = std::uint64_t;    // Counts the events of a log from 1; 0 is "none".

// The head of a stream, and where its chain of events begins.
struct Stream {
    StreamId id = 0;
    Slot slot = 0;
    std::string name;
    std::string category;
    events::Version version = 0;
    events::StreamState state{};
    RowId last_row = 0;
    WallTime at{}; // Of its last event.
};

// Where the events of an append go: rows and positions count on from the first ones.
struct Placement {
    StreamId stream = 0;
    Slot slot = 0;
    bool is_new_stream = false;
    RowId first_row = 0;
    RowId previous_row = 0; // Of the stream, before the first one.
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

// The heads of all streams of a log, in memory: the one place where versions are compared and where
// rows and positions are given out. So no store needs an index to find either.
//
// place() counts at once, so that a batch may append to one stream twice, and can be taken back as
// long as keep() was not called: a transaction. About 200 bytes a stream; when `streams_max` are
// there, new ones are refused with `unavailable`. Belongs to one thread.
class StreamTable {
public:
    explicit StreamTable(std::size_t streams_max = 8'000'000)
        : streams_max_(streams_max)
    { }

    [[nodiscard]] Result<Placement> place(events::StreamAppend const& append);
    void keep() { undo_.clear(); }
    void take_back();

    [[nodiscard]] Stream const* find(std::string_view name) const;
    [[nodiscard]] bool has(StreamId id) const { return id != 0 && id <= streams_.size(); }
    [[nodiscard]] Stream const& at(StreamId id) const { return streams_[id - 1]; }
    [[nodiscard]] std::vector<events::StreamHead> heads(Slot slot) const;
    [[nodiscard]] std::vector<events::StreamHead> find_all(std::string_view name) const;
    [[nodiscard]] std::vector<events::StreamHead> streams(
        std::string_view after, std::size_t streams_max) const;
    [[nodiscard]] RowId last_row() const { return last_row_; }
    [[nodiscard]] std::uint64_t last_position(Slot slot) const { return last_positions_[slot]; }

    // To fill it from what was kept. False where the parts do not fit together: ids, rows, versions
    // or positions with gaps, a slot that is not the stream's. Then the log is damaged.
    [[nodiscard]] bool restore(Stream stream);
    [[nodiscard]] bool restore(Slot slot, std::uint64_t last_position);
    void restore_last_row(RowId row) { last_row_ = row; }
    [[nodiscard]] bool replay(RowSummary const& row);

private:
    struct Undo {
        StreamId stream;
        bool was_new;
        events::Version version;
        events::StreamState state;
        RowId last_row;
        WallTime at;
        std::size_t events;
    };

    Stream& add(Stream stream);

    std::size_t streams_max_;
    std::deque<Stream> streams_; // Never moves them: `ids_` lends from their names.
    std::unordered_map<std::string_view, StreamId> ids_;
    std::array<std::vector<StreamId>, slots_total> by_slot_;
    std::array<std::uint64_t, slots_total> last_positions_{};
    RowId last_row_ = 0;
    std::vector<Undo> undo_;
};

} // namespace gatehouse::storage
