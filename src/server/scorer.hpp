// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings.hpp"
#include "identity/key.hpp"
#include "projections/boards.hpp"
#include "projections/projector.hpp"
#include "runtime/worker.hpp"
#include "server/log_output.hpp"
#include "server/stale_rows.hpp"
#include "storage/backup/shipped.hpp"
#include "storage/committer.hpp"
#include "storage/sqlite/views_file.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace gatehouse::server {

// By which a person is shown: 80 bits, of which nobody who lacks the server's key can tell whose
// they are.
[[nodiscard]] std::string shown_id_of(identity::SigningKey const& key, std::string_view subject);

// The thread on which the rows of read models are kept: takes a page of the log every second, and
// one after the other while it is behind, for each of which the committer runs one small piece
// between two commits. Rooms wait for none of it. Rows that are damaged, or of another log, are
// made anew. Bound: `questions_max` at once; beyond it the answer is `busy`.
class Scorer {
public:
    static constexpr std::size_t questions_max = 256;

    struct Options {
        std::optional<std::filesystem::path> store{}; // None: the rows are in memory.
        std::uint64_t history = 0;
        bool has_archive = false; // Rooms leave the log: who moves them waits for taken().
        Duration pause_min = std::chrono::seconds(1); // After trouble; up to ten times as long.
    };
    // Told after each turn, on its thread.
    using OnProgress = std::function<void(projections::Progress const&)>;

    // `committer`, `clock` and `stale` outlive it. Where somebody is suspected to be in the rows
    // that are there, they are made anew.
    Scorer(Options options, storage::Committer& committer, runtime::Clock& clock,
        identity::SigningKey key, StaleRows& stale, OnProgress on_progress);
    ~Scorer();

    // The rows beside a store, and those that a rebuild had begun.
    [[nodiscard]] static Result<void> remove_rows(std::filesystem::path const& store);

    void start();
    // Drops the questions that wait: whoever asked has stopped.
    void stop();

    // A shard's port to it. Both outlive it.
    [[nodiscard]] std::unique_ptr<projections::Boards> beside(runtime::Reactor& shard);
    // From any thread, of whoever turned out to be erased elsewhere; nobody waits for it. They are
    // suspected to be in the rows (StaleRows) until the rows durably know better.
    void forget(std::string const& subject);
    // For who deletes what the rows tell of; for any thread.
    [[nodiscard]] storage::backup::Shipped& taken() { return taken_; }

private:
    class Desk;
    using Views = std::unique_ptr<storage::sqlite::ViewsFile>;
    // How often what may be damaged was refused, in a row.
    struct Tries {
        int page = 0;
        int keys = 0;
    };

    void turn();
    Result<void> work();
    Result<void> open();
    Result<void> know_the_log();
    Result<bool> is_ahead_of_log();
    Result<projections::Projector::Step> take_page(projections::Views& views, Tries& tries);
    void look_at_end(projections::Projector::Step const& step);
    Result<void> step_rebuild();
    void give_up_rebuild(Error const& why);
    Result<void> swap();
    Result<Views> open_views(std::filesystem::path const& store) const;
    void tell(Result<void> const& worked);
    void make_anew(Error const& why);

    template <typename T>
    Result<T> ask_log(std::function<Result<T>(storage::Log&)> question);
    Result<std::vector<events::MemberKey>> keys_of(std::string const& room);
    Result<events::LogPage> page_of(events::LogCursor from, std::size_t events_max);
    events::LogPage pass_over(events::LogCursor position, std::string const& why);

    template <typename Answer>
    auto answer(Answer const& from) -> decltype(from(std::declval<projections::Views&>()));
    Result<void> forget_rows(std::string const& player);
    Result<void> forget_for_good(std::string const& player);
    Result<void> begin_rebuild(projections::Rebuild what);
    Result<projections::Progress> count();

    Options options_;
    bool begins_anew_ = false; // What is there is not trusted.
    storage::Committer& committer_;
    identity::SigningKey key_;
    StaleRows& stale_;
    std::size_t suspicions_ = 0; // To be cleared when the rows were removed.
    OnProgress on_progress_;
    std::stop_source stop_;
    storage::backup::Shipped taken_;
    std::optional<projections::Projector> projector_; // None until the store has said who it is.
    Views views_;                                     // Null until they are opened,
    Views rebuilt_;                                   // and where none are made beside them.
    projections::Progress progress_{};
    events::LogCursor synced_ = 0;
    TimePoint next_look_at_end_{};
    Tries tries_of_rows_{};
    Tries tries_of_rebuilt_{};
    Tries* tries_ = &tries_of_rows_;    // Of the rows whose page is taken.
    int rebuild_failures_ = 0;          // In a row.
    events::LogCursor passed_over_ = 0; // The last one.
    Duration pause_{};
    LogOutput log_output_;
    observe::Log log_;
    runtime::Worker worker_;
    Timer next_turn_;
};

} // namespace gatehouse::server
