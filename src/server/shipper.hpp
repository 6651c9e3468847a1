// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "runtime/dice.hpp"
#include "runtime/worker.hpp"
#include "server/archiver.hpp"
#include "server/log_output.hpp"
#include "storage/backup/shipping.hpp"
#include "storage/clock_doubt.hpp"
#include "storage/committer.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

namespace gatehouse::server {

// The folder or bucket of `backup.to`; a bucket is asked as `archive` says: the same service, the
// same keys. `bad_request` where it names none.
[[nodiscard]] Result<std::unique_ptr<storage::archive::Objects>> open_backup(
    config::Settings const& settings, std::stop_token stop = {},
    Patience patience = Patience::usual);

// The thread on which the backup blocks: ships what is new every second, takes a base every so
// often, removes what is older than it need be. A target that is away is tried again after 1 s, and
// later after at most 10 s; meanwhile nothing piles up, as the cursor is a place in the store's own
// log. Rooms wait for none of it.
class Shipper {
public:
    // Told up to when all that is durable is shipped, and until when all who were forgotten have
    // left the target; from start(), then from the shipper's thread.
    using OnShipped
        = std::function<void(TimePoint shipped_until, std::optional<TimePoint> erased_until)>;

    // `committer` and `clock` outlive it.
    [[nodiscard]] static Result<std::unique_ptr<Shipper>> create(config::Settings const& settings,
        storage::Committer& committer, runtime::Clock& clock, OnShipped on_shipped);
    ~Shipper();

    void start();
    // For who deletes what was shipped; for any thread.
    [[nodiscard]] storage::backup::Shipped& shipped() { return shipping_.shipped(); }

    // Ships what is left, unless the target is away, or does not answer within `stop_patience`. The
    // committer must still answer.
    void stop();
    static constexpr std::chrono::seconds stop_patience{10};

private:
    Shipper(config::Settings const& settings, storage::Committer& committer, runtime::Clock& clock,
        OnShipped on_shipped, std::stop_source stop,
        std::unique_ptr<storage::archive::Objects> objects);

    Result<void> ask_log(std::function<void(storage::Log&)> const& question);
    void turn();
    Result<void> begin();
    Result<void> work();
    Result<void> erase_keys();
    Result<void> renew_base();
    void look_at_clock();
    Result<std::size_t> remove_old();
    void tell(Result<void> const& worked);
    void note_shipped();

    config::Backup options_;
    storage::Committer& committer_;
    runtime::Clock& clock_;
    OnShipped on_shipped_;
    std::stop_source stop_;
    std::atomic<bool> is_ending_ = false; // Breaks off a base: the rest is shipped at once.
    std::atomic<bool> is_away_ = false; // The target, as of the last turn that was not broken off.
    bool has_shipped_ = false;          // All there was, in this turn.
    std::unique_ptr<storage::archive::Objects> objects_;
    runtime::KernelDice dice_;
    storage::backup::Shipping shipping_;
    storage::backup::KeyCatalogue::Unmarked unmarked_rings_{}; // As of the last base.
    std::optional<TimePoint> behind_told_at_{}; // Of trouble that is not over.
    storage::ClockDoubt doubt_{}; // Begun with the first chain.
    bool is_doubted_ = false;
    Duration pause_{};
    TimePoint next_erasure_at_{};
    LogOutput log_output_;
    observe::Log log_;
    runtime::Worker worker_;
    Timer next_turn_;
};

} // namespace gatehouse::server
