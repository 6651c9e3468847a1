// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "node/node.hpp"
#include "runtime/worker.hpp"
#include "server/log_output.hpp"
#include "storage/archive/archivist.hpp"
#include "storage/backup/shipped.hpp"
#include "storage/committer.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

namespace gatehouse::server {

// For how long a service that does not answer is waited for.
enum class Patience : std::uint8_t {
    usual, // What is asked is large, or nothing else is to be done.
    brief, // One try of a few seconds.
};

// The folder or bucket that the settings name; nothing is asked of a bucket yet. `bad_request`
// where they name none.
[[nodiscard]] Result<std::unique_ptr<storage::archive::Objects>> open_objects(
    config::Archive const& archive, std::stop_token stop = {}, Patience = Patience::usual);

// What `archive` and `rooms.GAME.archive` say.
[[nodiscard]] storage::archive::ArchivistOptions archivist_options(
    config::Settings const& settings);

// The version of the rules that a room began with, of its first event.
[[nodiscard]] Result<std::uint64_t> rules_of(events::Event const& first);

// The thread on which the archive blocks: a round of the Archivist every so often, for which the
// committer runs one small piece at a time between its commits. Logs what each round did. A service
// that is away costs nothing but rooms that stay in the store for longer.
class Archiver {
public:
    // Told after each round, on the archiver's thread.
    using OnRound = std::function<void(node::ArchiveTally const&)>;

    // Who must have an event before it leaves the store: the backup, the rows of read models.
    using Awaited = std::vector<storage::backup::Shipped*>;

    // All that it is given outlives it.
    [[nodiscard]] static Result<std::unique_ptr<Archiver>> create(config::Settings const& settings,
        storage::Committer& committer, runtime::Clock& clock, Awaited awaited,
        OnRound on_round);
    ~Archiver();

    void start();
    // Breaks off what it does: nothing is half done, whenever.
    void stop();

private:
    Archiver(config::Settings const& settings, storage::Committer& committer,
        runtime::Clock& clock, Awaited awaited, OnRound on_round,
        std::stop_source stop,
        std::unique_ptr<storage::archive::Objects> objects);

    Result<void> with_log(std::function<void(storage::Log&)> const& piece);
    void make_round();
    storage::archive::Archivist::IsBackedUp have(Awaited awaited) const;
    void count(Result<storage::archive::Round> const& round);
    void tell(Result<storage::archive::Round> const& round);

    storage::Committer& committer_;
    std::stop_source stop_;
    std::unique_ptr<storage::archive::Objects> objects_;
    storage::archive::Archivist archivist_;
    OnRound on_round_;
    node::ArchiveTally tally_;
    bool waits_ = false; // For the backup, as was told.
    bool gave_up_ = false; // As was told.
    bool deletes_nothing_ = false; // As was told: the clock is doubted.
    Duration pause_;
    LogOutput log_output_;
    observe::Log log_;
    runtime::Worker worker_;
    Timer next_round_;
};

} // namespace gatehouse::server
