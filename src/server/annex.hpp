// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "events/store.hpp"
#include "runtime/worker.hpp"
#include "server/notary.hpp"
#include "storage/archive/compacted.hpp"
#include "storage/committer.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace gatehouse::server {

// Makes one history of the store and what lies outside of it. Reads of events that were compacted
// are answered from the parts of their room; whoever is forgotten is so by the Notary, too.
//
// Reads block on a thread of their own, so that a shard never waits for the archive, nor a round of
// the Archiver for a shard.
class Annex {
public:
    // Null where there is neither archive nor backup. `unasked` are the targets that were away at
    // the start; all that it is given outlives it.
    [[nodiscard]] static Result<std::unique_ptr<Annex>> create(config::Settings const& settings,
        storage::Committer& committer, runtime::Clock& clock, std::uint64_t history,
        KnownErasures& known, TargetNames const& unasked, Notary::News news);
    ~Annex() { stop(); }

    void start();
    // Drops the questions that wait: whoever asked has stopped.
    void stop();

    // A shard's store together with it. All three outlive it.
    [[nodiscard]] std::unique_ptr<events::EventStore> beside(
        events::EventStore& store, runtime::Reactor& shard);

private:
    class Joined;

    Annex(runtime::Clock& clock, std::stop_source stop,
        std::unique_ptr<storage::archive::Objects> archive, std::unique_ptr<Notary> notary);

    void read(std::string stream, events::Version after, events::Version floor,
        std::size_t events_max,
        runtime::Reactor& shard, events::EventStore::OnEvents done);
    void find_packed(std::string game, std::vector<std::string> rooms, WallTime since,
        runtime::Reactor& shard, events::EventStore::OnNames done);

    std::stop_source stop_;
    std::unique_ptr<storage::archive::Objects> objects_; // Null where there is no archive.
    std::unique_ptr<Notary> notary_;
    std::optional<storage::archive::Archive> archive_;
    std::optional<storage::archive::Compacted> compacted_;
    runtime::Worker worker_;
};

} // namespace gatehouse::server
