// SPDX-License-Identifier: Apache-2.0
#include "server/server.hpp"

#include "base/assert.hpp"
#include "server/history.hpp"
#include "server/mapping.hpp"
#include "server/signing_key.hpp"
#include "server/store.hpp"

#include <atomic>
#include <csignal>
#include <thread>
#include <unistd.h>

namespace gatehouse::server {
namespace {

ShardIndex shards_for(config::Settings const& settings)
{
    if (settings.shards.count > 0)
        return static_cast<ShardIndex>(settings.shards.count);
    auto const cores = std::max(std::thread::hardware_concurrency(), 1u);
    return static_cast<ShardIndex>(std::min<unsigned>(cores, slots_total));
}

observe::Level level_of(config::LogLevel level)
{
    return static_cast<observe::Level>(std::to_underlying(level));
}

}  // namespace

Server::Server(config::Loaded loaded, LoadSettings load, BuiltIn games)
    : loaded_(std::move(loaded))
    , load_(std::move(load))
    , games_(std::move(games))
    , control_(clock_)
    , log_output_(STDERR_FILENO)
    , log_(log_output_, level_of(loaded_.settings.log.level), -1)
    , signals_(control_, {SIGTERM, SIGINT, SIGHUP}, [this](int signal) { on_signal(signal); })
    , files_(control_,
          [this] {
              control_.timers().arm(
                  files_settled_, control_.now().steady + std::chrono::milliseconds(100));
          })
    , files_settled_([this] { reload(); })
    , drain_step_([this] { stage_ == Stage::saying_goodbye ? end_sessions() : check_idle(); })
    , resolving_(clock_, {.name = "gh-resolver"})
    , workers_(clock_, {.count = shards_for(loaded_.settings)})
    , certificates_(control_, hands_of(shards_, [this](auto level, auto what, auto detail) {
        note(level, what, detail);
    }))
{
    control_.at_end_of_turn([this] { log_output_.flush(); });
}

Server::~Server()
{
    workers_.stop();
    fetcher_.reset();
    watchdog_.reset();
    resolving_.stop();
    archiver_.reset();
    scorer_.reset();
    annex_.reset();
    shipper_.reset();
    committer_.reset();
    shards_.clear();
}

Result<std::unique_ptr<Server>> Server::create(config::Loaded loaded, LoadSettings load,
    BuiltIn games, std::string version, Faults faults)
{
    std::unique_ptr<Server> server(
        new Server(std::move(loaded), std::move(load), std::move(games)));
    GH_CHECK(server->open_store(faults));
    server->open_crumbs();
    GH_CHECK(server->furnish(version, faults));
    GH_CHECK(server->listen());
    server->watch_files();
    return server;
}

// ---- Building

Result<void> Server::open_store(Faults faults)
{
    OwnerNews const news{.lost =
                             [this](std::string const& why) {
                                 control_.mailbox().post_answer([this, why] { lose_store(why); });
                             },
        .held =
            [this](TimePoint until) {
                control_.mailbox().post_answer([this, until] { note_lease(until); });
            },
        .keys_lost =
            [this](std::string const& why) {
                control_.mailbox().post_answer([this, why] {
                    note(observe::Level::error,
                        "the keys of the store are damaged: names are lost, a backup may have them",
                        why);
                });
            }};
    history_ = GH_TRY(history_of(loaded_.settings.store));
    auto log = GH_TRY(server::open_store(loaded_.settings.store, news, faults.synchronous));
    if (GH_TRY(has_lost_keys(*log)))
        note(observe::Level::info, "the store has events and no keys: names in them are lost",
            "as after an upgrade; else bring the keys back (docs/store-format.md)");
    GH_CHECK(erase_anew(*log));
    std::vector<storage::Committer::Deliver> deliver;
    for (ShardIndex shard = 0; shard < workers_.count(); shard++)
        deliver.emplace_back([this, shard](storage::Committer::Task task) {
            workers_[shard].mailbox().post_answer(std::move(task));
        });
    committer_ = std::make_unique<storage::Committer>(std::move(log), std::move(deliver));
    key_ = GH_TRY(signing_key(loaded_.settings));
    if (loaded_.settings.backup.to.kind != config::ObjectStore::Kind::none)
        shipper_ = GH_TRY(Shipper::create(loaded_.settings, *committer_, clock_,
            [this](TimePoint shipped_until, std::optional<TimePoint> erased_until) {
                note_backup(shipped_until, erased_until);
            }));
    open_scorer();
    Archiver::Awaited awaited;
    if (shipper_)
        awaited.push_back(&shipper_->shipped());
    if (scorer_)
        awaited.push_back(&scorer_->taken());
    if (loaded_.settings.archive.to.kind != config::ObjectStore::Kind::none)
        archiver_ = GH_TRY(Archiver::create(loaded_.settings, *committer_, clock_, awaited,
            [this](node::ArchiveTally const& tally) { note_archive(tally); }));
    annex_ = GH_TRY(Annex::create(loaded_.settings, *committer_, clock_, history_, *known_,
        unasked_, notary_news()));
    return {};
}

std::optional<std::filesystem::path> Server::rows_beside() const
{
    auto const& settings = loaded_.settings;
    if (!settings.projections || settings.store.kind != config::Store::Kind::sqlite)
        return std::nullopt;
    return std::filesystem::path(settings.store.path.text);
}

// Rows of a store with a file lie beside it.
void Server::open_scorer()
{
    auto const& settings = loaded_.settings;
    bool const has_file = settings.store.kind == config::Store::Kind::sqlite;
    if (!settings.projections && has_file) // Nobody could be erased in them.
        if (auto const gone = Scorer::remove_rows(settings.store.path.text); !gone)
            note(observe::Level::warning, "the leaderboards of before cannot be removed",
                gone.error().detail);
    if (!settings.projections)
        return;
    Scorer::Options options{.history = history_,
        .has_archive = settings.archive.to.kind != config::ObjectStore::Kind::none};
    options.store = rows_beside();
    scorer_ = std::make_unique<Scorer>(std::move(options), *committer_, clock_, *key_, *stale_rows_,
        [this](projections::Progress const& progress) {
            auto& first = *shards_.front();
            static_cast<void>(first.reactor().mailbox().try_post(
                [&first, progress] { first.node().note_projections(progress); }));
        });
}

Result<void> Server::erase_anew(storage::Log& log)
{
    known_ = GH_TRY(KnownErasures::open(loaded_.settings));
    if (known_->lines_lost() > 0)
        note(observe::Level::error,
            "the file erasures.owed has decayed: some erasures are not noted in every target",
            std::to_string(known_->lines_lost())
                + " notes; an old copy of the store may bring them back: erase whom you erased "
                  "last once more, if you use one");
    auto const targets = GH_TRY(erasure_targets(loaded_.settings));
    stale_rows_.emplace(rows_beside());
    auto looked = GH_TRY(erase_again(
        targets, log, history_, *known_, [this] { return stale_rows_->suspect(); }));
    if (looked.keys > 0)
        note(observe::Level::warning, "persons who were erased were back, and are erased again",
            std::to_string(looked.keys) + " memberships; was the store set back?");
    if (looked.has_damage)
        note_damaged_keys();
    if (looked.away)
        note(observe::Level::warning,
            "it is not known everywhere who was erased; who knows it is asked until it is",
            looked.away->message + " " + looked.away->detail);
    unasked_ = std::move(looked.unasked);
    return {};
}

void Server::note_damaged_keys()
{
    note(observe::Level::error, "some keys of the store are damaged: names are lost",
        "gatehouse events verify; a backup may have them");
}

// From the notary's threads.
Notary::News Server::notary_news()
{
    return {.owes =
                [this](std::size_t notes) {
                    for (auto& shard : shards_)
                        static_cast<void>(shard->reactor().mailbox().try_post(
                            [node = &shard->node(), notes] { node->note_owed(notes); }));
                },
        .before_erasing_again = [this] { return stale_rows_->suspect(); },
        .erased_again = [this](auto const& subjects,
                            auto done) { tell_rooms(subjects, std::move(done)); },
        .trouble =
            [this](std::string message, std::string detail) {
                control_.mailbox().post_answer(
                    [this, message = std::move(message), detail = std::move(detail)] {
                        note(observe::Level::warning,
                            "what is known of erased persons waits to be told or asked",
                            message + " " + detail);
                    });
            },
        .damaged
        = [this] { control_.mailbox().post_answer([this] { note_damaged_keys(); }); }};
}

void Server::tell_rooms(std::vector<std::string> const& erased, Notary::News::OnTold done)
{
    auto const awaited = std::make_shared<std::atomic<std::size_t>>(shards_.size() * erased.size());
    for (auto const& subject : erased)
        if (scorer_)
            scorer_->forget(subject);
    stale_rows_->clear(); // Of before their keys went: now it is the scorer's to know.
    for (auto& shard : shards_)
        shard->reactor().mailbox().post_answer([node = &shard->node(), erased, awaited, done] {
            for (auto const& subject : erased)
                node->rooms().forget(subject, [awaited, done] {
                    if (--*awaited == 0)
                        done();
                });
        });
    control_.mailbox().post_answer([this, count = erased.size()] {
        note(observe::Level::warning, "persons who were erased were back, and are erased again",
            std::to_string(count) + " persons, while the store was served");
    });
}

// Without them a server serves as well as with them, until a game crashes it.
void Server::open_crumbs()
{
    auto const folder = loaded_.settings.store.data_folder();
    std::string_view lost = "the store is in memory: its rooms are gone";
    auto opened = folder.empty()
        ? CrumbFile::in_memory(workers_.count())
        : CrumbFile::open(std::filesystem::path(folder) / "crumbs", workers_.count());
    if (!folder.empty() && opened)
        lost = {};
    if (!opened) { // A watchdog needs no file.
        note(observe::Level::warning,
            "no breadcrumbs are kept: a room that breaks the server may do so again",
            opened.error().message);
        lost = "no breadcrumbs are kept: a server that is started now may walk into the same trap";
        opened = CrumbFile::in_memory(workers_.count());
    }
    if (!opened)
        return note(observe::Level::warning, "no watchdog: a room that hangs stops its shard",
            opened.error().message);
    crumbs_ = *std::move(opened);
    mark_crumbs_on_crash();
    watchdog_ = std::make_unique<Watchdog>(clock_, *crumbs_, workers_.count(),
        loaded_.settings.capacity.stuck_after,
        [lost](auto const& site) { tell_stuck(site, lost); });
    for (auto const& site : crumbs_->found())
        note(observe::Level::error, "the last server died of a room: gatehouse letter ls",
            site.room + ": " + std::string(name_of(site.doing)) + " " + site.name + ", "
                + site.why);
    for (auto const& site : crumbs_->shut())
        note(observe::Level::error, "a room is shut, for it broke the server",
            site.room + ": " + site.why + "; gatehouse room open " + site.room);
}

// From the watchdog's thread: the last that this process says. `lost`: why the next one will know
// nothing of it, if so.
void Server::tell_stuck(rooms::CrashSite const& site, std::string_view lost)
{
    LogOutput output(STDERR_FILENO);
    observe::Log log(output, observe::Level::error, -1);
    bool const is_shut = site.doing == rooms::Doing::read || site.doing == rooms::Doing::show;
    std::string next(lost);
    if (site.doing == rooms::Doing::open)
        next = "no room came to be: whoever asks for the same makes the game do so again";
    else if (lost.empty())
        next = is_shut
            ? "a server that is started now shuts the room: gatehouse room open " + site.room
            : "a server that is started now sets it aside: gatehouse letter ls";
    auto const now = runtime::Clock().read().wall;
    log.line(observe::Level::error, "a game does not return: this server ends", now)
        .field("room", site.room)
        .field("doing", name_of(site.doing))
        .field("name", site.name)
        .field("action", site.action)
        .field("next", next);
}

Result<void> Server::furnish(std::string const& version, Faults faults)
{
    auto const gateway = GH_TRY(gateway_config(loaded_.settings));
    auto const store = store_name(loaded_.settings.store);
    auto rooms = rooms_options(loaded_.settings, workers_.count());
    rooms.history = history_;
    // Who knows the guests' key may know what is said of guests; nobody asks for another history.
    rooms.listings.secret = key_->sign("gatehouse: caches are shared");
    rooms.listings.name = "rooms-" + std::to_string(history_);
    rooms.others.room.gate_off = faults.gate_off;
    rooms.others.room.abort_at = faults.abort_at;
    rooms.others.room.loop_at = faults.loop_at;
    for (auto& [name, game] : rooms.games) {
        game.room.gate_off = faults.gate_off;
        game.room.abort_at = faults.abort_at;
        game.room.loop_at = faults.loop_at;
    }

    open_fetcher();
    std::vector<Shard*> all;
    for (ShardIndex shard = 0; shard < workers_.count(); shard++) {
        node::Options node{.shard = shard, .shards = workers_.count(), .version = version,
            .store_name = store, .ways = map_auth(loaded_.settings, *key_), .rooms = rooms,
            .matches = matches_of(loaded_.settings)};
        if (scorer_)
            boards_.push_back(scorer_->beside(workers_[shard]));
        Shard::Setup setup{.node = std::move(node), .connections_max = 100'000,
            .crumbs = crumbs_ ? &crumbs_->of(shard) : nullptr,
            .boards = scorer_ ? boards_.back().get() : nullptr,
            .commits = [this] { return committer_->tally(); },
            .redis = redis_target(loaded_.settings.redis),
            .fetch_keys = [this, shard](std::string const& way, node::JwtOptions const& options) {
                fetcher_->ask({way, options, shard});
            },
            .games = games_(loaded_.settings), .outside = outside_games(loaded_.settings),
            .log_fd = STDERR_FILENO, .log_level = level_of(loaded_.settings.log.level)};
        shards_.push_back(std::make_unique<Shard>(std::move(setup), workers_[shard],
            resolving_.reactor(), store_of(shard), *key_, gateway));
        all.push_back(shards_.back().get());
    }
    for (auto& shard : shards_)
        shard->meet(all);
    return {};
}

// Its thread posts to shards: it begins when somebody asks, and ends before they do.
void Server::open_fetcher()
{
    fetcher_ = std::make_unique<KeyFetcher>(clock_,
        [this](std::optional<ShardIndex> shard, KeyFetcher::Question const& question,
            Result<node::FetchedKeys> const& came) {
            for (ShardIndex each = 0; each < shards_.size(); each++)
                if (!shard || *shard == each)
                    shards_[each]->reactor().mailbox().post_answer(
                        [node = &shards_[each]->node(), question, came] {
                            node->keys_came(question.way, question.options, came);
                        });
        });
}

events::EventStore& Server::store_of(ShardIndex shard)
{
    auto& store = committer_->store(shard);
    return annex_ ? *joined_.emplace_back(annex_->beside(store, workers_[shard])) : store;
}

// ---- Serving

bool Server::run()
{
    auto const endpoints = endpoints_of(loaded_.settings);
    for (auto& shard : shards_) {
        auto* const each = shard.get();
        bool const posted = each->reactor().mailbox().try_post([this, each, endpoints] {
            each->resolve(endpoints);
            if (crumbs_)
                each->node().beware(crumbs_->found(), crumbs_->shut());
            each->node().start([each](Result<std::size_t> rooms) {
                auto& log = each->node().log();
                auto const now = each->reactor().now().wall;
                if (rooms)
                    log.line(observe::Level::info, "shard is ready", now).field("rooms", *rooms);
                else
                    log.line(observe::Level::error, "shard cannot read its rooms", now)
                        .field("error", rooms.error().message)
                        .field("detail", rooms.error().detail);
            });
        });
        GH_ASSERT(posted);
    }
    note(observe::Level::info, "gatehouse is up", "http " + front_.to_string());
    log_output_.flush();
    resolving_.start();
    workers_.start();
    if (watchdog_)
        watchdog_->start();
    if (scorer_)
        scorer_->start();
    if (archiver_)
        archiver_->start();
    if (annex_)
        annex_->start();
    if (shipper_)
        shipper_->start();
    control_.run();
    return !has_lost_store_;
}

void Server::note(observe::Level level, std::string_view message, std::string_view detail)
{
    auto line = log_.line(level, message, control_.now().wall);
    if (!detail.empty())
        line.field("detail", detail);
}

void Server::on_signal(int signal)
{
    if (signal == SIGHUP)
        return reload();
    if (stage_ == Stage::serving)
        return drain();
    note(observe::Level::warning, "told to stop twice: stopping at once");
    stop();
}

// What rooms hold in memory may be outdated, and nothing that they decide can be kept. A new start
// reads them again, or is told who has the store.
void Server::lose_store(std::string const& why)
{
    if (stage_ == Stage::stopped)
        return;
    note(observe::Level::error, "the store is lost to this server: stopping", why);
    has_lost_store_ = true;
    stop();
}

void Server::note_lease(TimePoint until)
{
    for (auto& shard : shards_)
        static_cast<void>(shard->reactor().mailbox().try_post(
            [each = shard.get(), until] { each->node().rooms().note_lease(until); }));
}

// From the shipper's thread.
void Server::note_backup(TimePoint shipped_until, std::optional<TimePoint> erased_until)
{
    for (auto& shard : shards_)
        static_cast<void>(shard->reactor().mailbox().try_post(
            [node = &shard->node(), shipped_until, erased_until] {
                node->note_backup(shipped_until, erased_until);
            }));
}

// From the archiver's thread; the first shard tells of what there is once.
void Server::note_archive(node::ArchiveTally const& tally)
{
    auto& first = *shards_.front();
    static_cast<void>(first.reactor().mailbox().try_post(
        [&first, tally] { first.node().note_archive(tally); }));
}

// ---- Reload

void Server::reload()
{
    if (stage_ != Stage::serving)
        return;
    auto const refuse = [this](std::string_view why) {
        note(observe::Level::error, "the new configuration is invalid; the old one stays", why);
    };
    auto loaded = load_();
    if (!loaded)
        return refuse(loaded.error());
    auto gateway = gateway_config(loaded->settings);
    if (!gateway)
        return refuse(gateway.error().message);
    auto certificates = certificates_.prepare(*loaded);
    if (!certificates)
        return refuse(certificates.error().message);
    certificates_.take(*std::move(certificates));
    apply(std::move(*loaded), std::move(*gateway));
}

void Server::apply(config::Loaded loaded, std::shared_ptr<gateway::Config const> gateway)
{
    auto const& now = loaded.settings;
    auto const& before = loaded_.settings;
    if (now.listen != before.listen || now.store != before.store || now.shards != before.shards
        || now.rooms != before.rooms || guests_key(now) != guests_key(before)
        || now.archive != before.archive || now.backup != before.backup || now.redis != before.redis
        || now.projections != before.projections || now.capacity != before.capacity)
        note(observe::Level::warning,
            "changes of listen, store, archive, backup, redis, projections, shards, capacity, "
            "rooms and of the guests' key count from the next start on");
    auto const endpoints = endpoints_of(now);
    auto const level = level_of(now.log.level);
    auto const ways = map_auth(now, *key_);
    for (auto& shard : shards_)
        shard->reactor().mailbox().post_answer(
            [each = shard.get(), gateway, endpoints, level, ways] {
                each->resolve(endpoints);
                each->node().log().set_lowest(level);
                each->trust(gateway);
                each->node().reload(ways, gateway);
            });
    log_.set_lowest(level);
    loaded_ = std::move(loaded);
    watch_files();
    note(observe::Level::info, "configuration reloaded");
}

// ---- The way out

void Server::drain()
{
    using namespace std::chrono_literals;
    constexpr auto farewell = 200ms;
    stage_ = Stage::saying_goodbye;
    note(observe::Level::info, "draining");
    drain_until_ = control_.now().steady + loaded_.settings.drain.timeout;
    for (auto& shard : shards_)
        shard->reactor().mailbox().post_answer([each = shard.get()] {
            each->unlisten();
            each->node().drain(farewell);
        });
    control_.timers().arm(drain_step_, control_.now().steady + farewell);
}

void Server::end_sessions()
{
    stage_ = Stage::waiting;
    for (auto& shard : shards_)
        shard->reactor().mailbox().post_answer([each = shard.get()] {
            each->node().close_sessions();
        });
    check_idle();
}

// Asks all shards; goes on asking until none has anything left to do, or time is up.
void Server::check_idle()
{
    if (control_.now().steady >= drain_until_) {
        note(observe::Level::warning, "time is up: closing what is still open");
        return stop();
    }
    struct Tally {
        std::size_t missing;
        bool all_idle = true;
    };
    auto tally = std::make_shared<Tally>(shards_.size());
    for (auto& shard : shards_)
        shard->reactor().mailbox().post_answer([this, tally, each = shard.get()] {
            control_.mailbox().post_answer([this, tally, is_idle = each->node().is_idle()] {
                tally->all_idle = tally->all_idle && is_idle;
                if (--tally->missing > 0 || stage_ != Stage::waiting)
                    return;
                if (tally->all_idle)
                    stop();
                else
                    control_.timers().arm(
                        drain_step_, control_.now().steady + std::chrono::milliseconds(10));
            });
        });
}

void Server::stop()
{
    stage_ = Stage::stopped;
    note(observe::Level::info, "stopped");
    workers_.stop();
    if (archiver_)
        archiver_->stop();
    if (scorer_)
        scorer_->stop();
    if (annex_)
        annex_->stop();
    if (shipper_)
        shipper_->stop();
    committer_->stop();
    control_.stop();
}

}  // namespace gatehouse::server
