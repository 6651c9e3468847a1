// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/archive/objects.hpp"
#include "storage/backup/catalogue.hpp"
#include "storage/backup/key_shipping.hpp"
#include "storage/backup/segment.hpp"
#include "storage/backup/shipped.hpp"
#include "storage/log.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::storage::backup {

// What a store becomes, shipped to a target: a base, then segments of what is appended, each in one
// object, and a new base now and then. Keys lie apart from both (key_shipping.hpp), and are in the
// target before whatever they seal.
//
// The cursor lies in the target: the last segment says how far the log was shipped, and by its last
// event the store is known again, so a new server on the same store goes on with the chain. Any
// other store (restored to an earlier moment, or none of ours) begins a new chain: nothing that was
// shipped is ever overwritten. What could not be shipped stays in the log; of it, one segment is
// held, the one whose fate in the target is unknown, and is put again byte by byte.
//
// Blocks as Objects do, and asks the log in pieces of about a millisecond. Belongs to one thread.
class Shipping {
public:
    // Runs the question on the log's thread and waits. Fails where the log is closed.
    using AskLog = std::function<Result<void>(std::function<void(Log&)> const& question)>;

    struct World {
        archive::Objects& objects;
        AskLog ask_log;
        // What is told of or waited for goes by the steady clock: the other may be set.
        std::function<Now()> now;
        Dice& dice;
        std::filesystem::path draft; // Where the copy for a base lies until it is put.
    };

    explicit Shipping(World world);

    // Goes on with this store's chain, or begins one with a base.
    [[nodiscard]] Result<void> begin();
    // Ships the next segment, where there is something new. Is there more?
    [[nodiscard]] Result<bool> ship();
    // Takes a base, shipping on meanwhile. `false` where nothing came since the last one.
    [[nodiscard]] Result<bool> take_base();

    // Ships all keys anew, shipping on meanwhile: those that are no more leave the target.
    [[nodiscard]] Result<void> renew_keys();
    [[nodiscard]] Result<void> erase_keys();
    // While something else goes on that takes long.
    [[nodiscard]] Result<void> ship_when_due();

    [[nodiscard]] bool has_begun() const { return !chain_.empty(); }
    [[nodiscard]] std::string const& chain() const { return chain_; }
    [[nodiscard]] std::uint64_t number() const { return number_; } // Of the last segment.
    // Of one that an earlier server took, as long ago as its clock said: none is younger than now.
    [[nodiscard]] TimePoint base_at() const { return base_at_; }
    // Events left the log before they could be shipped: only a base carries on from there.
    [[nodiscard]] bool needs_base() const { return needs_base_; }
    // Keys of persons who were forgotten lie in the target still: erase_keys().
    [[nodiscard]] bool owes_erasure() const { return keys_.owes_erasure(); }
    [[nodiscard]] std::string const& ring() const { return keys_.ring(); }
    [[nodiscard]] std::optional<TimePoint> erased_until() const { return keys_.erased_until(); }
    // An instant that has passed for sure when it begins, whatever the clock says: that of the last
    // event, or else of the target's newest chain. None where there is neither.
    [[nodiscard]] std::optional<WallTime> passed() const { return passed_; }
    // All that was durable then is shipped.
    [[nodiscard]] TimePoint shipped_until() const { return shipped_until_; }
    // For whoever deletes what was shipped.
    [[nodiscard]] Shipped& shipped() { return shipped_; }

private:
    struct Batch {
        std::vector<events::PositionedEvent> events{};
        events::LogCursor next = 0;
        std::size_t bytes = 0;
        bool is_last = false;
        bool has_gap = false; // Of events that are in the log no more.
    };
    struct Draft {
        SegmentName name;
        std::string bytes;
        std::string digest;
        events::LogCursor next;
        WallTime last_at;
        bool is_last;
        TimePoint asked_at;
        std::uint64_t look;
    };

    template <typename F>
    auto ask(F question) -> decltype(question(std::declval<Log&>()));
    [[nodiscard]] static Result<void> read_on(Log& log, Batch& batch, std::size_t events_max);
    [[nodiscard]] Result<bool> go_on_with(std::string const& chain);
    [[nodiscard]] Result<void> begin_chain();
    [[nodiscard]] Result<std::optional<events::PositionedEvent>> event_before(
        events::LogCursor next);
    void draft(Batch const& batch, TimePoint asked_at, std::uint64_t look);
    void watch_gaps(Batch const& batch);
    [[nodiscard]] Result<void> put_draft();
    [[nodiscard]] Result<void> copy_most();
    [[nodiscard]] Result<bool> copy_rest();
    [[nodiscard]] Result<void> put_copy(Manifest manifest);

    World world_;
    Catalogue catalogue_;
    KeyShipping keys_;
    std::string chain_{}; // Empty until begin() succeeded.
    std::uint64_t number_ = 0;
    std::string before_{};
    events::LogCursor next_ = 0;
    WallTime last_at_{};
    std::optional<WallTime> passed_{};
    TimePoint shipped_until_{};
    TimePoint tried_at_{};
    std::uint64_t base_number_ = 0;
    TimePoint base_at_{};
    bool needs_base_ = false;
    std::optional<Draft> draft_{};
    events::LogCursor in_base_ = 0; // The newest base has all before this.
    Shipped shipped_{};
};

} // namespace gatehouse::storage::backup
