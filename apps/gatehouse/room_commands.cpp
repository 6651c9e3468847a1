// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "records.hpp"

#include "base/bytes.hpp"
#include "base/cbor.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "rooms/record.hpp"
#include "rooms/state.hpp"
#include "storage/archive/lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <span>
#include <thread>
#include <unistd.h>

namespace gatehouse::cli {
namespace {

Result<std::unique_ptr<Records>> records_of(ConfigArguments const& arguments)
{
    auto const loaded = load(arguments);
    if (!loaded)
        return fail(ErrorCode::bad_request, loaded.error());
    return open_records(loaded->settings);
}

// An invite code stands for the room that it opens: the unfinished one, else the last.
Result<std::string> room_named(Records& records, std::string const& name)
{
    if (name.contains('.'))
        return name;
    auto const heads = GH_TRY(records.heads());
    events::StreamHead const* found = nullptr;
    auto const rank = [](events::StreamHead const& head) {
        return std::pair(!head.state.finished, head.at);
    };
    for (auto const& head : heads) {
        auto const code = std::string_view(head.stream).substr(0, head.stream.find('.'));
        if (equal_ignoring_case(code, name) && (!found || rank(head) > rank(*found)))
            found = &head;
    }
    if (!found)
        return fail(ErrorCode::not_found, "there is no room " + name,
            "gatehouse room ls --all lists them");
    return found->stream;
}

// The events of a room, and the room that they make.
struct Replayed {
    std::string room;
    std::vector<events::Event> events;
    rooms::Catalogue games;
    rooms::RoomState state{room};
};

using Replay = Result<std::unique_ptr<Replayed>>;

// Where there are keys, it tells who is who.
Replay replay(std::string room, std::vector<events::Event> events, rooms::Catalogue games,
    std::uint64_t until = 0, std::span<events::MemberKey const> keys = {})
{
    if (events.empty())
        return fail(ErrorCode::not_found, "there is no room " + room);
    auto replayed
        = std::make_unique<Replayed>(std::move(room), std::move(events), std::move(games));
    replayed->state.learn(keys);
    for (auto const& event : replayed->events) {
        if (until != 0 && event.version > until)
            break;
        GH_CHECK(replayed->state.evolve(event, replayed->games));
    }
    if (!replayed->state.exists())
        return std::unexpected(replayed->state.why_not(replayed->games));
    return replayed;
}

Replay replay_stored(ConfigArguments const& arguments, std::string const& name,
    std::uint64_t until = 0)
{
    auto const loaded = load(arguments);
    if (!loaded)
        return fail(ErrorCode::bad_request, loaded.error());
    auto const records = GH_TRY(open_records(loaded->settings));
    auto room = GH_TRY(room_named(*records, name));
    auto events = GH_TRY(records->events(room));
    auto const keys = GH_TRY(records->keys(room));
    return replay(std::move(room), std::move(events),
        games_to_replay(arguments, loaded->settings), until, keys);
}

// The same; a room that is gone from the store may be in the archive.
Replay replay(ConfigArguments const& arguments, std::string const& name, std::uint64_t until = 0)
{
    auto replayed = replay_stored(arguments, name, until);
    if (!replayed && replayed.error().code == ErrorCode::not_found)
        return std::unexpected(look_in_archive(arguments, name, std::move(replayed).error()));
    return replayed;
}

// What the room goes on from, if it is a fork.
std::optional<rooms::Forked> origin_of(std::span<events::Event const> events)
{
    auto const& first = events.front();
    auto const parts = rooms::split(first.data);
    if (first.type != rooms::Forked::name || !parts)
        return std::nullopt;
    auto const event = rooms::decode_platform(first.type, first.schema, parts->body);
    auto const* const forked = event ? std::get_if<rooms::Forked>(&*event) : nullptr;
    return forked ? std::optional(*forked) : std::nullopt;
}

// The room whose secrets this one shows, for it is a fork of it and that one plays on. Where nobody
// can tell: that one. (Who left the store is finished.)
std::optional<std::string> room_in_play(
    ConfigArguments const& arguments, std::optional<rooms::Forked> forked)
{
    constexpr int forks_max = 100; // Of forks of forks.
    for (int i = 0; forked && i < forks_max; i++) {
        auto const origin = replay_stored(arguments, forked->from);
        if (!origin && origin.error().code == ErrorCode::not_found)
            return std::nullopt;
        if (!origin || (*origin)->state.status() != rooms::Status::finished)
            return forked->from;
        forked = origin_of((*origin)->events);
    }
    return std::nullopt;
}

// Does the other room's history lead to what the fork began with?
Result<void> prove_origin(ConfigArguments const& arguments, rooms::Forked const& forked)
{
    auto const origin = GH_TRY(replay(arguments, forked.from, forked.version));
    auto const came_to = origin->state.snapshot();
    bool const is_same = origin->state.version() == forked.version
        && to_hex(came_to.state) == forked.state;
    if (!is_same)
        return fail(ErrorCode::internal, "its history leads to another state");
    return {};
}

std::string one_line(events::Event const& event)
{
    auto const parts = rooms::split(event.data);
    auto const body = parts ? cbor::to_json(parts->body).value_or("?") : "?";
    auto const cause = event.cause.actor == 0
        ? std::string()
        : fmt::format("  by {} #{}", event.cause.actor, event.cause.action);
    auto const tick = parts && parts->tick ? fmt::format("  at step {}", *parts->tick) : "";
    return fmt::format("{:>6}  {}  {:<16}{}{}  {}", event.version, rfc3339(event.at.ms),
        event.type, cause, tick, body);
}

std::string state_hash(rooms::RoomState const& state)
{
    std::string bytes;
    state.play().write_state(bytes);
    return to_hex(sha256(bytes));
}

}  // namespace

int room_ls(ConfigArguments const& arguments, std::string const& game, bool all)
{
    auto const records = records_of(arguments);
    if (!records)
        return complain(records.error());
    auto heads = (*records)->heads();
    if (!heads)
        return complain(heads.error());
    std::ranges::sort(*heads, {}, &events::StreamHead::stream);
    fmt::print(
        "{:<20} {:<14} {:>8}  {:<10} {}\n", "ROOM", "GAME", "VERSION", "STATUS", "NEXT TIMER");
    std::size_t hidden = 0;
    for (auto const& head : *heads) {
        if (!game.empty() && head.category != game)
            continue;
        if (head.state.finished && !all) {
            hidden++;
            continue;
        }
        fmt::print("{:<20} {:<14} {:>8}  {:<10} {}\n", head.stream, head.category, head.version,
            head.state.finished ? "finished" : "unfinished",
            head.state.deadline ? rfc3339(head.state.deadline->ms) : "-");
    }
    if (hidden > 0)
        fmt::print("({} finished rooms are not shown; --all shows them)\n", hidden);
    return 0;
}

int room_show(ConfigArguments const& arguments, std::string const& room)
{
    auto const replayed = replay(arguments, room);
    if (!replayed)
        return complain(replayed.error());
    auto const& state = (*replayed)->state;
    auto const view = state.view();
    fmt::print(
        "room     {}\ncode     {}\ngame     {}, rules {}\nstatus   {}\nversion  {}\nopened   {}\n",
        (*replayed)->room, view.code, view.game, state.opened().rules,
        enum_names(view.status)[std::to_underlying(view.status)], state.version(),
        rfc3339(state.opened_at().ms));
    auto const forked = origin_of((*replayed)->events);
    if (forked)
        fmt::print("forked   from {} as of version {}{}\n", forked->from, forked->version,
            state.awaits_players() ? "; its players are awaited"
                : state.is_on_hold() ? "; paused: gatehouse room continue"
                                     : "");
    fmt::print("commit   {}\n", view.commit);
    if (view.seed)
        fmt::print("seed     {}\n", *view.seed);
    for (std::size_t i = 0; i < view.seats.size(); i++)
        fmt::print("seat {}   {}{}\n", i,
            enum_names(view.seats[i].by)[std::to_underlying(view.seats[i].by)],
            view.seats[i].name ? " " + *view.seats[i].name : "");
    for (auto const& timer : state.timers())
        fmt::print("timer    {} at {}\n", timer.name, rfc3339(timer.at.ms));
    fmt::print("\n");
    bool const is_secret = state.status() != rooms::Status::finished;
    for (auto const& event : (*replayed)->events)
        fmt::print("{}\n", one_line(event));
    if (is_secret)
        fmt::print(
            "\n(Hands and seed of an unfinished room are secrets: keep this to yourself.)\n");
    else if (auto const other = room_in_play(arguments, forked))
        fmt::print("\n(Room {} is not finished, and this one goes on from what lay on its table: "
                   "keep this to yourself.)\n",
            *other);
    return 0;
}

static int print_state(Replay const& replayed)
{
    if (!replayed)
        return complain(replayed.error());
    auto const& state = (*replayed)->state;
    std::string bytes;
    state.play().write_state(bytes);
    fmt::print("{}\n", cbor::to_json(bytes).value_or("null"));
    fmt::print(stderr, "{} at version {}, state sha256 {}\n", (*replayed)->room, state.version(),
        state_hash(state));
    return 0;
}

int room_replay(ConfigArguments const& arguments, std::string const& room, std::uint64_t until)
{
    return print_state(replay(arguments, room, until));
}

// Walks history once more, event by event, with the game's own check of its deals.
static int print_verdict(Replay const& replayed)
{
    if (!replayed)
        return complain(replayed.error());
    auto& [id, events, games, final_state] = **replayed;
    rooms::RoomState state(id);
    rooms::Chance const chance(final_state.seed());
    std::size_t unfair = 0;
    for (auto const& event : events) {
        if (state.exists() && !rooms::is_platform_type(event.type)) {
            auto const parts = rooms::split(event.data);
            auto const what = state.approach(event)
                ? state.play().unfair(event.type, event.schema, parts->body, chance)
                : std::optional<std::string>("the event cannot be read");
            if (what) {
                unfair++;
                fmt::print("version {} ({}): {}\n", event.version, event.type, *what);
            }
        }
        if (auto const evolved = state.evolve(event, games); !evolved)
            return complain(evolved.error());
    }
    auto const view = final_state.view();
    fmt::print("room {}: {} events, versions without a gap\n", id, events.size());
    fmt::print("commitment {} = SHA-256(seed)\n", view.commit);
    fmt::print("state sha256 {}\n", state_hash(final_state));
    if (unfair > 0) {
        fmt::print("NOT FAIR: {} events do not follow from the committed seed\n", unfair);
        return 1;
    }
    fmt::print("fair: every deal follows from the seed that was committed to{}\n",
        view.seed ? ", " + *view.seed : " (revealed when the room is finished)");
    return 0;
}

// A fork is as sound as the room that it goes on from, where that is still known.
int room_verify(ConfigArguments const& arguments, std::string const& room)
{
    auto const replayed = replay(arguments, room);
    auto const forked = replayed ? origin_of((*replayed)->events) : std::nullopt;
    auto const verdict = print_verdict(replayed);
    if (!forked)
        return verdict;
    auto const proved = prove_origin(arguments, *forked);
    if (proved) {
        fmt::print("forked from {} as of version {}: its history leads to what this room began "
                   "with\nwhat was dealt before follows from its seed: gatehouse room verify {}\n",
            forked->from, forked->version, forked->from);
        return verdict;
    }
    fmt::print("forked from {} as of version {}, which does not prove what this room began with: "
               "{}{}{}\n",
        forked->from, forked->version, proved.error().message,
        proved.error().detail.empty() ? "" : "; ", proved.error().detail);
    bool const is_gone = proved.error().code == ErrorCode::not_found;
    return is_gone ? verdict : 1;
}

// As `gatehouse::testing::replay` reads it: a line that names the room, a line for each event.
static Result<void> print_events(ConfigArguments const& arguments, std::string const& name)
{
    auto const records = GH_TRY(records_of(arguments));
    auto const room = GH_TRY(room_named(*records, name));
    auto const events = GH_TRY(records->events(room));
    if (events.empty())
        return std::unexpected(look_in_archive(
            arguments, name, {ErrorCode::not_found, "there is no room " + room}));
    std::string line;
    json::Writer(line).object().key("room").value(room).end_object();
    fmt::print("{}\n", line);
    for (auto const& event : events) {
        line.clear();
        storage::archive::append_line(line, event);
        fmt::print("{}\n", line);
    }
    fmt::print(stderr, "{} events of {}. An unfinished room's are secret; names are sealed.\n",
        events.size(), room);
    return {};
}

int room_export(ConfigArguments const& arguments, std::string const& room)
{
    auto const printed = print_events(arguments, room);
    return printed ? 0 : complain(printed.error());
}

int replay_history(std::string room, std::vector<events::Event> history, rooms::Catalogue games,
    std::uint64_t until)
{
    auto const replayed
        = replay(std::move(room), std::move(history), std::move(games), until);
    auto const code = print_state(replayed);
    return code == 0 && until == 0 ? print_verdict(replayed) : code;
}

int events_tail(ConfigArguments const& arguments, bool follow, std::uint64_t from)
{
    auto const records = records_of(arguments);
    if (!records)
        return complain(records.error());
    events::LogCursor cursor = from;
    while (true) {
        auto const lines = (*records)->log(cursor);
        if (!lines)
            return complain(lines.error());
        for (auto const& line : *lines)
            std::puts(line.c_str());
        std::fflush(stdout);
        if (!lines->empty())
            continue;
        if (!follow)
            return 0;
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
}

}  // namespace gatehouse::cli
