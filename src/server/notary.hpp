// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "runtime/worker.hpp"
#include "server/erasures.hpp"
#include "server/known_erasures.hpp"
#include "storage/archive/erasures.hpp"
#include "storage/committer.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace gatehouse::server {

// Sees to it that who is erased stays so, while the store is served. Before the keys of whoever is
// forgotten are deleted, a note is owed to the archive and the target of the backup
// (storage/archive/erasures.hpp): durably, so that it is made whenever the target is there, by
// whichever process. A target that was away at the start is asked until it has told who was erased.
//
// One thread asks the targets, a few seconds at most, and later those that did not answer; another
// keeps what this machine knows, so that an erasure waits for the disk and for no service.
class Notary {
public:
    // From its threads.
    struct News {
        std::function<void(std::size_t)> owes{}; // So many notes.
        // They were erased, and were back; their keys are gone again. Answered from any thread when
        // all rooms have been told: until then they may bring a key back.
        using OnTold = std::function<void()>;
        storage::archive::ErasingAgain::Before before_erasing_again{};
        std::function<void(std::vector<std::string> const&, OnTold)> erased_again{};
        std::function<void(std::string message, std::string detail)> trouble{};
        std::function<void()> damaged{}; // Some keys of the store cannot be read.
    };

    // `unasked` of the targets were not asked at the start. All that it is given outlives it.
    [[nodiscard]] static Result<std::unique_ptr<Notary>> create(config::Settings const& settings,
        storage::Committer& committer, runtime::Clock& clock, std::uint64_t history,
        KnownErasures& known, TargetNames const& unasked, News news);
    ~Notary() { stop(); }

    void start();
    // Drops the questions that wait: whoever asked has stopped.
    void stop();

    using OnKept = std::move_only_function<void(Result<void>)>;
    // Before the keys are deleted. `busy` where too much is owed.
    void owe(storage::archive::ErasedKeys keys, runtime::Reactor& shard, OnKept done);
    // When keys were deleted: a store that has them is another one from now on.
    void note_deleted(runtime::Reactor& shard, OnKept done);

private:
    struct Target {
        ErasureTarget its;
        bool is_unasked = false;
        Duration pause{};
        TimePoint next_at{};
        std::string trouble{}; // As was told.
    };

    Notary(storage::Committer& committer, runtime::Clock& clock, std::uint64_t history,
        KnownErasures& known, News news, std::stop_source stop, std::vector<Target> targets);

    void tend();
    void attend(Target& target);
    Result<void> pay_some(Target& target);
    Result<void> ask(Target& target);
    Result<void> erase_again(storage::archive::ErasedKeys const& keys);
    void tell_rooms(std::vector<std::string> const& subjects);
    bool is_idle(Target const& target) const;
    Result<void> remember();
    Result<void> with_log(std::function<void(storage::Log&)> const& piece);

    storage::Committer& committer_;
    runtime::Clock& clock_;
    std::uint64_t history_;
    KnownErasures& known_;
    News news_;
    std::stop_source stop_;
    std::vector<Target> targets_;
    bool has_told_of_damage_ = false;
    runtime::Worker keeping_;
    runtime::Worker tending_;
    Timer next_;
};

} // namespace gatehouse::server
