// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"

#include <functional>
#include <optional>
#include <string>

namespace gatehouse::events {

// What is wrong with a stream, for people.
struct Finding {
    std::string stream;
    Version version = 0; // Where; 0: with all of it.
    std::string what;

    bool operator==(Finding const&) const = default;
};

// Holds the events of one stream against its head, its snapshot and its chain, one after the other:
// versions without a gap, times and words within bounds, every link, the end where the head says.
// Goes on after a finding as well as it can, so that one missing event is one finding.
class StreamCheck {
public:
    using OnFinding = std::function<void(Finding)>;

    StreamCheck(StreamHead head, std::optional<Snapshot> snapshot, OnFinding found);

    // The next event that is there, from head.floor + 1 on.
    void take(Event const& event);
    // There are no more.
    void finish();

    [[nodiscard]] Version version() const { return version_; }
    // Written before chains were: its events cannot be proved, only counted.
    [[nodiscard]] bool is_unchained() const { return is_unchained_; }

private:
    void find(Version version, std::string what);
    void check_link(Event const& event);
    void check_snapshot(Event const& event);

    StreamHead head_;
    std::optional<Snapshot> snapshot_;
    OnFinding found_;
    Version version_;
    std::optional<Link> link_; // Of the event before; unknown above a compacted part.
    WallTime at_{};
    bool is_unchained_ = false;
};

} // namespace gatehouse::events
