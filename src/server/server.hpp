// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/load.hpp"
#include "identity/key.hpp"
#include "rooms/rules.hpp"
#include "runtime/file_watch.hpp"
#include "runtime/shards.hpp"
#include "runtime/signals.hpp"
#include "server/annex.hpp"
#include "server/archiver.hpp"
#include "server/certificates.hpp"
#include "server/crumb_file.hpp"
#include "server/key_fetcher.hpp"
#include "server/scorer.hpp"
#include "server/shard.hpp"
#include "server/shipper.hpp"
#include "server/stale_rows.hpp"
#include "server/watchdog.hpp"
#include "storage/committer.hpp"
#include "storage/sqlite/open.hpp"

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::server {

// Reads the configuration anew, from wherever it came: what changed, or all that is wrong with it.
using LoadSettings = std::function<std::expected<config::Loaded, std::string>()>;

// The games that are built in: each shard is given a catalogue of its own.
using BuiltIn = std::function<rooms::Catalogue(config::Settings const&)>;

// Planted bugs, for the controls of the tests: acks leave before they are durable.
struct Faults {
    bool gate_off = false;
    std::string abort_at{}; // The process dies of actions of this name, …
    std::string loop_at{};  // … and loops for ever in those of that one.
    storage::sqlite::Synchronous synchronous = storage::sqlite::Synchronous::full;
};

// A running gatehouse. Built in the main thread, which then turns its own reactor (`run`) for
// signals, for changed files and for the way out, while each shard turns on a thread of its own.
//
// SIGHUP or a changed file: load, validate, then swap; an invalid configuration changes nothing.
// SIGTERM or SIGINT: stop accepting, say goaway, end the answers under way, close the rooms'
// clients with 1012 (they come back to whoever serves next), write what waits, exit. A second one:
// at once.
class Server {
public:
    // Fails with what an operator can act on: a port in use, a folder that cannot be written.
    [[nodiscard]] static Result<std::unique_ptr<Server>> create(config::Loaded loaded,
        LoadSettings load, BuiltIn games, std::string version, Faults faults);
    ~Server();

    // Serves until a signal says stop. False where the store was lost to somebody else.
    [[nodiscard]] bool run();

    // Where it listens: with ports that the system chose.
    [[nodiscard]] net::Address front() const { return front_; }
    [[nodiscard]] net::Address admin() const { return admin_; }
    [[nodiscard]] std::optional<net::Address> secure() const { return secure_; }

private:
    Server(config::Loaded loaded, LoadSettings load, BuiltIn games);

    [[nodiscard]] Result<void> open_store(Faults faults);
    [[nodiscard]] Result<void> erase_anew(storage::Log& log);
    void open_crumbs();
    static void tell_stuck(rooms::CrashSite const& site, std::string_view lost);
    [[nodiscard]] std::optional<std::filesystem::path> rows_beside() const;
    void open_scorer();
    [[nodiscard]] Result<void> furnish(std::string const& version, Faults faults);
    [[nodiscard]] events::EventStore& store_of(ShardIndex shard);
    [[nodiscard]] Result<void> listen();
    void note(observe::Level level, std::string_view message, std::string_view detail = {});

    void on_signal(int signal);
    void lose_store(std::string const& why);
    void reload();
    void apply(config::Loaded loaded, std::shared_ptr<gateway::Config const> gateway);
    void watch_files();
    void note_backup(TimePoint shipped_until, std::optional<TimePoint> erased_until);
    void note_lease(TimePoint until);
    void note_archive(node::ArchiveTally const& tally);
    [[nodiscard]] Notary::News notary_news();
    void note_damaged_keys();
    void open_fetcher();
    void tell_rooms(std::vector<std::string> const& erased, Notary::News::OnTold done);

    void drain();
    void end_sessions();
    void check_idle();
    void stop();

    config::Loaded loaded_;
    LoadSettings load_;
    BuiltIn games_;
    net::Address front_;
    net::Address admin_;
    std::optional<net::Address> secure_{};

    runtime::Clock clock_;
    runtime::Reactor control_;
    LogOutput log_output_;
    observe::Log log_;
    runtime::Signals signals_;
    runtime::FileWatch files_;
    Timer files_settled_;
    Timer drain_step_;
    runtime::Worker resolving_;
    runtime::Shards workers_;
    std::optional<identity::SigningKey> key_;
    std::uint64_t history_ = 0; // Of the store.
    std::unique_ptr<KnownErasures> known_;
    std::optional<StaleRows> stale_rows_{};
    TargetNames unasked_{}; // Who was erased, when it was opened.
    std::unique_ptr<storage::Committer> committer_; // After the workers: its thread posts to them.
    std::unique_ptr<Scorer> scorer_; // Where rows of read models are kept.
    std::vector<std::unique_ptr<projections::Boards>> boards_; // Of each shard.
    std::unique_ptr<Archiver> archiver_;            // Where there is an archive.
    std::unique_ptr<Annex> annex_;                  // Where there is either.
    std::vector<std::unique_ptr<events::EventStore>> joined_; // Of each shard, by the annex.
    std::unique_ptr<Shipper> shipper_;              // Where there is a backup.
    std::unique_ptr<CrumbFile> crumbs_; // Null where they cannot be kept.
    std::vector<std::unique_ptr<Shard>> shards_;
    Certificates certificates_;
    std::unique_ptr<Watchdog> watchdog_; // Where there are crumbs.
    std::unique_ptr<KeyFetcher> fetcher_; // Of keys of issuers.

    enum class Stage : std::uint8_t { serving, saying_goodbye, waiting, stopped };
    Stage stage_ = Stage::serving;
    TimePoint drain_until_{};
    bool has_lost_store_ = false;
};

}  // namespace gatehouse::server
