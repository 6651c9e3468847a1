// SPDX-License-Identifier: Apache-2.0
#include "admin_client.hpp"
#include "commands.hpp"
#include "records.hpp"

#include "admin/rendering.hpp"
#include "base/bytes.hpp"
#include "base/cbor.hpp"
#include "base/json_writer.hpp"
#include "base/seal.hpp"
#include "base/text.hpp"
#include "rooms/record.hpp"
#include "rooms/state.hpp"
#include "server/archiver.hpp"
#include "storage/archive/archive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <unistd.h>
#include <utility>

namespace gatehouse::cli {
namespace {

using namespace std::chrono_literals;

namespace archive = storage::archive;

using Heads = std::map<std::string, events::StreamHead, std::less<>>;

Result<std::string> ask_about(
    AdminClient& server, std::string const& what, std::string const& id, std::string const& after)
{
    std::string body;
    json::Writer out(body);
    out.object().key("id").value(id);
    if (!after.empty())
        out.key("after").value(after);
    out.end_object();
    return server.post("/admin/subjects/" + what, body);
}

// Rooms that somebody came to, and what opens their words there.
struct Membership {
    std::string room;
    std::uint32_t actor = 0;
    std::string key;
};

Result<std::vector<Membership>> memberships_of(AdminClient& server, std::string const& id)
{
    std::vector<Membership> all;
    json::Parser parser;
    for (bool is_last = false; !is_last;) {
        auto const answer
            = GH_TRY(ask_about(server, "export", id, all.empty() ? "" : all.back().room));
        auto const root = GH_TRY(parser.parse(answer));
        auto const found = root.find("memberships");
        auto const last = root.find("last");
        if (!found || !last)
            return fail(ErrorCode::internal, "the server answered what cannot be read");
        found->each_element([&](json::Node node) {
            auto const room = node.find("room");
            auto const actor = node.find("actor");
            auto const key = node.find("key");
            if (room && actor && key)
                all.push_back({std::string(room->text().value_or("")),
                    static_cast<std::uint32_t>(actor->unsigned_integer().value_or(0)),
                    from_hex(key->text().value_or(""))});
            return true;
        });
        is_last = last->boolean().value_or(true);
    }
    return all;
}

// What the events of one room say of one of its actors.
class Portrait {
public:
    Portrait(Membership const& who, std::string_view id, rooms::Catalogue const& games)
        : who_(who)
        , id_(id)
        , games_(games)
    { }

    void take(events::Event const& event)
    {
        auto const parts = rooms::split(event.data);
        if (!parts)
            return;
        std::string said;
        is_whole_ = is_whole_ || event.version == 1;
        if (rooms::is_platform_type(event.type))
            if (auto const what = rooms::decode_platform(event.type, event.schema, parts->body))
                std::visit([&](auto const& each) { note(event, each, said); }, *what);
        bool const is_theirs = event.cause.actor == who_.actor;
        if (!is_theirs && said.empty())
            return;
        json::Writer out(actions_.emplace_back());
        out.object().key("at").value(rfc3339(event.at.ms)).key("version").value(event.version);
        if (is_theirs)
            out.key("action").value(event.cause.action);
        out.key("type").value(event.type).key("data");
        out.raw(said.empty() ? cbor::to_json(parts->body).value_or("null") : said).end_object();
    }

    // Somebody else has this number here: a store was set back, and people came in another order.
    [[nodiscard]] bool is_of_another() const { return is_of_another_; }

    void write(json::Writer& out) const
    {
        out.key("came").value(came_);
        if (!forked_from_.empty())
            out.key("forked_from").value(forked_from_);
        out.key("names").array();
        for (auto const& name : names_)
            out.value(name);
        out.end_array().key("seats").array();
        for (auto const seat : seats_)
            out.value(seat);
        out.end_array().key("actions").array();
        for (auto const& action : actions_)
            out.raw(action);
        out.end_array();
    }

private:
    void note(events::Event const& event, rooms::Forked const& forked, std::string&)
    {
        auto const then = rooms::RoomState::restore(forked, games_);
        if (!then)
            return;
        forked_from_ = forked.from;
        actors_ = static_cast<std::uint32_t>(then->members().size());
        if (who_.actor > actors_)
            return;
        came_ = rfc3339(event.at.ms);
        auto const& member = then->member(who_.actor);
        is_known_ = open(member.principal, member.sealed_principal, rooms::Came::name) == id_;
        is_of_another_ = !is_known_;
        if (auto const name = open(member.display, member.sealed_display, rooms::Named::name);
            !name.empty())
            names_.push_back(name);
        if (auto const seat = then->seat_of(who_.actor))
            seats_.push_back(*seat);
    }
    // A room that went back counts on from where it was then.
    void note(events::Event const& event, rooms::Came const& came, std::string&)
    {
        bool const is_here = open(came.principal, came.sealed, rooms::Came::name) == id_;
        is_known_ = is_known_ || is_here;
        bool const is_their_turn = is_whole_ && ++actors_ == who_.actor;
        is_of_another_ = !is_known_ && (is_of_another_ || is_their_turn);
        if (is_here)
            came_ = rfc3339(event.at.ms);
    }
    void note(events::Event const&, rooms::Seated const& seated, std::string&)
    {
        if (seated.actor == who_.actor && std::ranges::find(seats_, seated.seat) == seats_.end())
            seats_.push_back(seated.seat);
    }
    void note(events::Event const&, rooms::Named const& named, std::string& said)
    {
        if (named.actor != who_.actor)
            return;
        auto const name = open(named.display, named.sealed, rooms::Named::name);
        names_.push_back(name);
        json::Writer(said).object().key("display").value(name).end_object();
    }
    void note(events::Event const&, rooms::SetAside const& letter, std::string& said)
    {
        if (letter.actor != who_.actor)
            return;
        json::Writer(said).object().key("action").value(letter.action).key("what").value(
            letter.what).key("body").value(open(letter.body, letter.sealed, rooms::SetAside::name))
            .end_object();
    }
    void note(events::Event const&, auto const&, std::string&) {}

    [[nodiscard]] std::string open(
        std::string const& plain, std::string const& sealed, std::string_view about) const
    {
        return sealed.empty() ? plain : unseal(who_.key, from_hex(sealed), about).value_or("");
    }

    Membership const& who_;
    std::string_view id_;
    rooms::Catalogue const& games_;
    std::uint32_t actors_ = 0; // Who came so far.
    bool is_whole_ = false;    // From the first event on.
    bool is_known_ = false;
    bool is_of_another_ = false;
    std::string came_{};
    std::string forked_from_{}; // What they did before is told of in that room.
    std::vector<std::string> names_{};
    std::vector<int> seats_{};
    std::vector<std::string> actions_{};
};

// What the archive has of their rooms. All its names are listed once, when the first of these rooms
// is not in the store.
class Packs {
public:
    // Fails where the archive is away.
    static Result<Packs> open(config::Settings const& settings)
    {
        Packs packs;
        if (settings.archive.to.kind != config::ObjectStore::Kind::none)
            packs.objects_ = GH_TRY(server::open_objects(settings.archive));
        return packs;
    }

    // The newest one of the room: one that was set back has another, of what it was before.
    Result<std::optional<archive::PackName>> of(
        std::string const& room, std::vector<Membership> const& all)
    {
        if (objects_ && !std::exchange(is_listed_, true))
            GH_CHECK(list(all));
        auto const found = names_.find(room);
        return found == names_.end() ? std::nullopt : std::optional(found->second);
    }

    Result<void> show(archive::PackName const& name, Portrait& portrait)
    {
        auto const read = archive::Archive(*objects_).read(name, [&](events::Event const& event) {
            portrait.take(event);
            return Result<void>{};
        });
        return read ? Result<void>{} : std::unexpected(read.error());
    }

private:
    Result<void> list(std::vector<Membership> const& all)
    {
        std::set<std::string_view> wanted;
        for (auto const& each : all)
            wanted.insert(each.room);
        return archive::Archive(*objects_).each_pack(
            "", [&](archive::PackName const& name, std::uint64_t) -> Result<void> {
                if (!wanted.contains(name.room))
                    return {};
                if (auto& newest = names_[name.room]; newest.day < name.day)
                    newest = name;
                return {};
            });
    }

    std::unique_ptr<archive::Objects> objects_{};
    bool is_listed_ = false;
    std::map<std::string, archive::PackName, std::less<>> names_{};
};

class Export {
public:
    Export(std::string const& id, Records& records, Packs packs, rooms::Catalogue const& games)
        : id_(id)
        , records_(records)
        , packs_(std::move(packs))
        , games_(games)
    { }

    Result<void> write(AdminClient& server)
    {
        memberships_ = GH_TRY(memberships_of(server, id_));
        for (auto& head : GH_TRY(records_.heads()))
            heads_.emplace(head.stream, std::move(head));
        std::string quoted;
        json::Writer(quoted).value(id_);
        fmt::print("{{\"id\":{},\"rooms\":[", quoted);
        for (std::size_t i = 0; i < memberships_.size(); i++) {
            auto const told = GH_TRY(describe(memberships_[i]));
            fmt::print("{}\n{}", i == 0 ? "" : ",", told);
        }
        fmt::print("\n]}}\n");
        if (unread_ > 0)
            return fail(ErrorCode::unavailable,
                fmt::format("it is not all: {} of these rooms cannot be read (\"unread\" says why)",
                    unread_));
        return {};
    }

private:
    Result<std::string> describe(Membership const& who)
    {
        std::string text;
        json::Writer out(text);
        out.object().key("room").value(who.room).key("actor").value(who.actor);
        Portrait portrait(who, id_, games_);
        auto const head = heads_.find(who.room);
        auto const events = head == heads_.end() ? Result<std::vector<events::Event>>()
                                                 : records_.events(who.room);
        if (!events && events.error().code != ErrorCode::not_found)
            return std::unexpected(events.error());
        if (events && !events->empty()) {
            for (auto const& event : *events)
                portrait.take(event);
            write(portrait, head->second.category, out);
        } else { // It has left the store, perhaps just now.
            describe_archived(who, portrait, out);
        }
        out.end_object();
        return text;
    }

    void describe_archived(Membership const& who, Portrait& portrait, json::Writer& out)
    {
        auto const name = packs_.of(who.room, memberships_);
        auto const shown = name && *name ? packs_.show(**name, portrait) : Result<void>{};
        if (!name || !shown) {
            auto const& error = name ? shown.error() : name.error();
            unread_++;
            out.key("unread").value(error.message + " " + error.detail);
        } else if (*name) {
            out.key("archived").value(true);
            write(portrait, (*name)->game, out);
        } else {
            out.key("nowhere").value("neither the store has this room, nor the archive");
        }
    }

    static void write(Portrait const& portrait, std::string_view game, json::Writer& out)
    {
        if (portrait.is_of_another()) {
            out.key("elsewhere").value("they came in a history of this room that was set back");
            return;
        }
        out.key("game").value(game);
        portrait.write(out);
    }

    std::string const& id_;
    Records& records_;
    Packs packs_;
    rooms::Catalogue const& games_;
    std::vector<Membership> memberships_{};
    Heads heads_{};
    std::size_t unread_ = 0;
};

// Rooms that the archive holds for the law are kept; the names in them are not. Of these rooms,
// those that somebody came to.
Result<std::vector<std::string>> held_rooms_of(
    AdminClient& server, config::Settings const& settings, std::string const& id)
{
    std::vector<std::string> held;
    if (settings.archive.to.kind == config::ObjectStore::Kind::none)
        return held;
    auto const objects = GH_TRY(server::open_objects(
        settings.archive, {}, server::Patience::brief));
    auto const holds = GH_TRY(archive::Archive(*objects).holds());
    if (holds.empty()) // Nor need it be recorded that somebody asked.
        return held;
    for (auto const& each : GH_TRY(memberships_of(server, id)))
        if (auto const hold = holds.find(each.room); hold != holds.end())
            held.push_back(fmt::format("{} ({})", each.room, hold->second.reason));
    return held;
}

void warn_of_holds(Result<std::vector<std::string>> const& held)
{
    if (!held)
        fmt::print("WHETHER THEY WERE IN ROOMS THAT ARE HELD CANNOT BE SAID: {} {}\n",
            held.error().message, held.error().detail);
    for (auto const& room : held ? *held : std::vector<std::string>())
        fmt::print("THIS ROOM IS HELD, and what names them in it goes, too: {}\n", room);
    std::fflush(stdout); // Before anything is asked.
}

// What cannot be undone is asked for twice.
bool is_meant(std::string const& id)
{
    fmt::print(stderr, "Nobody will be able to read again what rooms keep of {}.\n"
                       "Repeat the id to erase it: ", id);
    std::array<char, 1024> line{};
    if (!std::fgets(line.data(), line.size(), stdin))
        return false;
    std::string_view answer(line.data());
    if (answer.ends_with('\n'))
        answer.remove_suffix(1);
    return answer == id;
}

enum class InBackup : std::uint8_t { none, gone, perhaps };

struct Elsewhere {
    InBackup in_backup = InBackup::none;
    std::int64_t notes_owed = 0;

    [[nodiscard]] bool is_done() const
    {
        return in_backup != InBackup::perhaps && notes_owed == 0;
    }
};

std::int64_t number_in(std::optional<json::Node> check, std::string_view name)
{
    auto const number = check ? check->find(name) : std::nullopt;
    return number ? number->integer().value_or(-1) : -1;
}

// Keys leave the backup with the next beat of the shipper that reaches its target; that they were
// erased is noted there and in the archive, by and by. The server counts its seconds by a clock
// that is never set, and so does this; one that was started meanwhile knows of no such second yet.
Result<Elsewhere> await_elsewhere(AdminClient& server)
{
    constexpr auto patience = 10s;
    auto const erased_at = std::chrono::steady_clock::now();
    json::Parser parser;
    while (true) {
        auto const asked_at = std::chrono::steady_clock::now();
        auto const answer = GH_TRY(server.get("/health"));
        auto const root = GH_TRY(parser.parse(answer));
        auto const checks = root.find("checks");
        auto const backup = checks ? checks->find("backup") : std::nullopt;
        auto const erasures = checks ? checks->find("erasures") : std::nullopt;
        auto const behind = number_in(backup, "erasures_behind_s"); // Rounded down.
        Elsewhere found{.notes_owed = std::max<std::int64_t>(0, number_in(erasures, "notes_owed"))};
        if (backup)
            found.in_backup
                = behind >= 0 && asked_at - erased_at >= std::chrono::seconds(behind + 1)
                ? InBackup::gone
                : InBackup::perhaps;
        if (found.is_done() || asked_at - erased_at > patience)
            return found;
        std::this_thread::sleep_for(200ms);
    }
}

void tell_elsewhere(Elsewhere const& found)
{
    if (found.in_backup == InBackup::gone)
        fmt::print("The backup has none of these keys any more.\n");
    if (found.in_backup == InBackup::perhaps)
        fmt::print("THE BACKUP MAY HAVE THE KEYS STILL: its target is away, or it has much to do.\n"
                   "They leave it as soon as it can, also after a restart: then the log says\n"
                   "\"erased keys have left the backup\", and GET /health of the admin listener\n"
                   "\"erasures_behind_s\" of less than the time since now (docs/backup.md).\n");
    if (found.notes_owed > 0)
        fmt::print("IT IS NOT NOTED EVERYWHERE: {} notes are owed to the archive or the backup, "
                   "which are\naway, or slow. Until they are made, an old copy of the store may "
                   "bring the keys back. The\nserver goes on trying, also after a restart: GET "
                   "/health says \"notes_owed\":0 when it is\ndone (docs/privacy.md).\n",
            found.notes_owed);
}

void tell_postgres()
{
    fmt::print("PostgreSQL keeps the deleted keys in its files until VACUUM FULL\n"
               "gatehouse.membership, and in its WAL, replicas and backups until they expire.\n");
}

Result<void> write_erasure(
    AdminClient& server, config::Store::Kind store, std::string const& id)
{
    auto const answer = GH_TRY(ask_about(server, "erase", id, {}));
    json::Parser parser;
    auto const root = GH_TRY(parser.parse(answer));
    auto const count = root.find("memberships");
    auto const gone = count ? count->unsigned_integer().value_or(0) : 0;
    if (gone == 0)
        fmt::print("no room has a key of {}: nobody of this id came, or they were erased\n", id);
    else
        fmt::print("erased: {} {} of {}; the rooms know them no more\n", gone,
            gone == 1 ? "membership" : "memberships", id);
    if (store == config::Store::Kind::postgres)
        tell_postgres();
    tell_elsewhere(GH_TRY(await_elsewhere(server)));
    fmt::print("What is left: sealed text that nobody can open, in the store, its backups and the\n"
               "archive. In the clear: events of rooms from before names were sealed (gatehouse\n"
               "events tail | grep ID), logs, and what clients kept (docs/privacy.md).\n"
               "They may come again, as somebody new: erasing does not ban.\n");
    return {};
}

} // namespace

int subject_export(ConfigArguments const& arguments, std::string const& id)
{
    auto const loaded = load(arguments);
    if (!loaded)
        return complain({ErrorCode::bad_request, loaded.error()});
    return with_server(arguments, [&](AdminClient& server) -> Result<void> {
        auto const records = GH_TRY(open_records(loaded->settings));
        auto packs = GH_TRY(Packs::open(loaded->settings));
        auto const games = games_to_replay(arguments, loaded->settings);
        return Export(id, *records, std::move(packs), games).write(server);
    });
}

int subject_erase(ConfigArguments const& arguments, std::string const& id, bool is_sure)
{
    if (!is_sure && ::isatty(STDIN_FILENO) == 0) {
        complain({ErrorCode::bad_request, "erasing cannot be undone: say --yes"});
        return 2;
    }
    auto const loaded = load(arguments);
    if (!loaded)
        return complain({ErrorCode::bad_request, loaded.error()});
    return with_server(arguments, [&](AdminClient& server) -> Result<void> {
        warn_of_holds(held_rooms_of(server, loaded->settings, id));
        if (!is_sure && !is_meant(id))
            return fail(ErrorCode::bad_request, "that is another id: nothing was erased");
        return write_erasure(server, loaded->settings.store.kind, id);
    });
}

} // namespace gatehouse::cli
