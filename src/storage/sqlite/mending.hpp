// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/sqlite/repair_source.hpp"
#include "storage/sqlite/salvage.hpp"
#include "storage/sqlite/spool.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::storage::sqlite {

// An event that is gone for good. One that can be read, and has no place in the chain, has a type.
struct Lost {
    events::Version version = 0;
    std::string type{};
    WallTime at{};
};

// What becomes of a stream that is not whole.
struct Mended {
    std::string stream; // "?17" where nothing tells its name any more.
    std::map<std::string, std::vector<events::Version>> taken{}; // From which source.
    std::vector<events::Version> unproven{}; // Of these (or a snapshot): nothing here proves them.
    events::Version floor = 0;     // The events up to here are gone; the snapshot tells of them.
    std::vector<Lost> compacted{}; // Those of them that were not compacted before.
    std::vector<Lost> cut{};       // Behind the last one that stays.
    bool lost_snapshot = false;    // It is made again as the room goes on.
    bool lost_row = false;         // Of the table of streams: it is made again of the events.
    bool unproven_name = false;    // That row had it, and nothing else tells but one index.
};

// An event that stays, and where it lies: in the damaged store, or, taken, in the spool.
struct Held {
    events::Version version = 0;
    RowId row = 0;
    bool is_taken = false;
};

// A stream as it will be.
struct Whole {
    StreamId id = 0; // In the damaged store.
    std::string name{};
    std::string category{};
    events::StreamState state{}; // Where its last event does not say it,
    WallTime at{};               // or there is none.
    events::Version floor = 0;
    std::optional<SnapshotMark> snapshot{};
    bool is_snapshot_taken = false;
    std::vector<Held> events{};
};

// The category of a stream, by its first event or by a snapshot (the other one is null): where its
// row is lost, these are asked. Empty where they do not say. It may be none.
using CategoryOf = std::function<std::string(events::Event const*, events::Snapshot const*)>;

// May a stream have had more events than is known? Some that are gone are of nobody then.
enum class Tail : std::uint8_t { sure, unsure };

// Puts one stream together, along its chain: an event stays where its row is what was written and
// its link follows. What is missing is taken from the first source whose events lead from the last
// one that stays to the next one: so they are what was there. Behind the last one nothing proves
// them but where they come from (Origin).
class Mending {
public:
    Mending(Salvage& salvage, Spool& spool, CategoryOf const& category_of, SalvagedStream found,
        Tail tail);

    // What cannot be read of a source is told to `unread`.
    [[nodiscard]] Result<void> run(
        std::vector<RepairSource*> const& sources, std::vector<std::string>& unread);
    // Nobody knows what it is: nothing of it stays.
    void give_up();

    [[nodiscard]] Whole& whole() { return whole_; }
    [[nodiscard]] Mended& mended() { return mended_; }
    [[nodiscard]] bool is_mended() const;
    // So many events that could not be read, of whichever stream, were of this one.
    [[nodiscard]] std::uint64_t explained() const;

private:
    // What a source has of the stream: its events lie in the spool one after the other.
    struct Source {
        std::string name;
        Origin origin = Origin::another;
        Kept kept{};
        events::Version first = 0;
        events::Version last = 0;
        RowId first_row = 0;

        [[nodiscard]] bool has(events::Version version) const
        {
            return first != 0 && version >= first && version <= last;
        }
        [[nodiscard]] RowId row_of(events::Version version) const
        {
            return first_row + (version - first);
        }
    };

    enum class Proof : std::uint8_t { none, refuted, proven };
    // Over events of sources.
    struct Step {
        std::size_t source;
        events::Version version;
        events::Link link;
        WallTime at;
    };
    struct Way {
        std::vector<Step> steps{};
        Proof proof = Proof::none; // That what is left of the stream goes on from its end.
        bool is_ours = true;       // All from this very store.
    };

    Result<void> ask(RepairSource& source, std::vector<std::string>& unread);
    [[nodiscard]] Origin origin_of(RepairSource const& source, Kept const& kept) const;
    void find_category();
    void adopt_head();
    [[nodiscard]] bool is_name_proven();
    Result<void> borrow_snapshot();
    Result<void> drop_unused();

    [[nodiscard]] events::Version end() const;
    [[nodiscard]] events::Version last() const;
    std::optional<events::Event> own(events::Version version);
    [[nodiscard]] bool follows(
        std::optional<events::Link> const& before, events::Event const& event) const;

    bool walk();
    bool keep_own(events::Version version);
    bool bridge(events::Version from);
    Way way_from(events::Version from, std::optional<events::Link> link, std::size_t preferred);
    std::optional<Step> step_to(events::Version version, std::optional<events::Link> const& link,
        std::size_t preferred);
    Proof prove(events::Version version, events::Link const& link);
    void take(Way const& way);
    [[nodiscard]] events::StreamState state_after(Step const& step) const;
    void pass_snapshot(events::Version version);
    void leave_below(events::Version version);
    void leave_half_done();
    void name_rest(events::Version from);

    Salvage& salvage_;
    Spool& spool_;
    CategoryOf const& category_of_;
    SalvagedStream found_;
    Tail tail_;
    bool is_unchained_ = false; // Older than chains: no event has a link.
    std::vector<Source> sources_{}; // Asked only where something is missing.
    std::optional<SnapshotMark> snapshot_{}; // Its own, or one
    bool is_snapshot_taken_ = false;         // of a source,
    bool unproven_snapshot_ = false;         // whose link nothing of the stream has.
    std::optional<events::Link> link_{};     // Of the last event so far, where it is known.
    Whole whole_{};
    Mended mended_{};
};

} // namespace gatehouse::storage::sqlite
