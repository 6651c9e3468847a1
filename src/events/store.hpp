// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "events/event.hpp"
#include "events/keys.hpp"
#include "events/snapshot.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::events {

// What a store keeps of a stream beside its events, so that a start need not read them all.
struct StreamState {
    bool finished = false;
    std::optional<WallTime> deadline; // The earliest timer of the room, if any.

    bool operator==(StreamState const&) const = default;
};

struct StreamHead {
    std::string stream;   // The room's id; decides the slot (base/ids.hpp).
    std::string category; // The game.
    Version version = 0;
    StreamState state{};
    WallTime at{};       // Of its last event.
    Version floor = 0;   // Events up to here were compacted: only a snapshot tells of them.

    bool operator==(StreamHead const&) const = default;
};

// Events to put at the end of one stream: all or none.
struct StreamAppend {
    std::string stream;
    std::string category; // Counts for the first append of a stream; later ones repeat it.
    Version expected = 0; // The version that the stream has now, else the append is refused.
    std::vector<Event> events; // At least one; versions expected + 1, expected + 2, …
    StreamState state{};       // After these events.
    // Of those who came with these events: durable no later than they are. One for an actor who
    // has a key already takes its place.
    std::vector<MemberKey> keys{};
};

// Where an append went: positions count the events of a slot from 1, without gaps.
struct Appended {
    Slot slot = 0;
    std::uint64_t first_position = 0;
};

struct PositionedEvent {
    Slot slot = 0;
    std::uint64_t position = 0;
    std::string stream;
    std::string category{};
    StreamState state{}; // Of the stream after the append that the event came with.
    Event event{};
};

// A place in the whole log, opaque to callers: "from here on".
using LogCursor = std::uint64_t;

struct LogPage {
    std::vector<PositionedEvent> events; // In the order in which they became durable.
    LogCursor next = 0;
    bool is_last = false;
};

// The port to what is kept. Answers come later, on the shard that asked, in the order of the
// questions of one kind. Bounds: a store that has too much waiting answers `busy` at once.
//
// Errors: `stale_base` the expected version is wrong (nothing of that stream was written);
// `unavailable` the store cannot write now (disk full, read-only, closed): nothing was written;
// `internal` an I/O error: it is UNKNOWN whether the events are kept. The caller drops what it
// assumed and reads the stream again.
class EventStore {
public:
    using OnAppended = std::move_only_function<void(std::vector<Result<Appended>>)>;
    using OnEvents = std::move_only_function<void(Result<std::vector<Event>>)>;
    using OnHistory = std::move_only_function<void(Result<History>)>;
    using OnKept = std::move_only_function<void(Result<void>)>;
    using OnHeads = std::move_only_function<void(Result<std::vector<StreamHead>>)>;
    using OnMemberships = std::move_only_function<void(Result<std::vector<Membership>>)>;
    using OnForgotten = std::move_only_function<void(Result<std::uint64_t>)>;
    using OnPage = std::move_only_function<void(Result<LogPage>)>;
    using OnNames = std::move_only_function<void(Result<std::vector<std::string>>)>;

    virtual ~EventStore() = default;

    // One answer per stream, in the order asked, once all of it is durable. Streams do not hang on
    // each other: one may be refused and the next one kept.
    virtual void append(std::vector<StreamAppend> batch, OnAppended done) = 0;

    // The events of one stream after `after`, oldest first: a page (page.hpp) of `events_max`. What
    // does not exist has none. Fails with `not_found` where they were compacted.
    virtual void read(std::string stream, Version after, std::size_t events_max, OnEvents done) = 0;

    // The newest snapshot of a stream, if it has one, and a page of `events_max` events after it;
    // read() goes on from there. With them the keys of all its actors that are kept.
    virtual void hydrate(std::string stream, std::size_t events_max, OnHistory done) = 0;

    // Keeps a snapshot in the place of the stream's older one. Nothing may hang on the answer: a
    // store may be too busy to keep it. `stale_base` where the stream has no such version, or a
    // newer snapshot.
    virtual void keep(StreamSnapshot snapshot, OnKept done) = 0;

    // All streams of one slot that are not finished.
    virtual void heads(Slot slot, OnHeads done) = 0;

    // The stream of this name; for a name without a dot, all streams whose names go on with one
    // ("k7qxm": "k7qxm.9f0c2ab1"). Finished ones too; none is no error.
    virtual void find(std::string name, OnHeads done) = 0;

    // All streams, finished ones too, whose names come after `after`, in the order of their names
    // as bytes, at most `streams_max`.
    virtual void streams(std::string after, std::size_t streams_max, OnHeads done) = 0;

    // The streams that this person came to, in the order of their names as bytes, after `after`.
    virtual void memberships(std::string subject, std::string after, std::size_t memberships_max,
        OnMemberships done) = 0;

    // Deletes some of the keys of this person, for good, and answers how many: all are gone when
    // it answers 0. Those go first that memberships() tells of first. What was sealed with them
    // nobody can read again.
    virtual void forget(std::string subject, OnForgotten done) = 0;

    // Which of these streams of a category have left for an archive, those that were finished
    // before `since` aside. None where there is no archive.
    virtual void archived(std::string, std::vector<std::string>, WallTime, OnNames done)
    {
        done(std::vector<std::string>());
    }

    // The whole log, page by page from `from` (0: the beginning).
    virtual void log(LogCursor from, std::size_t events_max, OnPage done) = 0;
};

}  // namespace gatehouse::events
