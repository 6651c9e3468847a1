// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include "base/text.hpp"
#include "gateway/explain.hpp"
#include "http/grammar.hpp"
#include "server/mapping.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>

namespace gatehouse::cli {
namespace {

// "https://host:port/path?query", "host/path" or "/path".
void read_url(std::string_view url, gateway::Question& question)
{
    if (auto const scheme = url.find("://"); scheme != url.npos)
        url.remove_prefix(scheme + 3);
    url = url.substr(0, url.find('#'));
    auto const start = std::min(url.find_first_of("/?"), url.size());
    question.host = url.substr(0, start);
    url.remove_prefix(start);
    auto const mark = std::min(url.find('?'), url.size());
    question.path = mark == 0 ? "/" : url.substr(0, mark);
    question.query = url.substr(std::min(mark + 1, url.size()));
}

// Views into the arguments.
bool read_headers(std::vector<std::string> const& given, http::Headers& headers)
{
    return std::ranges::all_of(given, [&headers](std::string_view line) {
        auto const colon = std::min(line.find(':'), line.size());
        auto const name = line.substr(0, colon);
        headers.add(name, http::trim(line.substr(std::min(colon + 1, line.size()))));
        return colon < line.size() && http::is_token(name);
    });
}

// Where it stands, of those that somebody wrote.
std::string place_of(config::Loaded const& loaded, std::size_t route)
{
    auto const place = loaded.origins.find(fmt::format("/routes/{}", route));
    return place == loaded.origins.end() ? "built in" : place->second.text();
}

std::string text_of(gateway::Explanation const& explanation, gateway::Config const& config,
    config::Loaded const& loaded)
{
    auto const name = [&](std::size_t route) {
        return fmt::format(
            "{} ({})", routing::text_of(config.routes.pattern(route)), place_of(loaded, route));
    };
    std::string out
        = fmt::format("route         {}\n", explanation.route ? name(*explanation.route) : "none");
    for (auto const& step : explanation.steps)
        out += fmt::format("{:<14}{}\n", step.stage, step.what);
    for (auto const& other : explanation.others)
        out += fmt::format("not           {}: {}\n", name(other.route), other.why);
    if (explanation.elsewhere > 0)
        out += fmt::format(
            "not           {} more, which have another host or path\n", explanation.elsewhere);
    return out;
}

} // namespace

int explain(ConfigArguments const& arguments, ExplainArguments const& given)
{
    gateway::Question question{.method = given.method};
    read_url(given.url, question);
    if (given.on_admin)
        question.listener = gateway::Listener::admin;
    if (!http::is_token(given.method) || !read_headers(given.headers, question.headers)) {
        std::fputs(
            "gatehouse: write GET https://host/path, and headers as -H 'name: value'\n", stderr);
        return 2;
    }
    auto const loaded = load(arguments);
    if (!loaded) {
        std::fputs(loaded.error().c_str(), stderr);
        return 1;
    }
    auto const config = server::gateway_config(loaded->settings);
    if (!config)
        return complain(config.error());
    auto const text = text_of(gateway::explain(**config, question), **config, *loaded);
    for (std::string_view rest = text; !rest.empty();) {
        auto const line = rest.substr(0, rest.find('\n'));
        std::puts(printable(line).c_str());
        rest.remove_prefix(line.size() + 1);
    }
    return 0;
}

} // namespace gatehouse::cli
