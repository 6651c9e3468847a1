// SPDX-License-Identifier: Apache-2.0
#include "recording.hpp"

#include "config/settings.hpp"
#include "corpus/entry.hpp"
#include "events/chain.hpp"
#include "projections/projector.hpp"
#include "rooms/state.hpp"
#include "server/known_erasures.hpp"
#include "storage/archive/archivist.hpp"
#include "storage/archive/erasures.hpp"
#include "storage/archive/folder.hpp"
#include "storage/backup/shipping.hpp"
#include "storage/sqlite/sqlite_log.hpp"
#include "storage/sqlite/views_file.hpp"

#include <algorithm>
#include <stdexcept>

namespace gatehouse::formats {
namespace {

namespace fs = std::filesystem;
namespace archive = storage::archive;
namespace backup = storage::backup;
namespace sqlite = storage::sqlite;
using namespace std::chrono_literals;

constexpr WallTime now{1'793'100'000'000};

template <typename T>
T must(Result<T> result)
{
    if (!result)
        throw std::runtime_error(result.error().message + " (" + result.error().detail + ")");
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

class NoChance final : public Dice {
public:
    std::string bytes(std::size_t size) override { return std::string(size, '\7'); }
};

// A room as an entry of the corpus tells it, under another name.
class Room {
public:
    Room(std::string name, std::string const& entry)
        : name_(std::move(name))
        , events_(corpus::read_lines(corpus::read_file(path(entry, ".events.jsonl"))))
        , keys_(corpus::read_keys(corpus::read_file(path(entry, ".keys.jsonl"))))
        , state_(name_)
    {
        auto link = events::chain_start(name_);
        for (auto& event : events_)
            link = event.link = events::chain_link(link, event);
    }

    // The next events, up to this version, in appends of a few.
    void go_on(storage::Log& log, events::Version up_to = ~events::Version{0})
    {
        while (state_.version() < std::min<events::Version>(up_to, events_.size()))
            must(log.append({next()}).front());
    }
    void keep(storage::Log& log) const { must(log.keep({name_, state_.snapshot()})); }

private:
    static fs::path path(std::string const& entry, std::string_view ending)
    {
        return fs::path(CORPUS) / (entry + std::string(ending));
    }

    events::StreamAppend next()
    {
        constexpr std::size_t events_max = 7;
        events::StreamAppend append{
            .stream = name_, .category = {}, .expected = state_.version(), .events = {}};
        for (std::size_t i = 0; i < events_max && state_.version() < events_.size(); i++) {
            append.events.push_back(events_[state_.version()]);
            must(state_.evolve(append.events.back(), games_));
        }
        if (append.expected == 0)
            append.keys = keys_;
        append.category = state_.opened().game;
        append.state.finished = state_.status() == rooms::Status::finished;
        for (auto const& timer : state_.timers())
            append.state.deadline = std::min(append.state.deadline.value_or(timer.at), timer.at);
        return append;
    }

    rooms::Catalogue games_ = corpus::games_of_today();
    std::string name_;
    std::vector<events::Event> events_;
    std::vector<events::MemberKey> keys_;
    rooms::RoomState state_;
};

Result<std::uint64_t> rules_of(events::Event const& first)
{
    auto const parts = rooms::split(first.data);
    auto const event = GH_TRY(rooms::decode_platform(first.type, first.schema, parts.value().body));
    return static_cast<std::uint64_t>(std::get<rooms::Opened>(event).rules);
}

void ship_all(backup::Shipping& shipping)
{
    while (must(shipping.ship())) { }
}

void archive_some(storage::Log& log, archive::Objects& objects)
{
    constexpr auto never = 24h * 10'000;
    archive::Archivist archivist(
        objects, {.others = {.after = never, .compact = 30}, .games = {{"coins", {.after = 1h}}}},
        [&log](std::function<void(storage::Log&)> const& piece) -> Result<void> {
            piece(log);
            return {};
        },
        rules_of);
    auto const round = must(archivist.round(now));
    if (round.rooms != 1 || round.compacted == 0 || !round.refused.empty())
        throw std::runtime_error("the archivist had something else to do");
}

void note_some(archive::Objects& objects)
{
    archive::Archive packed(objects);
    must(packed.hold("k7qxm.00000002", "a dispute: \"who was it?\"", now));
    must(packed.begin_deletion({.room = "k7qxm.00000009",
        .pack = "packs/coins/2026/10/01/k7qxm.00000009.jsonl.zst",
        .with_keys = true}));
    must(packed.note_restored("k7qxm.00000008", now));
}

void make_views(storage::Log& log, sqlite::Options const& options)
{
    auto const views = must(sqlite::ViewsFile::open(options));
    projections::Projector projector(
        {.page = [&](auto from, auto events_max) { return log.log(from, events_max); },
            .keys = [&](auto const& room) -> Result<std::vector<events::MemberKey>> {
                return GH_TRY(log.hydrate(room, 1)).keys;
            },
            .shown_id = [](auto subject) { return "shown " + std::string(subject); },
            .history = "0"});
    while (!must(projector.step(*views)).is_last) { }
    must(views->settle());
}

void note_erasures(fs::path const& entry, archive::ErasedKeys const& keys)
{
    config::Settings settings;
    settings.store.kind = config::Store::Kind::sqlite;
    settings.store.path = {(entry / "store.db").string()};
    settings.archive.to = {.kind = config::ObjectStore::Kind::folder, .folder = {"/srv/archive"}};
    auto const known = must(server::KnownErasures::open(settings));
    must(known->note_sight({.history = 3, .key_file = 77, .forgotten = keys.size()}));
    must(known->note_used({"file:/srv/archive", "s3://backups/gatehouse"}));
    must(known->owe(keys));
}

} // namespace

void record(fs::path const& entry)
{
    fs::create_directories(entry);
    sqlite::Options const options{.file = entry / "store.db", .ballast_bytes = 0};
    auto const log = must(sqlite::SqliteLog::open(options));
    auto const objects = must(archive::Folder::open(entry / "target"));
    Room coins("k7qxm.00000001", "coins-2");
    Room hosts("k7qxm.00000002", "hosts-1");
    Room lobby("k7qxm.00000003", "lobby-1");
    Room snails("3vbnw.00000004", "snails-1");
    Room plain("3vbnw.00000005", "liap-tui-4");
    hosts.go_on(*log, 40);
    plain.go_on(*log, 60);

    NoChance dice;
    backup::Shipping shipping({.objects = *objects,
        .ask_log = [&log](std::function<void(storage::Log&)> const& ask) -> Result<void> {
            ask(*log);
            return {};
        },
        .now = [] { return Now{{}, now}; },
        .dice = dice,
        .draft = entry / "draft"});
    must(shipping.begin());
    coins.go_on(*log);
    ship_all(shipping);
    lobby.go_on(*log, 50);
    snails.go_on(*log, 60);
    for (auto const* const room : {&hosts, &plain, &lobby, &snails})
        room->keep(*log);
    ship_all(shipping);
    lobby.go_on(*log);
    hosts.go_on(*log);
    ship_all(shipping);

    make_views(*log, options);
    archive_some(*log, *objects);
    note_some(*objects);
    archive::ErasedKeys erased;
    for (auto const& [number, stream, member] : must(log->keys(0, 1'000)))
        if (member.subject == "bob")
            erased.insert(archive::name_of_key(member.key));
    note_erasures(entry, erased);
    must(archive::note_erased(*objects, erased, now));
    while (must(log->forget("bob")) > 0) { }
    ship_all(shipping);
    if (!shipping.owes_erasure())
        throw std::runtime_error("nobody's keys are to leave the backup");
    must(shipping.erase_keys());
    fs::remove(entry / "draft");
}

} // namespace gatehouse::formats
