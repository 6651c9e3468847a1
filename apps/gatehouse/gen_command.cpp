// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "config/settings.hpp"
#include "typescript.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

namespace gatehouse::cli {

namespace {

int write(std::string const& text, std::string const& file)
{
    if (file.empty()) {
        std::fwrite(text.data(), 1, text.size(), stdout);
        return 0;
    }
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (out)
        return 0;
    std::fprintf(
        stderr, "gatehouse: %s cannot be written: %s\n", file.c_str(), std::strerror(errno));
    return 1;
}

// "liap-tui, nim"
std::string names_of(rooms::Catalogue const& games)
{
    std::string names;
    for (auto const* rules : games.all())
        names.append(names.empty() ? "" : ", ").append(rules->about().name);
    return names.empty() ? "none" : names;
}

} // namespace

int gen_ts(ConfigArguments const& arguments, std::string const& game, std::string const& file)
{
    auto const games = arguments.games(config::Settings{});
    std::string text = "// Made by `gatehouse gen ts`. What is changed here is lost when it is "
                       "made again.\n";
    bool is_known = game.empty();
    for (auto const* rules : games.all()) {
        if (!game.empty() && rules->about().name != game)
            continue;
        is_known = true;
        if (auto const shape = rules->shape())
            write_typescript(text += "\n", rules->about(), *shape);
    }
    if (is_known)
        return write(text, file);
    std::fprintf(stderr, "gatehouse: there is no game %s in this binary; there are: %s\n",
        game.c_str(), names_of(games).c_str());
    return 2;
}

} // namespace gatehouse::cli
