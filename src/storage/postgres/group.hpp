// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"
#include "storage/postgres/wire.hpp"
#include "storage/stream_table.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::storage::postgres {

// The fencing tokens, and which batch was the last to be kept, per slot.
struct Holding {
    std::int64_t epoch = 0;
    std::string last_batch; // 16 bytes, or none.
};
using Holdings = std::array<Holding, slots_total>;

// The appends of one commit as the parameters of gatehouse.append: one row per slot, per stream,
// per event and per key.
class Group {
public:
    explicit Group(std::string batch)
        : batch_(std::move(batch))
    { }

    // An append that has found its place. Borrows nothing.
    void add(Placement const& placement, events::StreamAppend const& append);

    [[nodiscard]] bool is_empty() const { return slots_.empty(); }
    [[nodiscard]] std::string const& batch() const { return batch_; }
    [[nodiscard]] Slot any_slot() const { return slots_.begin()->first; }
    [[nodiscard]] std::size_t bytes() const { return datas_.bytes(); }

    // Once; what remains is the batch and its slots.
    [[nodiscard]] Parameters parameters(Holdings const& holdings, std::int64_t lease_ms);

private:
    struct SlotRow {
        std::uint64_t first_position;
        std::int64_t events;
    };
    struct StreamRow {
        Slot slot;
        std::string category;
        events::Version before;
        events::Version after;
        events::StreamState state;
        WallTime at; // Of its last event.
    };

    // The keys as columns: of an actor who has two only the later one, as all are one statement.
    std::array<Column, 4> take_keys();

    std::string batch_;
    std::map<Slot, SlotRow> slots_; // In one order, whoever locks them.
    std::map<std::string, StreamRow, std::less<>> streams_;
    Column event_streams_{Column::Of::texts};
    Column versions_{Column::Of::integers};
    Column event_slots_{Column::Of::integers};
    Column positions_{Column::Of::integers};
    Column types_{Column::Of::texts};
    Column schemas_{Column::Of::integers};
    Column ats_{Column::Of::integers};
    Column actors_{Column::Of::integers};
    Column actions_{Column::Of::integers};
    Column begin_actions_{Column::Of::integers};
    Column datas_{Column::Of::blobs};
    Column links_{Column::Of::blobs};
    Column finishes_{Column::Of::integers};
    Column deadlines_{Column::Of::integers};
    std::vector<std::pair<std::string, events::MemberKey>> keys_; // With their streams.
};

} // namespace gatehouse::storage::postgres
