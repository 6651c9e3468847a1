// SPDX-License-Identifier: Apache-2.0
#include "telling.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "config/settings.hpp"
#include "corpus/entry.hpp"
#include "rooms/state.hpp"
#include "server/known_erasures.hpp"
#include "storage/archive/archive.hpp"
#include "storage/archive/erasures.hpp"
#include "storage/archive/folder.hpp"
#include "storage/backup/catalogue.hpp"
#include "storage/backup/chain_reader.hpp"
#include "storage/backup/key_catalogue.hpp"
#include "storage/backup/restore.hpp"
#include "storage/sqlite/sqlite_log.hpp"
#include "storage/sqlite/views_file.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace gatehouse::formats {
namespace {

namespace fs = std::filesystem;
namespace archive = storage::archive;
namespace backup = storage::backup;
namespace sqlite = storage::sqlite;
using Json = nlohmann::ordered_json;

template <typename T>
T must(Result<T> result)
{
    if (!result)
        throw std::runtime_error(result.error().message + " (" + result.error().detail + ")");
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

std::string hex_of(events::Link const& link)
{
    return to_hex({reinterpret_cast<char const*>(link.data()), link.size()});
}

// ---- A store

// What a history comes to, with the names that its keys open.
Json room_of(std::string const& name, events::History const& history)
{
    static auto const games = corpus::games_of_today();
    auto state = history.snapshot ? must(rooms::RoomState::restore(*history.snapshot, games))
                                  : rooms::RoomState(name);
    state.learn(history.keys);
    for (auto const& event : history.events)
        must(state.evolve(event, games));
    std::string room;
    json::Writer out(room);
    write_json(out, state.view());
    std::string play;
    state.play().write_state(play);
    return {{"room", Json::parse(room)}, {"state", to_hex(sha256(play))}};
}

Json line_of(storage::Log& log, events::StreamHead const& head)
{
    constexpr std::size_t events_max = 100'000;
    auto const history = must(log.hydrate(head.stream, events_max));
    auto const events = must(log.read(head.stream, head.floor, events_max));
    Json line{{"stream", head.stream}, {"category", head.category}, {"version", head.version},
        {"finished", head.state.finished}, {"at", head.at.ms}, {"floor", head.floor},
        {"events", events.size()}, {"keys", history.keys.size()}};
    if (head.state.deadline)
        line["deadline"] = head.state.deadline->ms;
    if (!events.empty())
        line["link"] = hex_of(events.back().link);
    if (history.snapshot)
        line["snapshot"] = {{"version", history.snapshot->version},
            {"bytes", history.snapshot->state.size()}, {"hash", to_hex(history.snapshot->hash)}};
    line["comes_to"] = room_of(head.stream, history);
    return line;
}

void tell_store(storage::Log& log, std::vector<std::string>& lines)
{
    constexpr std::size_t all = 100'000;
    for (auto const& head : must(log.streams("", 1'000)))
        lines.push_back(line_of(log, head).dump());
    std::size_t events = 0;
    events::LogPage page;
    do {
        page = must(log.log(page.next, all));
        events += page.events.size();
    } while (!page.is_last);
    lines.push_back(Json{{"log", events}, {"next", page.next}}.dump());
    for (auto const& [number, stream, member] : must(log.keys(0, all)))
        lines.push_back(Json{{"key", number}, {"stream", stream}, {"actor", member.actor},
            {"subject", member.subject}, {"sha256", to_hex(sha256(member.key))}}
                            .dump());
    auto const ring = must(log.key_ring());
    lines.push_back(Json{{"ring", ring.last}, {"forgotten", ring.forgotten}}.dump());
}

void tell_store(fs::path const& file, std::vector<std::string>& lines)
{
    auto const log = must(sqlite::SqliteLog::open({.file = file, .ballast_bytes = 0}));
    tell_store(*log, lines);
}

void tell_views(fs::path const& store, std::vector<std::string>& lines)
{
    auto const views = must(sqlite::ViewsFile::open({.file = store}));
    auto const [source, next, is_whole] = must(views->checkpoint());
    lines.push_back(Json{{"views", source}, {"next", next}, {"whole", is_whole}}.dump());
    for (auto const* const game : {"coins", "liap-tui", "snails"}) {
        for (auto const& each : must(views->leaders({.game = game})))
            lines.push_back(Json{{"leader", each.id}, {"game", each.game}, {"name", each.name},
                {"games", each.games}, {"wins", each.wins}, {"points", each.points},
                {"ms", each.ms}, {"rating", each.rating}, {"last_at", each.last_at.ms}}
                                .dump());
        for (auto const& [room, opened_at, at, seats] : must(views->finished({.game = game}))) {
            Json line{{"played", room}, {"opened_at", opened_at.ms}, {"at", at.ms}};
            for (auto const& seat : seats)
                line["seats"].push_back({seat.name, seat.played.place, seat.played.points,
                    static_cast<int>(seat.played.outcome)});
            lines.push_back(line.dump());
        }
    }
}

// ---- Beside it

void tell_erasures(fs::path const& entry, std::vector<std::string>& lines)
{
    config::Settings settings;
    settings.store.kind = config::Store::Kind::sqlite;
    settings.store.path = {(entry / "store.db").string()};
    settings.archive.to = {.kind = config::ObjectStore::Kind::folder, .folder = {"/srv/archive"}};
    auto const known = must(server::KnownErasures::open(settings));
    Json line{{"targets", Json::array()}, {"owed", Json::array()}, {"lost", known->lines_lost()}};
    for (auto const& target : known->used())
        line["targets"].push_back(target);
    for (auto const& key : known->all_owed())
        line["owed"].push_back(key);
    lines.push_back(line.dump());
}

// ---- An archive

// Counts what is fetched.
class Watched final : public archive::Objects {
public:
    explicit Watched(Objects& objects)
        : objects_(objects)
    { }
    Result<void> put(std::string_view name, std::string_view bytes) override
    {
        return objects_.put(name, bytes);
    }
    Result<std::string> get(std::string_view name) override
    {
        packs_ += name.starts_with("packs/") ? 1 : 0;
        return objects_.get(name);
    }
    Result<std::vector<archive::ObjectInfo>> list(
        std::string_view prefix, std::string_view after, std::size_t objects_max) override
    {
        return objects_.list(prefix, after, objects_max);
    }
    Result<void> remove(std::string_view name) override { return objects_.remove(name); }

    [[nodiscard]] std::size_t packs() const { return packs_; }

private:
    Objects& objects_;
    std::size_t packs_ = 0;
};

Json told_of(std::vector<events::Event> const& events, std::string const& room)
{
    return {{"events", events.size()}, {"from", events.front().version},
        {"link", hex_of(events.back().link)},
        {"comes_to", events.front().version == 1 ? room_of(room, {.events = events}) : Json()}};
}

void tell_packs(archive::Archive& packed, std::vector<std::string>& lines)
{
    must(packed.each_pack("", [&](archive::PackName const& name, std::uint64_t) -> Result<void> {
        std::vector<events::Event> events;
        auto const pack = must(packed.read(name, [&](events::Event event) -> Result<void> {
            events.push_back(std::move(event));
            return {};
        }));
        lines.push_back(Json{{"pack", name.text()}, {"rules", pack.header.rules},
            {"finished", pack.header.finished.ms}, {"sha256", pack.sha256},
            {"has", told_of(events, name.room)}}
                            .dump());
        return {};
    }));
    must(packed.each_part("", [&](archive::PartName const& name, std::uint64_t) -> Result<void> {
        auto const part = must(packed.read(name));
        lines.push_back(Json{{"part", name.text()}, {"game", part.game},
            {"before", hex_of(part.before)}, {"snapshot", part.snapshot.version},
            {"hash", to_hex(part.snapshot.hash)}, {"has", told_of(part.events, name.room)},
            {"kept", room_of(name.room, {.snapshot = part.snapshot})}}
                            .dump());
        return {};
    }));
}

// The index of a day by itself: the packs are not asked.
void tell_index(archive::Objects& objects, std::vector<std::string>& lines)
{
    Watched watched(objects);
    archive::Archive packed(watched);
    std::vector<archive::PackName> days;
    must(packed.each_day("", [&](archive::PackName const& one) -> Result<archive::Archive::Next> {
        days.push_back(one);
        return archive::Archive::Next::day;
    }));
    for (auto const& day : days)
        for (auto const& entry : must(packed.day(day.game, day.day)))
            lines.push_back(Json{{"indexed", entry.room}, {"game", entry.game}, {"at", entry.at.ms},
                {"size", entry.size}, {"events", entry.events}, {"sha256", entry.sha256}}
                                .dump());
    if (watched.packs() != 0)
        throw std::runtime_error("the index was not enough: a pack was read");
}

void tell_notes(archive::Archive& packed, std::vector<std::string>& lines)
{
    for (auto const& [room, hold] : must(packed.holds()))
        lines.push_back(Json{{"held", room}, {"why", hold.reason}, {"at", hold.at.ms}}.dump());
    for (auto const& each : must(packed.deletions()))
        lines.push_back(
            Json{{"going", each.room}, {"pack", each.pack}, {"keys", each.with_keys}}.dump());
    for (auto const& [room, at] : must(packed.restored()))
        lines.push_back(Json{{"restored", room}, {"at", at.ms}}.dump());
    for (auto const& key : must(archive::erased_keys(packed.objects())))
        lines.push_back(Json{{"erased", key}}.dump());
}

// ---- A backup

void tell_chain(
    backup::Catalogue& catalogue, std::string const& chain, std::vector<std::string>& lines)
{
    auto const bases = must(catalogue.bases(chain));
    for (auto const& base : bases)
        lines.push_back(Json{{"base", base.number}, {"chain", base.chain}, {"before", base.before},
            {"next", base.next}, {"at", base.at.ms}, {"last_at", base.last_at.ms},
            {"bytes", base.bytes}, {"parts", base.parts.size()}, {"last", base.last_stream},
            {"version", base.last_version}, {"link", base.last_link},
            {"ring",
                base.ring}}.dump());
    auto reader = must(backup::ChainReader::open(catalogue, bases.front()));
    while (auto const segment = must(reader.next())) {
        auto const& header = segment->header;
        Json line{{"segment", header.number}, {"from", header.from}, {"next", header.next},
            {"events", header.events}, {"first_at", header.first_at.ms},
            {"last_at", header.last_at.ms}};
        for (auto const& [slot, position, append] : segment->stretches)
            line["stretches"].push_back({append.stream, append.category, slot, position,
                append.expected, append.events.size(), append.state.finished,
                hex_of(append.events.back().link)});
        lines.push_back(line.dump());
    }
}

void tell_keys(archive::Objects& objects, std::vector<std::string>& lines)
{
    backup::KeyCatalogue catalogue(objects);
    for (auto const& ring : must(catalogue.rings())) {
        auto const newest = must(catalogue.newest(ring)).value();
        Json line{{"keys", ring}, {"generation", newest.number}, {"forgotten", newest.forgotten},
            {"last", newest.last}, {"at", newest.at.ms}};
        for (auto const& name : must(catalogue.parts(newest)))
            for (auto const& [number, stream, member] : must(catalogue.read(newest, name)).keys)
                line["of"].push_back(
                    {number, stream, member.actor, member.subject, to_hex(sha256(member.key))});
        lines.push_back(line.dump());
    }
}

void tell_backup(
    archive::Objects& objects, fs::path const& restored, std::vector<std::string>& lines)
{
    backup::Catalogue catalogue(objects);
    auto const chains = must(catalogue.chains());
    for (auto const& chain : chains)
        tell_chain(catalogue, chain, lines);
    tell_keys(objects, lines);
    auto const ignore = [](backup::RestoreProgress const&) {};
    auto const found = must(backup::verify(objects, ignore));
    for (auto const& [chain, what] : found.findings)
        lines.push_back(Json{{"wrong", chain}, {"what", what}}.dump());
    if (chains.empty())
        return;
    constexpr WallTime now{1'793'200'000'000};
    auto const done = must(backup::restore(objects, {.file = restored, .now = now}, ignore));
    lines.push_back(
        Json{{"restored", done.events}, {"segments", done.segments}, {"keys", done.keys}}.dump());
    tell_store(restored, lines);
}

} // namespace

std::vector<std::string> told(fs::path const& entry)
{
    std::vector<std::string> lines;
    tell_store(entry / "store.db", lines);
    if (fs::exists(entry / "store.db.views"))
        tell_views(entry / "store.db", lines);
    if (fs::exists(entry / "erasures"))
        tell_erasures(entry, lines);
    if (!fs::exists(entry / "target"))
        return lines;
    auto const objects = must(archive::Folder::open(entry / "target"));
    archive::Archive packed(*objects);
    tell_packs(packed, lines);
    tell_index(*objects, lines);
    tell_notes(packed, lines);
    tell_backup(*objects, entry / "restored.db", lines);
    return lines;
}

} // namespace gatehouse::formats
