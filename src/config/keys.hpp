// SPDX-License-Identifier: Apache-2.0
#pragma once

// The table of all keys: their names, what they mean, an example. Reading, the effective
// configuration, the JSON Schema, `gatehouse check --explain` and docs/configuration.md all walk
// it.
//
// Each section has files of its own: settings_SECTION.hpp, keys_SECTION.hpp, values_SECTION.*,
// checks_SECTION.cpp, and in server/ map_SECTION.cpp. To add a key: a field with its default in the
// first, and a row in the second. A type of value that is new also needs its three functions in the
// third; what spans several keys is checked in the fourth.
//
// `later` rows are keys that GATEWAY promises and this version does not have: they are refused at
// their place, never ignored. An `elsewhere` row is read by the loader (load.cpp).

#include "config/keys_auth.hpp"
#include "config/keys_limits.hpp"
#include "config/keys_listen.hpp"
#include "config/keys_operations.hpp"
#include "config/keys_rooms.hpp"
#include "config/keys_routes.hpp"
#include "config/keys_services.hpp"
#include "config/keys_store.hpp"
#include "config/keys_tls.hpp"
#include "config/note.hpp"
#include "config/settings.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse::config {

template <> struct Keys<Settings> {
    static void each(auto& at, auto&& key)
    {
        key.elsewhere("import", "list of globs",
            Note {.help = "More files, read after this one. Maps merge, routes add up.",
                .example = "[routes/*.yaml]"});
        key("listen", at.listen, Note {.help = "Where connections are accepted."});
        key("tls", at.tls,
            Note {.help = "Certificates of listen.https, and what it asks of clients. See "
                          "gateway.md."});
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
        key("roles", at.roles,
            Note {.help = "What roles may do, by name: for require. See identity.md."});
        key("limits", at.limits, Note {.help = "Rate limits, by name."});
        key("bans", at.bans,
            Note {.help = "Addresses that are refused too often are let in no more for a while. {} "
                          "for the usual. Behind a proxy, name it in trusted_proxies first."});
        key("trusted_proxies", at.trusted_proxies,
            Note {.help = "Addresses and blocks of proxies before this server: what they forward "
                          "of a client (X-Forwarded-For) is believed.",
                .example = "[10.0.0.0/8]"});
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
