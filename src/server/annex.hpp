// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "events/store.hpp"
#include "runtime/worker.hpp"
#include "server/erasures.hpp"
#include "storage/archive/compacted.hpp"
#include "storage/archive/erasures.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace gatehouse::server {

// Makes one history of the store and what lies outside of it. Reads of events that were compacted
// are answered from the parts of their room. Whoever is forgotten is noted in the archive and in
// the target of the backup before their keys are deleted (storage/archive/erasures.hpp); where the
// archive is away, they are deleted all the same, and forgetting fails until it could be told.
//
// Blocks on a thread of its own, so that a shard never waits for the archive, and a round of the
// Archiver never for a shard.
class Annex {
public:
    // Null where there is neither archive nor backup. `clock` outlives it.
    [[nodiscard]] static Result<std::unique_ptr<Annex>> create(
        config::Settings const& settings, runtime::Clock& clock);
    ~Annex() { stop(); }

    void start() { worker_.start(); }
    // Drops the questions that wait: whoever asked has stopped.
    void stop();

    // A shard's store together with it. All three outlive it.
    [[nodiscard]] std::unique_ptr<events::EventStore> beside(
        events::EventStore& store, runtime::Reactor& shard);

private:
    class Joined;
    using ErasedKeys = storage::archive::ErasedKeys;
    using OnNoted = std::move_only_function<void(Result<void>)>;

    Annex(runtime::Clock& clock, std::stop_source stop,
        std::unique_ptr<storage::archive::Objects> archive, ErasureTargets targets);

    void read(std::string stream, events::Version after, events::Version floor,
        std::size_t events_max,
        runtime::Reactor& shard, events::EventStore::OnEvents done);
    void find_packed(std::string game, std::vector<std::string> rooms, WallTime since,
        runtime::Reactor& shard, events::EventStore::OnNames done);
    void note_erased(ErasedKeys keys, runtime::Reactor& shard, OnNoted done);
    Result<void> note_owed();

    template <typename Done, typename Answer>
    void ask(runtime::Reactor& shard, Done done, Answer answer);

    std::stop_source stop_;
    std::unique_ptr<storage::archive::Objects> objects_; // Null where there is no archive.
    ErasureTargets targets_;
    std::optional<storage::archive::Archive> archive_; // The first of the targets, too.
    std::optional<storage::archive::Compacted> compacted_;
    std::vector<ErasedKeys> owed_; // By target: keys that are deleted, and not noted there yet.
    runtime::Worker worker_;
};

} // namespace gatehouse::server
