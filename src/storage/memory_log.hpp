// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/log.hpp"
#include "storage/stream_table.hpp"

#include <cstddef>
#include <deque>
#include <string_view>
#include <vector>

namespace gatehouse::storage {

// A log that forgets with its process: `store: memory`, tests, the simulation. Laid out like the
// SQLite one: rows in order, each with the row of its stream's previous event. When it holds
// `bytes_max`, appends answer `unavailable`. Belongs to one thread at a time.
class MemoryLog final : public Log {
public:
    explicit MemoryLog(std::size_t bytes_max = std::size_t{1} << 30)
        : bytes_max_(bytes_max)
    { }

    std::vector<Result<events::Appended>> append(std::vector<events::StreamAppend> batch) override;
    Result<std::vector<events::Event>> read(
        std::string_view stream, events::Version after, std::size_t events_max) override;
    Result<std::vector<events::StreamHead>> heads(Slot slot) override;
    Result<events::LogPage> log(events::LogCursor from, std::size_t events_max) override;

private:
    struct Row {
        StreamId stream;
        RowId previous;
        Slot slot;
        std::uint64_t position;
        events::Event event;
    };

    Result<events::Appended> append_one(events::StreamAppend append);

    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    StreamTable streams_;
    std::deque<Row> rows_; // Row n is at n - 1.
};

} // namespace gatehouse::storage
