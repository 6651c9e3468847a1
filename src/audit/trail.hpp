// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audit/entry.hpp"
#include "events/store.hpp"

#include <optional>
#include <vector>

namespace gatehouse::audit {

// Where the entries end, and how they go on. Each month has a stream, "audit.2026-11", which
// begins with how the one before it ended: one chain runs through all of them. Where a clock went
// back, the newest month goes on, with the times that the clock says.
class Trail {
public:
    Trail() = default; // There is no entry yet.
    Trail(Place last, events::Link link)
        : last_(std::move(last))
        , link_(link)
    { }

    // The newest of these streams, as EventStore::find(audit_category) names them.
    [[nodiscard]] static std::optional<events::StreamHead> newest(
        std::vector<events::StreamHead> const& heads);

    struct Extended {
        std::vector<events::StreamAppend> appends; // One.
        std::vector<Place> places;                 // Of the entries, in their order.
    };
    // What puts these entries behind the last one, at least one.
    [[nodiscard]] Extended extend(WallTime now, std::vector<Entry> entries);

    [[nodiscard]] Place const& last() const { return last_; }

private:
    void add(WallTime now, Entry entry, events::StreamAppend& append);

    Place last_{};
    events::Link link_{};
};

} // namespace gatehouse::audit
