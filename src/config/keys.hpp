// SPDX-License-Identifier: Apache-2.0
#pragma once

// The table of all keys: their names, what they mean, an example. Reading, the effective
// configuration, the JSON Schema, `gatehouse check --explain` and docs/configuration.md all walk
// it.
//
// To add a key: a field with its default in settings.hpp, and a row here. A type of value that is
// new also needs its three functions in values.hpp.
//
// `later` rows are keys that GATEWAY promises and this version does not have: they are refused at
// their place, never ignored. An `elsewhere` row is read by the loader (load.cpp).

#include "config/settings.hpp"

#include <limits>
#include <string_view>

namespace gatehouse::config {

struct Note {
    std::string_view help;
    std::string_view example = {};
    bool is_required = false;
    int min = 1; // Of a number.
    int max = std::numeric_limits<int>::max();
};

template <typename T> struct Keys;

template <> struct Keys<Settings> {
    static void each(auto& at, auto&& key)
    {
        key.elsewhere("import", "list of globs",
            Note {.help = "More files, read after this one. Maps merge, routes add up.",
                .example = "[routes/*.yaml]"});
        key("listen", at.listen, Note {.help = "Where connections are accepted."});
        key("store", at.store,
            Note {.help = "Where rooms are kept: memory, sqlite:PATH, or "
                          "postgresql://USER:env:PASSWORD@HOST/DATABASE.",
                .example = "sqlite:data/gatehouse.db"});
        key("archive", at.archive, Note {.help = "Where finished rooms go. See archive.md."});
        key("backup", at.backup,
            Note {.help = "Where the embedded store is shipped to. See backup.md."});
        key("redis", at.redis,
            Note {.help = "A cache that outlives the server: none, redis://HOST:PORT, "
                          "redis://USER:env:PASSWORD@HOST:PORT/DATABASE or unix:PATH. See "
                          "cache.md.",
                .example = "redis://:env:REDIS_PASSWORD@10.0.0.6:6379"});
        key("projections", at.projections,
            Note {.help = "Keeps leaderboards, what players came to, and lists of finished rooms. "
                          "See read-models.md.",
                .example = "off"});
        key("auth", at.auth, Note {.help = "Ways to tell who is asking, by name."});
        key("limits", at.limits, Note {.help = "Rate limits, by name."});
        key("services", at.services, Note {.help = "Upstreams, by name."});
        key("rooms", at.rooms, Note {.help = "The games that are played here, by name."});
        key("routes", at.routes,
            Note {.help
                = "Which request goes where. The most specific match wins, whatever the order."});
        key("log", at.log, Note {.help = "What is logged, as JSON lines on standard error."});
        key("shards", at.shards,
            Note {.help = "How many shards, each a thread; auto is one per core.", .example = "4"});
        key("capacity", at.capacity, Note {.help = "What rooms may take of this server."});
        key("drain", at.drain, Note {.help = "How the server stops."});
        key.later("tls", "TLS");
        key.later("trusted_proxies", "trust in forwarded headers");
        key.later("bans", "banning addresses");
    }
};

template <> struct Keys<Listen> {
    static void each(auto& at, auto&& key)
    {
        key("http", at.http,
            Note {.help = "The public listener. Without a host: all addresses.",
                .example = "\":8080\""});
        key("admin", at.admin,
            Note {.help = "The operators' listener: health, metrics, rooms. Keep it private.",
                .example = "127.0.0.1:9901"});
        key.later("https", "TLS");
    }
};

template <> struct Keys<Archive> {
    static void each(auto& at, auto&& key)
    {
        key("to", at.to,
            Note {.help = "none: they stay in the store; file:FOLDER, or s3://BUCKET/PREFIX of any "
                          "service that speaks S3.",
                .example = "s3://my-archive/gatehouse"});
        key("endpoint", at.endpoint,
            Note {.help = "The service of s3:. Left out: Amazon's of the region.",
                .example = "https://s3.example.com"});
        key("region", at.region, Note {.help = "Of s3:.", .example = "eu-central-1"});
        key("style", at.style,
            Note {.help = "Where the bucket stands: in the path, or before the host.",
                .example = "host"});
        key("access_key", at.access_key,
            Note {.help = "The id of the key that s3: is asked with.",
                .example = "env:ARCHIVE_KEY"});
        key("secret_key", at.secret_key,
            Note {.help = "Its secret.", .example = "env:ARCHIVE_SECRET"});
        key("after", at.after,
            Note {.help = "A room moves to the archive when it is finished this long.",
                .example = "24h"});
        key("keep", at.keep,
            Note {.help = "It is deleted when it is finished this long, unless it is held. Left "
                          "out: never.",
                .example = "365d"});
        key("compact", at.compact,
            Note {.help = "Of a room that is not finished, the events before a snapshot move to "
                          "the archive when they are so many. Left out: never.",
                .example = "2000",
                .max = 50'000});
    }
};

template <> struct Keys<Backup> {
    static void each(auto& at, auto&& key)
    {
        key("to", at.to,
            Note {.help = "none, file:FOLDER on another disk, or s3://BUCKET/PREFIX of the service "
                          "that archive names, with its keys.",
                .example = "s3://my-backups/gatehouse"});
        key("base_every", at.base_every,
            Note {.help = "Time between copies of the whole store. What comes between is shipped "
                          "every second.",
                .example = "12h"});
        key("keep", at.keep,
            Note {.help = "Any moment of so long a time can be restored.", .example = "30d"});
    }
};

template <> struct Keys<GameArchive> {
    static void each(auto& at, auto&& key)
    {
        key("after", at.after, Note {.help = "In place of archive.after.", .example = "1h"});
        key("keep", at.keep, Note {.help = "In place of archive.keep.", .example = "30d"});
    }
};

template <> struct Keys<Auth> {
    static void each(auto& at, auto&& key)
    {
        key("anonymous", at.anonymous,
            Note {.help = "Guests: POST /v1/sessions gives anyone a session."});
        key.later("jwt", "identity by JWT");
        key.later("mtls", "identity by client certificate");
        key.later("api_keys", "identity by API key");
    }
};

template <> struct Keys<Anonymous> {
    static void each(auto& at, auto&& key)
    {
        key("ttl", at.ttl, Note {.help = "How long a session lasts.", .example = "24h"});
        key("key", at.key,
            Note {.help
                = "Signs the tokens. Left out, a key is made once and kept in the store's folder.",
                .example = "env:GUEST_KEY"});
    }
};

template <> struct Keys<Limit> {
    static void each(auto& at, auto&& key)
    {
        key("rate", at.rate,
            Note {.help = "How many in the long run.", .example = "100/min", .is_required = true});
        key("burst", at.burst,
            Note {.help = "How many at once. Left out: as many as the rate counts.",
                .example = "20",
                .max = 1'000'000'000});
        key("by", at.by, Note {.help = "Who shares one allowance.", .example = "principal"});
        key.later("store", "sharing limits between nodes");
        key.later("on_store_failure", "sharing limits between nodes");
    }
};

template <> struct Keys<Service> {
    static void each(auto& at, auto&& key)
    {
        key("endpoints", at.endpoints,
            Note {.help = "Its instances.",
                .example = "[10.0.0.4:8080, 10.0.0.5:8080]",
                .is_required = true});
        key("balance", at.balance,
            Note {.help = "Which instance takes a request.", .example = "round_robin"});
        key("timeout", at.timeout,
            Note {.help = "The longest wait for an answer.", .example = "10s"});
        key("connect_timeout", at.connect_timeout,
            Note {.help = "The longest wait for a connection.", .example = "500ms"});
        key("health", at.health,
            Note {.help = "Active checks of each instance. Short form: the path alone.",
                .example = "/health"});
        key.later("discover", "discovery by DNS");
        key.later("breaker", "circuit breaking");
        key.later("retry", "retries");
    }
};

template <> struct Keys<Health> {
    static void each(auto& at, auto&& key)
    {
        key("path", at.path,
            Note {.help = "What is asked for; 2xx is healthy. Left out: no checks.",
                .example = "/health"});
        key("interval", at.interval, Note {.help = "Time between checks.", .example = "5s"});
        key("timeout", at.timeout,
            Note {.help = "The longest wait for the answer.", .example = "2s"});
        key("up", at.up,
            Note {.help = "Good answers in a row that bring an instance back.",
                .example = "2",
                .max = 100});
        key("down", at.down,
            Note {.help = "Bad ones in a row that take it out.", .example = "3", .max = 100});
    }
};

template <> struct Keys<Rooms> {
    static void each(auto& at, auto&& key)
    {
        key("durability", at.durability,
            Note {.help = "durable: an acked action survives any crash.", .example = "durable"});
        key("absence", at.absence, Note {.help = "What happens while a player is away."});
        key("bot_think", at.bot_think, Note {.help = "How long a bot thinks.", .example = "700ms"});
        key("seat_reserved", at.seat_reserved,
            Note {.help = "How long a reserved seat waits for whom it is reserved.",
                .example = "2m"});
        key("max_rooms", at.max_rooms,
            Note {.help = "Open rooms on this node; more are refused.",
                .example = "10000",
                .max = 10'000'000});
        key("match", at.match,
            Note {.help = "Puts together players who look for others: POST /v1/matches. {} for "
                          "the usual. See lobby.md."});
        key("archive", at.archive, Note {.help = "When this game's rooms go, and for how long."});
        key("rate", at.rate,
            Note {.help = "How much one player may ask of a room, in bursts of as many; more is "
                          "refused.",
                .example = "20/s"});
        key("rules", at.rules,
            Note {.help = "Where the process listens that decides this game, if it is not built "
                          "in: unix:PATH. See rules-protocol.md.",
                .example = "unix:run/rules.sock"});
        key("seats", at.seats, Note {.help = "With rules: how many may sit in a room."});
        key("title", at.title,
            Note {.help = "With rules: what people call the game. Left out: its name.",
                .example = "Nim"});
    }
};

template <> struct Keys<Matching> {
    static void each(auto& at, auto&& key)
    {
        key("players", at.players,
            Note {.help = "So many play together. Left out: as many as the game has seats.",
                .example = "4",
                .max = 64});
        key("players_min", at.players_min,
            Note {.help = "After the patience so many will do. Left out: as many as the game "
                          "needs.",
                .example = "2",
                .max = 64});
        key("patience", at.patience,
            Note {.help = "Who waited this long also takes a smaller group.", .example = "30s"});
        key("window", at.window,
            Note {.help = "So many points of rating may lie between who waits and the others.",
                .example = "100",
                .min = 0,
                .max = 100'000});
        key("growth", at.growth,
            Note {.help = "So many more for each second of waiting.",
                .example = "10",
                .min = 0,
                .max = 100'000});
        key("window_max", at.window_max,
            Note {.help = "So many at most.", .example = "1000", .min = 0, .max = 100'000});
        key("waiting_max", at.waiting_max,
            Note {.help = "Who waits at once; more are refused.",
                .example = "10000",
                .max = 1'000'000});
        key("join_within", at.join_within,
            Note {.help = "How long the seats of a room that was found wait.", .example = "60s"});
    }
};

template <> struct Keys<Seats> {
    static void each(auto& at, auto&& key)
    {
        key("min", at.min,
            Note {.help = "So many at least, before it can be played.", .example = "2", .max = 64});
        key("max", at.max,
            Note {.help = "So many at most.", .example = "4", .is_required = true, .max = 64});
    }
};

template <> struct Keys<Absence> {
    static void each(auto& at, auto&& key)
    {
        key("bot_after", at.bot_after,
            Note {.help = "A player who is away this long is absent.", .example = "20s"});
        key("then", at.then,
            Note {.help = "bot: one plays until they come back. wait: nothing. default: when it is "
                          "their turn, the game's alarm rings at once. forfeit: they are out.",
                .example = "forfeit"});
    }
};

template <> struct Keys<Route> {
    static void each(auto& at, auto&& key)
    {
        key("match", at.match,
            Note {.help
                = "Which requests. Short form: [HOST]/PATH, with :name for one segment and ** for "
                  "all that follow.",
                .example = "app.example.com/api/**",
                .is_required = true});
        key("to", at.to,
            Note {.help
                = "Where they go: the name of a service, rooms (the room API and its WebSocket), "
                  "or { files: FOLDER }.",
                .example = "users",
                .is_required = true});
        key("auth", at.auth,
            Note {.help
                = "Names of auth; any of them will do. On a route to rooms the room API itself "
                  "asks: POST /v1/sessions needs no token, and the WebSocket /v1/connect takes it "
                  "in its first message.",
                .example = "[players, guests]"});
        key("limit", at.limit, Note {.help = "A name of limits.", .example = "per_player"});
        key("timeout", at.timeout,
            Note {.help = "In place of the service's timeout.", .example = "3s"});
        key("max_body", at.max_body,
            Note {
                .help = "The largest request body; more is answered by 413.", .example = "16KiB"});
        key("errors", at.errors,
            Note {.help
                = "Error bodies of the upstream: passed untouched, or made the one error body.",
                .example = "normalize"});
        key.later("retry", "retries");
        key.later("cors", "CORS");
        key.later("validate", "validation of bodies");
        key.later("idempotency", "Idempotency-Key");
        key.later("require", "authorisation by role");
        key.later("compress", "compression");
        key.later("fallback", "fallback answers");
    }
};

template <> struct Keys<Match> {
    static void each(auto& at, auto&& key)
    {
        key("host", at.host, Note {.help = "The request's host.", .example = "app.example.com"});
        key("path", at.path,
            Note {.help = "The request's path.", .example = "/api/:id", .is_required = true});
        key("method", at.methods, Note {.help = "One or several.", .example = "[GET, HEAD]"});
    }
};

template <> struct Keys<Target> {
    static void each(auto& at, auto&& key)
    {
        key("files", at.folder, Note {.help = "Serves the files of a folder.", .example = "page"});
        key.split(
            "a split between services is not supported yet by this version: name one service");
    }
};

template <> struct Keys<Log> {
    static void each(auto& at, auto&& key)
    {
        key("level", at.level, Note {.help = "The least that is logged.", .example = "debug"});
        key("access", at.access, Note {.help = "One line per request.", .example = "off"});
    }
};

template <> struct Keys<Capacity> {
    static void each(auto& at, auto&& key)
    {
        key("memory", at.memory,
            Note {.help = "Memory for rooms, by the server's own estimate. With all of it taken by "
                          "rooms that somebody is in, no new room is made: busy.",
                .example = "16GiB"});
        key("short_at", at.short_at,
            Note {.help = "With so much of it taken, rooms that nobody is in leave memory sooner, "
                          "whoever has been idle longest first.",
                .example = "90%"});
        key("sleep_after", at.sleep_after,
            Note {.help = "A room that nobody is in leaves memory when nothing happens in it for "
                          "so long; it wakes for whoever comes, and for its timers.",
                .example = "1h"});
        key("stuck_after", at.stuck_after,
            Note {.help = "Where a game's code does not return for so long, the server ends, to "
                          "be started anew without what led there. See reliability.md.",
                .example = "10s"});
    }
};

template <> struct Keys<Drain> {
    static void each(auto& at, auto&& key)
    {
        key("timeout", at.timeout,
            Note {.help = "How long open work may go on after SIGTERM.", .example = "10s"});
    }
};

// How a visitor tells the forms apart.
struct AnyVisitor {
    void operator()(std::string_view, auto&, Note const&) { }
    void later(std::string_view, std::string_view) { }
    void elsewhere(std::string_view, std::string_view, Note const&) { }
    void split(std::string_view) { }
};
template <typename T>
concept Section = requires(T& value, AnyVisitor& visit)
{
    Keys<T>::each(value, visit);
};

template <typename T> inline constexpr bool is_named = false;
template <typename T> inline constexpr bool is_named<Named<T>> = true;
template <typename T> inline constexpr bool is_list = false;
template <typename T> inline constexpr bool is_list<std::vector<T>> = true;
template <typename T> inline constexpr bool is_optional = false;
template <typename T> inline constexpr bool is_optional<std::optional<T>> = true;

} // namespace gatehouse::config
