// SPDX-License-Identifier: Apache-2.0
#include "server/mapping.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace gatehouse::server {

namespace fs = std::filesystem;
using std::chrono::duration_cast;

namespace {

Result<std::string> read_file(fs::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (!in)
        return fail(ErrorCode::bad_request, "cannot read " + path.string());
    return bytes;
}

gateway::LimitBy limit_by(config::LimitBy by)
{
    switch (by) {
    case config::LimitBy::ip: return gateway::LimitBy::ip;
    case config::LimitBy::principal: return gateway::LimitBy::principal;
    case config::LimitBy::route: return gateway::LimitBy::route;
    }
    std::unreachable();
}

gateway::Balance balance_of(config::Balance balance)
{
    switch (balance) {
    case config::Balance::round_robin: return gateway::Balance::round_robin;
    case config::Balance::least_requests: return gateway::Balance::least_requests;
    case config::Balance::p2c_ewma: return gateway::Balance::p2c_ewma;
    }
    std::unreachable();
}

gateway::RouteOptions route_of(config::Route const& route)
{
    gateway::RouteOptions options{.host = route.match.host, .path = route.match.path,
        .methods = route.match.methods, .auth = route.auth, .limit = route.limit,
        .timeout = route.timeout, .max_body = route.max_body.bytes,
        .normalize_errors = route.errors == config::ErrorBodies::normalize};
    switch (route.to.kind) {
    case config::Target::Kind::service:
        options.target = gateway::Target::service;
        options.to = route.to.service;
        break;
    case config::Target::Kind::rooms: options.target = gateway::Target::rooms; break;
    case config::Target::Kind::files:
        options.target = gateway::Target::files;
        options.to = route.to.folder.text;
        break;
    }
    return options;
}

gateway::ServiceOptions service_of(std::string const& name, config::Service const& service)
{
    gateway::ServiceOptions options{.name = name, .balance = balance_of(service.balance),
        .timeout = service.timeout, .connect_timeout = service.connect_timeout};
    for (auto const& endpoint : service.endpoints)
        options.endpoints.push_back(to_text(endpoint));
    options.health = {.path = service.health.path, .interval = service.health.interval,
        .timeout = service.health.timeout, .up = service.health.up, .down = service.health.down};
    return options;
}

}  // namespace

std::string to_text(config::Address const& address)
{
    bool const is_v6 = address.host.contains(':');
    return (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::string store_name(config::Store const& store)
{
    if (store.kind == config::Store::Kind::memory)
        return "memory";
    if (store.kind == config::Store::Kind::postgres)
        return store.url;
    std::error_code error;
    auto const file = fs::weakly_canonical(store.path.text, error);
    return "sqlite:" + (error ? store.path.text : file.string());
}

Result<std::shared_ptr<gateway::FileSet const>> read_folder(std::string const& path)
{
    auto files = std::make_shared<gateway::FileSet>();
    std::size_t total = 0;
    std::error_code error;
    fs::recursive_directory_iterator entry(path, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        std::error_code gone; // Since it was listed; or a link that leads nowhere.
        if (!entry->is_regular_file(gone))
            continue;
        auto const size = entry->file_size(gone);
        if (gone)
            continue;
        total += size;
        if (size > file_bytes_max || total > folder_bytes_max)
            return fail(ErrorCode::bad_request, entry->path().string()
                    + ": too big to be served from memory (8 MiB a file, 64 MiB a folder)");
        files->add("/" + entry->path().lexically_relative(path).generic_string(),
            GH_TRY(read_file(entry->path())));
    }
    if (error)
        return fail(ErrorCode::bad_request, "cannot read the folder " + path + ": "
                + error.message() + "; make it, or name another");
    return files;
}

Result<std::shared_ptr<gateway::Config const>> gateway_config(config::Settings const& settings)
{
    gateway::GatewayOptions options;
    options.access_log = settings.log.access;
    for (auto const& [name, service] : settings.services)
        options.services.push_back(service_of(name, service));
    for (auto const& [name, limit] : settings.limits)
        options.limits.push_back({.name = name, .rate = limit.rate.count, .per = limit.rate.period,
            .burst = limit.burst, .by = limit_by(limit.by)});
    for (std::size_t number = 0; number < settings.routes.size(); number++) {
        options.routes.push_back(route_of(settings.routes[number]));
        auto const& added = options.routes.back();
        bool const is_known
            = std::ranges::find(options.files, added.to, &gateway::FilesOptions::name)
            != options.files.end();
        if (added.target != gateway::Target::files || is_known)
            continue;
        auto files = read_folder(added.to);
        if (!files)
            return fail(ErrorCode::bad_request,
                "/routes/" + std::to_string(number) + "/to: " + files.error().message);
        options.files.push_back({added.to, std::move(*files)});
    }
    // Operators' questions: answered on the admin listener alone.
    options.routes.push_back(
        {.id = "admin", .path = "/admin/**", .target = gateway::Target::admin});
    return gateway::compile(std::move(options));
}

std::optional<storage::redis::Target> redis_target(config::Redis const& redis)
{
    if (redis.kind == config::Redis::Kind::none)
        return std::nullopt;
    return storage::redis::Target{.host = redis.address.host, .port = redis.address.port,
        .socket = redis.socket.text, .user = redis.user, .password = redis.password.value,
        .database = redis.database};
}

namespace {

rooms::RoomOptions room_options(config::Rooms const& game)
{
    using enum config::Absent;
    rooms::RoomOptions options;
    options.bot_delay = duration_cast<Milliseconds>(game.bot_think);
    if (game.absence.then != wait)
        options.bot_after = duration_cast<Milliseconds>(game.absence.bot_after);
    options.absence = game.absence.then == fallback ? rooms::Absence::fallback
        : game.absence.then == forfeit              ? rooms::Absence::forfeit
                                                    : rooms::Absence::bot;
    options.seat_reserved = duration_cast<Milliseconds>(game.seat_reserved);
    options.rate_max = static_cast<std::uint32_t>(game.rate.count);
    options.rate_period = duration_cast<Milliseconds>(game.rate.period);
    return options;
}

}  // namespace

rooms::RoomsOptions rooms_options(config::Settings const& settings, std::size_t shards)
{
    rooms::RoomsOptions options;
    auto const share = [shards](int all) {
        return std::max<std::size_t>((static_cast<std::size_t>(all) + shards - 1) / shards, 1);
    };
    options.others.rooms_max = share(config::Rooms{}.max_rooms);
    auto const& capacity = settings.capacity;
    options.memory_max = static_cast<std::size_t>(capacity.memory.bytes) / shards;
    options.memory_short_at_percent = static_cast<std::size_t>(capacity.short_at.value);
    options.sleep_after = duration_cast<Milliseconds>(capacity.sleep_after);
    for (auto const& [name, game] : settings.rooms) {
        auto& of_game = options.games[name];
        of_game.rooms_max = share(game.max_rooms);
        of_game.room = room_options(game);
    }
    return options;
}

node::Matches matches_of(config::Settings const& settings)
{
    node::Matches matches;
    for (auto const& [name, game] : settings.rooms) {
        if (!game.match)
            continue;
        auto const& match = *game.match;
        auto& of_game = matches[name];
        of_game.game.queue = {.players = match.players.value_or(0),
            .players_min = match.players_min.value_or(0),
            .patience = duration_cast<Milliseconds>(match.patience), .window = match.window,
            .growth = match.growth, .window_max = match.window_max};
        of_game.game.waiting_max = static_cast<std::size_t>(match.waiting_max);
        of_game.join_within = duration_cast<Milliseconds>(match.join_within);
    }
    return matches;
}

std::vector<std::string> endpoints_of(config::Settings const& settings)
{
    std::vector<std::string> all;
    for (auto const& [name, service] : settings.services)
        for (auto const& endpoint : service.endpoints)
            all.push_back(to_text(endpoint));
    return all;
}

}  // namespace gatehouse::server
