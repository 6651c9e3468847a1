// SPDX-License-Identifier: Apache-2.0
#include "events/stream_check.hpp"

#include "events/append_check.hpp"
#include "events/chain.hpp"

#include <utility>

namespace gatehouse::events {

StreamCheck::StreamCheck(StreamHead head, std::optional<Snapshot> snapshot, OnFinding found)
    : head_(std::move(head))
    , snapshot_(std::move(snapshot))
    , found_(std::move(found))
    , version_(head_.floor)
{
    if (head_.floor == 0)
        link_ = chain_start(head_.stream);
    else if (!snapshot_ || snapshot_->version < head_.floor)
        find(head_.floor, "the events up to here were compacted, and no snapshot tells of them");
    else if (snapshot_->version == head_.floor)
        link_ = snapshot_->link;
    if (snapshot_ && snapshot_->version > head_.version)
        find(snapshot_->version, "the snapshot is newer than the stream");
}

void StreamCheck::take(Event const& event)
{
    auto const expected = version_ + 1;
    if (event.version < expected)
        return find(event.version, "this version is there twice");
    if (event.version > expected) {
        find(expected,
            event.version == expected + 1
                ? "this event is missing"
                : "this event and all up to version " + std::to_string(event.version - 1)
                    + " are missing");
        link_.reset();
    }
    if (auto const fits = check(event); !fits)
        find(event.version, fits.error().message);
    check_link(event);
    check_snapshot(event);
    version_ = event.version;
    at_ = event.at;
}

// A stream whose first event has no link has none at all: it is older than chains.
void StreamCheck::check_link(Event const& event)
{
    bool const has_none = event.link == Link{};
    if (version_ == head_.floor && has_none)
        is_unchained_ = true;
    if (is_unchained_ != has_none)
        find(event.version,
            has_none ? "its link is missing" : "it has a link, those before do not");
    else if (!is_unchained_ && link_ && chain_link(*link_, event) != event.link)
        find(event.version, "its link does not fit: it, or an event before it, was changed");
    link_ = event.link;
}

void StreamCheck::check_snapshot(Event const& event)
{
    if (snapshot_ && snapshot_->version == event.version && snapshot_->link != event.link)
        find(event.version, "the snapshot of this version belongs to another history");
}

void StreamCheck::finish()
{
    if (version_ < head_.version)
        find(version_ + 1,
            "the stream ends before; its head says version " + std::to_string(head_.version));
    if (version_ > head_.version)
        find(head_.version, "the head is older than the stream");
    else if (version_ > head_.floor && version_ == head_.version && at_ != head_.at)
        find(version_, "the head names another time for the last event");
}

void StreamCheck::find(Version version, std::string what)
{
    found_({head_.stream, version, std::move(what)});
}

} // namespace gatehouse::events
