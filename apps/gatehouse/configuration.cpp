// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include "config/show.hpp"
#include "runtime/clock.hpp"
#include "server/map_tls.hpp"
#include "server/mapping.hpp"
#include "server/outside_games.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <glob.h>
#include <sstream>

namespace gatehouse::cli {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_file(std::string_view path)
{
    std::ifstream in(std::string(path), std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    if (!in || !fs::is_regular_file(path))
        return std::nullopt;
    return std::move(text).str();
}

std::vector<std::string> expand_glob(std::string_view pattern)
{
    std::vector<std::string> files;
    glob_t found{};
    if (::glob(std::string(pattern).c_str(), 0, nullptr, &found) == 0)
        files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
    return files;
}

std::optional<std::string> environment(std::string_view name)
{
    auto const* const value = std::getenv(std::string(name).c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
}

std::expected<std::vector<config::Flag>, std::string> flags_of(std::vector<std::string> const& set)
{
    std::vector<config::Flag> flags;
    for (auto const& each : set) {
        auto const equals = each.find('=');
        if (equals == std::string::npos)
            return std::unexpected(
                "--set " + each + ": write KEY=VALUE, such as listen.http=:9090\n");
        flags.push_back({each.substr(0, equals), each.substr(equals + 1)});
    }
    return flags;
}

}  // namespace

int complain(Error const& error)
{
    std::fprintf(stderr, "gatehouse: %s\n", error.message.c_str());
    if (!error.detail.empty())
        std::fprintf(stderr, "  %s\n", error.detail.c_str());
    return 1;
}

std::expected<config::Loaded, std::string> load(ConfigArguments const& arguments)
{
    auto const flags = flags_of(arguments.set);
    if (!flags)
        return std::unexpected(flags.error());
    auto const text = read_file(arguments.file);
    if (!text)
        return std::unexpected("cannot read the configuration " + arguments.file
            + "\nName it with -c FILE, or write one: docs/configuration.md shows every key.\n");
    auto const known = arguments.games({});
    std::vector<std::string_view> names;
    for (auto const& game : known.all())
        names.push_back(game->about().name);
    auto loaded = config::load(fs::absolute(arguments.file).lexically_normal().string(), *text,
        {.read_file = read_file, .glob = expand_glob, .environment = environment}, *flags, names);
    if (!loaded)
        return std::unexpected(loaded.error().text());
    return std::move(*loaded);
}

rooms::Catalogue games_to_replay(
    ConfigArguments const& arguments, config::Settings const& settings)
{
    auto games = arguments.games(settings);
    server::add_without_process(games, settings);
    return games;
}

int check(ConfigArguments const& arguments, bool as_json, bool show)
{
    auto const loaded = load(arguments);
    if (!loaded) {
        std::fputs(loaded.error().c_str(), stderr);
        return 1;
    }
    if (auto const gateway = server::gateway_config(loaded->settings); !gateway) {
        std::fprintf(stderr, "%s\n", gateway.error().message.c_str());
        return 1;
    }
    if (auto const tls = server::load_tls(*loaded); !tls) {
        std::fprintf(stderr, "%s\n", tls.error().message.c_str());
        return 1;
    } else if (*tls) {
        auto const now = runtime::Clock().read().wall;
        if (auto const dates = server::check_dates(**tls, nullptr, now); !dates) {
            std::fprintf(stderr, "%s\n", dates.error().message.c_str());
            return 1;
        }
    }
    if (show)
        std::puts((as_json ? config::show_json(*loaded) : config::show_yaml(*loaded)).c_str());
    else
        std::printf("%s is sound: %zu routes, %zu services\n", arguments.file.c_str(),
            loaded->settings.routes.size(), loaded->settings.services.size());
    return 0;
}

}  // namespace gatehouse::cli
