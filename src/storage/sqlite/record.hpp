// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/stream_table.hpp"

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::storage::sqlite {

// Tells whether bytes are still what was written; no seal against intent. Each step can be undone,
// so no change within one word of 8 bytes goes unseen, and any other but one in 2^32.
class Sum {
public:
    void add(std::uint64_t word)
    {
        state_ = std::rotl(state_ ^ word, 29) * 0x9e3779b97f4a7c15u;
    }
    void add(std::string_view bytes); // And how many there are.
    [[nodiscard]] std::uint32_t value() const
    {
        return static_cast<std::uint32_t>(state_ ^ (state_ >> 32));
    }

private:
    std::uint64_t state_ = 0;
};

// Where an event lies.
struct Place {
    RowId row = 0;
    StreamId stream = 0;
    RowId previous_row = 0; // Of the same stream; 0 for its first event.
    RowId mark_row = 0;     // Where the event is a mark: of the mark before it, else 0.
    std::uint64_t position = 0;
};

// A row of `event`: `row`, `stream` and `data` are columns, all else is packed into `head`
// (docs/store-format.md), with a sum over the whole row.
struct Record {
    Place place{};
    events::StreamState state{}; // After the append that the event came with.
    events::Event event{};
};

// Appends the packed head to `to`.
void pack(std::string& to, Place const& place, events::StreamState const& state,
    events::Event const& event);

// Fills a record whose row and stream are known. False where the bytes are not what was packed.
[[nodiscard]] bool unpack(Record& record, std::string_view head, std::string_view data);

} // namespace gatehouse::storage::sqlite
