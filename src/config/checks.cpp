// SPDX-License-Identifier: Apache-2.0
#include "config/checks.hpp"

#include "config/pattern.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>
#include <vector>

namespace gatehouse::config {
namespace {

template <typename T> std::vector<std::string_view> names_of(Named<T> const& named)
{
    std::vector<std::string_view> names;
    for (auto const& [name, value] : named)
        names.push_back(name);
    return names;
}

class Checker {
public:
    Checker(Settings const& settings, Origins const& origins, Problems& problems)
        : settings_(settings)
        , origins_(origins)
        , problems_(problems)
    { }

    void check_listeners()
    {
        auto const& [http, admin] = settings_.listen;
        if (http.port != 0 && http.port == admin.port
            && (http.host == admin.host || http.host.empty()))
            wrong("/listen/admin",
                fmt::format("{} is taken by listen.http: choose another port", write_value(admin)));
    }

    void check_backup()
    {
        using enum ObjectStore::Kind;
        auto const& to = settings_.backup.to;
        if (to.kind == none)
            return;
        if (settings_.store.kind == Store::Kind::postgres)
            wrong("/backup/to",
                "a PostgreSQL store is backed up by its own tools, pg_basebackup and WAL archiving "
                "(docs/backup.md): leave backup out");
        else if (settings_.store.kind == Store::Kind::memory)
            wrong("/backup/to", "a store in memory cannot be backed up: write store: sqlite:PATH");
        else if (to.kind == bucket && settings_.archive.access_key.reference.empty())
            wrong("/backup/to", "s3: is asked with the keys of archive: write archive.access_key "
                                "and archive.secret_key");
    }

    void check_auth()
    {
        for (auto const& [name, auth] : settings_.auth)
            if (!auth.anonymous && !is_blamed(member_pointer("/auth", name)))
                wrong(member_pointer("/auth", name),
                    "names no kind of identity: write anonymous: {}");
    }

    void check_services()
    {
        for (auto const& [name, service] : settings_.services) {
            auto const pointer = member_pointer("/services", name);
            if (name == "rooms")
                wrong(pointer, "\"rooms\" is the room server: give the service another name");
            for (std::size_t i = 0; i < service.endpoints.size(); i++)
                check_endpoint(service.endpoints, i, fmt::format("{}/endpoints/{}", pointer, i));
            if (!service.health.path.empty() && !service.health.path.starts_with('/'))
                wrong(pointer + "/health",
                    fmt::format(
                        "{} is no path: write one that begins with /", quote(service.health.path)));
        }
    }

    void check_rooms(std::span<std::string_view const> games)
    {
        for (auto const& [name, rooms] : settings_.rooms) {
            auto const pointer = member_pointer("/rooms", name);
            if (rooms.match)
                check_match(*rooms.match, pointer + "/match");
            bool const is_built_in = std::ranges::find(games, name) != games.end();
            if (rooms.rules)
                check_rules(rooms, is_built_in, pointer);
            else if (rooms.seats || !rooms.title.empty())
                wrong(pointer + (rooms.seats ? "/seats" : "/title"),
                    is_built_in
                        ? fmt::format("{} is built in, and says that itself: leave it out", name)
                        : std::string("stands with rules only: write rules: unix:PATH"));
            else if (!is_built_in && !is_blamed(pointer))
                wrong(pointer,
                    fmt::format("no game named {} is built in, and no rules: unix:PATH lead to "
                                "it{}", quote(name),
                        suggest(name, {games.begin(), games.end()}, "games")));
        }
    }

    void check_routes()
    {
        for (std::size_t i = 0; i < settings_.routes.size(); i++) {
            check_target(settings_.routes[i].to, fmt::format("/routes/{}/to", i));
            check_names(settings_.routes[i], fmt::format("/routes/{}", i));
            check_tie(i);
        }
    }

private:
    void wrong(std::string const& pointer, std::string message)
    {
        problems_.add(place_of(origins_, pointer), pointer, std::move(message));
    }

    // Has something in here been found wrong already? Then what is missing needs no second word.
    bool is_blamed(std::string_view pointer) const
    {
        return std::ranges::any_of(problems_.kept(), [pointer](Problem const& each) {
            return each.pointer.starts_with(pointer)
                && (each.pointer.size() == pointer.size() || each.pointer[pointer.size()] == '/');
        });
    }

    void check_rules(Rooms const& rooms, bool is_built_in, std::string const& pointer)
    {
        if (is_built_in)
            wrong(pointer + "/rules",
                "this game is built in: leave rules out, or give the other game a name of its own");
        else if (!rooms.seats && !is_blamed(pointer))
            wrong(pointer, "rules need seats: write seats: { min: 2, max: 4 }");
    }

    void check_match(Matching const& match, std::string const& pointer)
    {
        if (match.players && match.players_min && *match.players_min > *match.players)
            wrong(pointer + "/players_min",
                fmt::format("{} is more than players, {}: nobody would have patience",
                    *match.players_min, *match.players));
        if (match.window_max < match.window)
            wrong(pointer + "/window_max",
                fmt::format("{} is less than window, {}: windows only grow", match.window_max,
                    match.window));
    }

    void check_endpoint(
        std::vector<Address> const& endpoints, std::size_t i, std::string const& pointer)
    {
        auto const& endpoint = endpoints[i];
        if (is_blamed(pointer))
            return;
        if (endpoint.host.empty() || endpoint.port == 0)
            wrong(pointer,
                fmt::format("{} can't be connected to: write host:port, such as 10.0.0.4:8080",
                    quote(write_value(endpoint))));
        else if (std::ranges::find(endpoints, endpoint) - endpoints.begin() != std::ptrdiff_t(i))
            wrong(pointer,
                fmt::format("{} is listed twice: remove one", quote(write_value(endpoint))));
    }

    void check_target(Target const& to, std::string const& pointer)
    {
        if (to.kind == Target::Kind::rooms && settings_.rooms.empty())
            wrong(pointer, "no game is configured: name one under rooms");
        if (to.kind == Target::Kind::service && !to.service.empty())
            check_name(to.service, settings_.services, "service", pointer);
    }

    void check_names(Route const& route, std::string const& pointer)
    {
        for (std::size_t i = 0; i < route.auth.size(); i++)
            check_name(
                route.auth[i], settings_.auth, "auth", fmt::format("{}/auth/{}", pointer, i));
        if (!route.limit.empty())
            check_name(route.limit, settings_.limits, "limit", pointer + "/limit");
    }

    template <typename T>
    void check_name(std::string const& name, Named<T> const& named, std::string_view what,
        std::string const& pointer)
    {
        if (named.contains(name))
            return;
        auto const plural = what == "auth" ? std::string("ways of auth") : fmt::format("{}s", what);
        wrong(pointer,
            fmt::format(
                "no {} named {}{}", what, quote(name), suggest(name, names_of(named), plural)));
    }

    void check_tie(std::size_t i)
    {
        auto const& match = settings_.routes[i].match;
        auto const pointer = fmt::format("/routes/{}/match", i);
        if (match.path.empty() || is_blamed(pointer))
            return;
        auto& alike = routes_by_path_[shape_of(match.path)];
        for (auto const other : alike)
            if (is_tie(settings_.routes[other].match, match)) {
                auto const first = fmt::format("/routes/{}/match", other);
                wrong(pointer,
                    fmt::format("ties with {} ({}): make one of them narrower", first,
                        place_of(origins_, first).text()));
                return;
            }
        alike.push_back(i);
    }

    Settings const& settings_;
    Origins const& origins_;
    Problems& problems_;
    std::unordered_map<std::string, std::vector<std::size_t>> routes_by_path_;
};

} // namespace

void check_settings(Settings const& settings, std::span<std::string_view const> games,
    Origins const& origins, Problems& problems)
{
    Checker checker(settings, origins, problems);
    checker.check_listeners();
    checker.check_backup();
    checker.check_auth();
    checker.check_services();
    checker.check_rooms(games);
    checker.check_routes();
}

} // namespace gatehouse::config
