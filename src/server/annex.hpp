// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "events/store.hpp"
#include "runtime/worker.hpp"
#include "server/erasures.hpp"
#include "server/owed_notes.hpp"
#include "storage/archive/compacted.hpp"
#include "storage/archive/erasures.hpp"
#include "storage/committer.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace gatehouse::server {

// Makes one history of the store and what lies outside of it. Reads of events that were compacted
// are answered from the parts of their room. Before the keys of whoever is forgotten are deleted, a
// note is owed to the archive and the target of the backup (storage/archive/erasures.hpp): durably,
// so that it is made whenever the target is there, by whichever process. A target that was away at
// the start is asked until it has told who was erased.
//
// Blocks on a thread of its own, so that a shard never waits for the archive, and a round of the
// Archiver never for a shard. What takes long is done in pieces, between which it answers.
class Annex {
public:
    // From its thread.
    struct News {
        std::function<void(std::size_t)> owes{}; // So many notes.
        // They were erased, and were back; their keys are gone again.
        std::function<void(std::vector<std::string> const&)> erased_again{};
        std::function<void(std::string message, std::string detail)> trouble{};
    };

    // Null where there is neither archive nor backup. `looked` is what the start has found;
    // `committer` and `clock` outlive it.
    [[nodiscard]] static Result<std::unique_ptr<Annex>> create(config::Settings const& settings,
        storage::Committer& committer, runtime::Clock& clock, std::uint64_t history,
        ErasedAgain looked, News news);
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
    using OnOwed = std::move_only_function<void(Result<void>)>;

    Annex(config::Settings const& settings, storage::Committer& committer, runtime::Clock& clock,
        std::uint64_t history, ErasedAgain looked, News news, std::stop_source stop,
        std::unique_ptr<storage::archive::Objects> archive, ErasureTargets targets,
        OwedNotes owed);

    void read(std::string stream, events::Version after, events::Version floor,
        std::size_t events_max,
        runtime::Reactor& shard, events::EventStore::OnEvents done);
    void find_packed(std::string game, std::vector<std::string> rooms, WallTime since,
        runtime::Reactor& shard, events::EventStore::OnNames done);
    void owe(ErasedKeys keys, runtime::Reactor& shard, OnOwed done);

    void tend();
    Result<void> pay_some();
    Result<void> ask_some();
    Result<void> erase_again(ErasedKeys const& keys);
    void remember();
    void tell(Result<void> const& tended);
    Result<void> with_log(std::function<void(storage::Log&)> const& piece);

    template <typename Done, typename Answer>
    void ask(runtime::Reactor& shard, Done done, Answer answer);

    storage::Committer& committer_;
    std::uint64_t history_;
    ErasedAgain looked_;
    News news_;
    Remembered remembered_;
    std::stop_source stop_;
    std::unique_ptr<storage::archive::Objects> objects_; // Null where there is no archive.
    ErasureTargets targets_;
    OwedNotes owed_;
    std::optional<storage::archive::Archive> archive_; // The first of the targets, too.
    std::optional<storage::archive::Compacted> compacted_;
    std::string trouble_{}; // As was told.
    Duration pause_{};
    runtime::Worker worker_;
    Timer next_;
};

} // namespace gatehouse::server
