// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audit/trail.hpp"
#include "events/store.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

namespace gatehouse::audit {

// Writes entries to the store, in order, and says where each one is when it is durable. One shard
// of a process has it, as the streams have one slot. It reads where they end when it is first
// asked, and anew whenever it is unknown what was kept. What comes while it waits for the store
// goes there together. Bound: `waiting_max` entries; beyond it, `busy`.
class Journal {
public:
    static constexpr std::size_t waiting_max = 256;

    explicit Journal(events::EventStore& store)
        : store_(store)
    { }

    using OnKept = std::move_only_function<void(Result<Place>)>;
    void write(WallTime now, Entry entry, OnKept done);

private:
    struct Waiting {
        Entry entry;
        OnKept done;
    };

    void go_on();
    void find_end();
    void append();
    void give_up(Error const& why);

    events::EventStore& store_;
    std::optional<Trail> trail_{}; // None while it is unknown where the entries end.
    WallTime now_{};
    std::vector<Waiting> waiting_{};
    bool is_asking_ = false;
};

} // namespace gatehouse::audit
