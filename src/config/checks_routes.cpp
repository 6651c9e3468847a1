// SPDX-License-Identifier: Apache-2.0
#include "config/checking.hpp"
#include "config/pattern.hpp"

#include <fmt/format.h>
#include <string>
#include <unordered_map>
#include <vector>

namespace gatehouse::config {
namespace {

using RoutesByShape = std::unordered_map<std::string, std::vector<std::size_t>>;

// A route leads somewhere, or sends elsewhere.
void check_way(Checking& check, Route const& route, std::string const& pointer)
{
    bool const has_target = check.origins().contains(pointer + "/to");
    if (route.redirect && has_target)
        check.wrong(pointer + "/redirect", "stands beside \"to\": leave one of them out");
    else if (!route.redirect && !has_target)
        check.wrong(pointer, "\"to\" is missing: write to: users, or redirect: /new/**");
}

void check_target(Checking& check, Target const& to, std::string const& pointer)
{
    if (to.kind == Target::Kind::rooms && check.settings().rooms.empty())
        check.wrong(pointer, "no game is configured: name one under rooms");
    if (to.kind == Target::Kind::service && !to.service.empty())
        check.name(to.service, check.settings().services, "service", pointer);
}

void check_names(Checking& check, Route const& route, std::string const& pointer)
{
    for (std::size_t i = 0; i < route.auth.size(); i++)
        check.name(
            route.auth[i], check.settings().auth, "auth", fmt::format("{}/auth/{}", pointer, i));
}

void check_tie(Checking& check, std::size_t i, RoutesByShape& alike_by_shape)
{
    auto const& match = check.settings().routes[i].match;
    auto const pointer = fmt::format("/routes/{}/match", i);
    if (match.path.empty() || check.is_blamed(pointer))
        return;
    auto const pattern = pattern_of(match);
    auto& alike = alike_by_shape[routing::shape_of(match.path)];
    for (auto const other : alike)
        if (routing::is_tie(pattern_of(check.settings().routes[other].match), pattern)) {
            auto const first = fmt::format("/routes/{}/match", other);
            check.wrong(pointer,
                fmt::format("ties with {} ({}): make one of them narrower", first,
                    place_of(check.origins(), first).text()));
            return;
        }
    alike.push_back(i);
}

} // namespace

void check_routes(Checking& check)
{
    RoutesByShape alike;
    for (std::size_t i = 0; i < check.settings().routes.size(); i++) {
        check_target(check, check.settings().routes[i].to, fmt::format("/routes/{}/to", i));
        auto const pointer = fmt::format("/routes/{}", i);
        check_way(check, check.settings().routes[i], pointer);
        check_names(check, check.settings().routes[i], pointer);
        check_limits_of(check, check.settings().routes[i], pointer);
        check_shape(check, check.settings().routes[i], pointer);
        check_validation(check, check.settings().routes[i], pointer);
        check_tie(check, i, alike);
    }
}

} // namespace gatehouse::config
