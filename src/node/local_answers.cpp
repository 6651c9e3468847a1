// SPDX-License-Identifier: Apache-2.0
// What this process answers itself: health, metrics, operators' questions, the way into a room.
#include "node/gather.hpp"
#include "node/node.hpp"
#include "node/private_host.hpp"

#include "admin/admin.hpp"
#include "http/error_body.hpp"
#include "http/writer.hpp"
#include "websocket/handshake.hpp"

#include <algorithm>
#include <array>
#include <ranges>

namespace gatehouse::node {

constexpr std::int64_t backup_late_s = 10; // Behind by this, health says so.

void Node::answer(gateway::LocalRequest const& request, Done done)
{
    using enum gateway::Target;
    switch (request.target) {
    case rooms: return answer_rooms(request, std::move(done));
    case health: return answer_health(request.head.path, std::move(done));
    case metrics:
        return answer_metrics(request.head.headers.find("Accept").value_or(""), std::move(done));
    default: return answer_admin(request, std::move(done));
    }
}

// ---- The way into a room

void Node::upgrade(ConnectionId id, http::RequestHead const& head, gateway::Asker const& asker,
    std::string_view leftover)
{
    static constexpr std::array<std::string_view, 2> protocols{
        "gatehouse.v1.json", "gatehouse.v1.cbor"};
    auto const refuse = [&](int status, ErrorCode code, std::string_view message) {
        http::Problem const problem{.code = code, .message = message, .status = status,
            .instance = head.path, .request_id = asker.request_id};
        auto response = http::error_response(problem, now_.wall);
        if (status == 426)
            response.headers.emplace_back("Sec-WebSocket-Version", "13");
        std::string bytes;
        http::append_response(
            bytes, response, {.date = http::imf_fixdate(now_.wall), .closes = true});
        ports_.wire.send(id, bytes);
        ports_.wire.close(id);
    };
    if (is_draining_)
        return refuse(503, ErrorCode::unavailable, "this server is about to stop");
    if (head.path == "/v1/stream")
        return open_stream(id, asker);
    if (head.path != "/v1/connect")
        return refuse(404, ErrorCode::not_found, "rooms are at /v1/connect");
    auto const upgrade = websocket::check_request(head, protocols);
    if (!upgrade)
        return refuse(upgrade.error().status, ErrorCode::bad_request, upgrade.error().message);
    if (upgrade->protocol.empty())
        return refuse(400, ErrorCode::bad_request,
            "offer Sec-WebSocket-Protocol: gatehouse.v1.json or gatehouse.v1.cbor");
    ports_.wire.send(id, websocket::render_response(*upgrade));
    using enum sessions::Language;
    sessions_.opened(id, asker.peer, asker.request_id,
        {.language = upgrade->protocol == protocols[1] ? cbor : json,
            .window_bits = upgrade->deflate ? upgrade->deflate->server_window_bits : 0},
        kept(asker.accepts));
    std::string first(leftover);
    if (!first.empty())
        sessions_.received(id, first);
}

// ---- Health

// What one shard knows of its health.
struct Node::Condition {
    bool is_started;
    bool can_store;
    std::size_t unfinished;
    std::size_t asleep;
    std::map<std::string, Rules, std::less<>> rules;
};

// Alive is who answers; ready is who has all shards ready: they know their rooms (some may be
// asleep still; who is asked for is woken first) and can store.
void Node::answer_health(std::string_view path, Done done)
{
    if (path == "/health/live")
        return done(render_health(nullptr));
    gather<Condition>(
        [](Node& there) -> Condition {
            auto const& rooms = there.rooms_;
            return {rooms.is_started(), !rooms.is_store_failing(), rooms.unfinished(),
                rooms.asleep(), there.rules_};
        },
        [this, done = std::move(done)](std::vector<Condition> const& shards) mutable {
            Condition all{.is_started = true, .can_store = true, .unfinished = 0, .asleep = 0,
                .rules = {}};
            for (auto const& each : shards) {
                all.is_started = all.is_started && each.is_started;
                all.can_store = all.can_store && each.can_store;
                all.unfinished += each.unfinished;
                all.asleep += each.asleep;
                for (auto const& [game, rules] : each.rules)
                    if (auto const [known, is_new] = all.rules.emplace(game, rules); !is_new)
                        known->second = std::min(known->second, rules);
            }
            done(render_health(&all));
        });
}

http::Response Node::render_health(Condition const* condition) const
{
    bool const passes = !condition
        || (condition->is_started && condition->can_store && !is_draining_);
    std::string body;
    json::Writer out(body);
    out.object().key("status").value(passes ? "ok" : "unavailable");
    out.key("version").value(options_.version);
    auto const uptime = now_.steady - started_at_;
    out.key("uptime_s").value(std::chrono::duration_cast<std::chrono::seconds>(uptime).count());
    if (condition) {
        auto const& [is_started, can_store, unfinished, asleep, rules] = *condition;
        out.key("checks").object();
        out.key("rooms").object().key("status").value(is_started ? "ok" : "starting");
        out.key("unfinished").value(unfinished).key("asleep").value(asleep).end_object();
        out.key("store").object().key("status").value(can_store ? "ok" : "failing").end_object();
        auto const drain = is_draining_ ? "draining" : "ok";
        out.key("drain").object().key("status").value(drain).end_object();
        if (!rules.empty()) { // Other games go on.
            auto const away = std::ranges::count(rules | std::views::values, Rules::away);
            out.key("rules").object().key("status").value(away == 0 ? "ok" : "away");
            out.key("away").array();
            for (auto const& [game, there] : rules)
                if (there == Rules::away)
                    out.value(game);
            out.end_array().end_object();
        }
        if (ports_.shared_cache) { // It fails nothing.
            auto const status = ports_.shared_cache->is_up() ? "ok" : "away";
            out.key("redis").object().key("status").value(status).end_object();
        }
        if (backed_up_until_) {
            auto const behind = seconds_since(*backed_up_until_);
            auto const status = behind < backup_late_s ? "ok" : "behind";
            out.key("backup").object().key("status").value(status);
            out.key("behind_s").value(behind);
            if (erased_until_)
                out.key("erasures_behind_s").value(seconds_since(*erased_until_));
            out.end_object();
        }
        if (notes_owed_)
            out.key("erasures").object().key("status").value(*notes_owed_ == 0 ? "ok" : "behind")
                .key("notes_owed").value(*notes_owed_).end_object();
        out.end_object();
    }
    out.end_object();
    return {.status = passes ? 200 : 503, .body = std::move(body),
        .headers = {{"Cache-Control", "no-store"}}};
}

// By the steady clock, for the other may be set: then it would say that all is well, and whoever
// waits for something to be over (subject erase) would take it to be.
std::int64_t Node::seconds_since(TimePoint then) const
{
    return std::max<std::int64_t>(
        0, std::chrono::floor<std::chrono::seconds>(now_.steady - then).count());
}

// ---- Metrics

void Node::note_gauges()
{
    note_waiting();
    metrics_.gauge("gatehouse_rooms_unfinished", "Rooms that are not finished.")
        .set(static_cast<std::int64_t>(rooms_.unfinished()));
    metrics_.gauge("gatehouse_rooms_awake", "Rooms in memory.")
        .set(static_cast<std::int64_t>(rooms_.awake()));
    note_sleep();
    constexpr auto snapshots_help = "Snapshots of rooms, by what the store did.";
    note_total("gatehouse_snapshots", snapshots_help, {{"result", "kept"}},
        rooms_.snapshots_kept());
    note_total("gatehouse_snapshots", snapshots_help, {{"result", "refused"}},
        rooms_.snapshots_refused());
    note_total("gatehouse_slow_decisions",
        "Decisions of games that kept a shard busy for more than 50 ms.", {},
        rooms_.slow_decisions());
    note_total("gatehouse_ticks", "Steps taken in rooms of games in fixed steps.", {},
        rooms_.ticks());
    note_total("gatehouse_slow_ticks",
        "Turns in which the steps of one room kept a shard busy for more than 50 ms.", {},
        rooms_.slow_ticks());
    note_total("gatehouse_ticks_lost",
        "Steps that came too late and were left out: time went slower in their room.", {},
        rooms_.ticks_lost());
    note_caches();
    auto const uptime = std::chrono::duration_cast<std::chrono::seconds>(now_.steady - started_at_);
    if (options_.shard == 0)
        metrics_.gauge("gatehouse_uptime_seconds", "Since the process started.")
            .set(uptime.count());
    if (options_.shard == 0 && backed_up_until_)
        metrics_.gauge("gatehouse_backup_behind_seconds",
                "For how long what became durable has not been backed up.")
            .set(seconds_since(*backed_up_until_));
    if (options_.shard == 0 && erased_until_)
        metrics_.gauge("gatehouse_backup_erasures_behind_seconds",
                "For how long the backup may have kept keys of persons who were erased.")
            .set(seconds_since(*erased_until_));
    if (options_.shard == 0 && notes_owed_)
        metrics_.gauge("gatehouse_erasure_notes_owed",
                "Erased keys that are still to be noted in the archive and the backup.")
            .set(static_cast<std::int64_t>(*notes_owed_));
    if (options_.shard == 0 && ports_.commits)
        note_commits(ports_.commits());
    if (options_.shard == 0 && archive_)
        note_archive_metrics();
    if (options_.shard == 0 && projections_)
        note_projection_metrics();
}

void Node::note_sleep()
{
    auto const asleep = rooms_.resting() + rooms_.asleep();
    metrics_.gauge("gatehouse_rooms_asleep", "Rooms that are not finished, and not in memory.")
        .set(static_cast<std::int64_t>(asleep));
    metrics_.gauge("gatehouse_rooms_memory_bytes", "What rooms take of memory, about.")
        .set(static_cast<std::int64_t>(rooms_.bytes()));
    metrics_.gauge("gatehouse_rooms_memory_limit_bytes", "What they may take of it.")
        .set(static_cast<std::int64_t>(options_.rooms.memory_max));
    note_total("gatehouse_rooms_put_to_sleep", "Rooms that left memory, for they were idle.", {},
        rooms_.put_to_sleep());
    note_total("gatehouse_rooms_woken", "Rooms that came back.", {}, rooms_.woken());
    auto const waking = std::chrono::duration_cast<std::chrono::seconds>(rooms_.waking()).count();
    note_total("gatehouse_rooms_waking_seconds", "What it took to wake them, all together.", {},
        static_cast<std::uint64_t>(waking));
    note_total("gatehouse_rooms_refused_for_memory",
        "Rooms that were not made, for those that there are take all memory.", {},
        rooms_.memory_refusals());
}

void Node::note_commits(events::CommitTally const& tally)
{
    constexpr auto commits = "Transactions of the store, each with one sync, by how they ended.";
    note_total("gatehouse_store_commits", commits, {{"result", "durable"}},
        tally.commits - tally.failures);
    note_total("gatehouse_store_commits", commits, {{"result", "failed"}}, tally.failures);
    note_total("gatehouse_store_events", "Events that became durable.", {}, tally.events);
    auto const busy = std::chrono::duration_cast<std::chrono::seconds>(tally.busy).count();
    note_total("gatehouse_store_busy_seconds",
        "For how long it was committing; at one a second it can take no more.", {},
        static_cast<std::uint64_t>(busy));
}

void Node::note_archive_metrics()
{
    constexpr auto rounds = "Rounds of the archive.";
    note_total("gatehouse_archive_rounds", rounds, {{"result", "ok"}},
        archive_->rounds - archive_->failed_rounds);
    note_total(
        "gatehouse_archive_rounds", rounds, {{"result", "failed"}}, archive_->failed_rounds);
    constexpr auto rooms = "Rooms that left the store, could not, or were kept long enough.";
    note_total("gatehouse_archive_rooms", rooms, {{"result", "moved"}}, archive_->moved);
    note_total("gatehouse_archive_rooms", rooms, {{"result", "refused"}}, archive_->refused);
    note_total("gatehouse_archive_rooms", rooms, {{"result", "deleted"}}, archive_->deleted);
    constexpr auto events = "Events that left the store, with their rooms or before.";
    note_total("gatehouse_archive_events", events, {{"with", "room"}}, archive_->moved_events);
    note_total(
        "gatehouse_archive_events", events, {{"with", "part"}}, archive_->compacted_events);
    note_total("gatehouse_archive_bytes", "Of packs that were written.", {},
        archive_->bytes);
    metrics_.gauge("gatehouse_archive_last_good_round_seconds",
            "When a round of the archive last went well, since 1970.")
        .set(archive_->last_good_round.ms / 1000);
}

void Node::note_projection_metrics()
{
    auto const next = projections_->rows.next;
    auto const end = projections_->end;
    metrics_.gauge("gatehouse_projections_position", "So far in the log the leaderboards are.")
        .set(static_cast<std::int64_t>(next));
    metrics_.gauge("gatehouse_projections_behind", "Events of the log that they do not tell of.")
        .set(static_cast<std::int64_t>(end > next ? end - next : 0));
    note_total("gatehouse_projections_pages", "Pages of the log that they took.", {},
        projections_->pages);
    note_total("gatehouse_projections_failures",
        "Times that they could not go on, or had to be made anew.", {},
        projections_->failures);
}

// What is counted elsewhere.
void Node::note_total(std::string_view name, std::string_view help,
    observe::Labels const& labels, std::uint64_t now)
{
    auto& counter = metrics_.counter(name, help, labels);
    counter.add(now - counter.count());
}

void Node::note_caches()
{
    auto const tally = rooms_.cached();
    auto const note = [this](std::string_view layer, std::string_view result, std::uint64_t now) {
        note_total("gatehouse_cache_requests", "What caches were asked for, by what they said.",
            {{"cache", "rooms"}, {"layer", std::string(layer)}, {"result", std::string(result)}},
            now);
    };
    note("local", "hit", tally.local.hits);
    note("local", "miss", tally.local.misses);
    note_total("gatehouse_cache_evictions", "Answers that made way for others.",
        {{"cache", "rooms"}}, tally.evictions);
    metrics_.gauge("gatehouse_cache_entries", "Answers in memory.", {{"cache", "rooms"}})
        .set(static_cast<std::int64_t>(tally.entries));
    metrics_.gauge("gatehouse_cache_bytes", "Memory that they take.", {{"cache", "rooms"}})
        .set(static_cast<std::int64_t>(tally.bytes));
    if (!ports_.shared_cache)
        return;
    note("redis", "hit", tally.shared.hits);
    note("redis", "miss", tally.shared.misses);
    note("redis", "error", tally.shared.errors);
    metrics_.gauge("gatehouse_redis_connections", "To Redis; none while it is away.")
        .set(ports_.shared_cache->is_up() ? 1 : 0);
}

void Node::answer_metrics(std::string_view accept, Done done)
{
    auto const exposition = observe::exposition_for(accept);
    gather<observe::Snapshot>(
        [](Node& there) {
            there.note_gauges();
            return there.metrics_.snapshot();
        },
        [exposition, done = std::move(done)](std::vector<observe::Snapshot> shards) mutable {
            done({.content_type = std::string(observe::content_type_of(exposition)),
                .body = observe::render(observe::merge(shards), exposition)});
        });
}

// ---- Operators

void Node::answer_admin(gateway::LocalRequest const& request, Done done)
{
    if (request.asker.listener != gateway::Listener::admin)
        return done(http::error_response({.code = ErrorCode::not_found,
            .message = "there is nothing here", .instance = request.head.path,
            .request_id = request.asker.request_id}, now_.wall));
    if (!request.asker.principal && !is_private_host(request.head.host))
        return done(http::error_response({.code = ErrorCode::forbidden,
            .message = "ask by an address or a local name; a page can have any other lead here",
            .status = 421, .instance = request.head.path,
            .request_id = request.asker.request_id}, now_.wall));
    if (request.head.path == "/admin/letters" && request.head.method == "GET")
        return list_letters(std::move(done));
    if (request.head.path == "/admin/projections" && request.head.method == "GET")
        return show_projections(request, std::move(done));
    if (request.head.path == "/admin/bans" && request.head.method == "GET")
        return list_bans(std::move(done));
    if (request.head.path == "/admin/keys" && request.head.method == "GET")
        return list_keys(request, std::move(done));
    if (is_operators_order(request))
        return operate(request, std::move(done));
    admin::answer({request.head.method, request.head.path, request.head.query,
                      request.asker.request_id, options_.store_name, now_.wall},
        ports_.store, std::move(done));
}

}  // namespace gatehouse::node
