// SPDX-License-Identifier: Apache-2.0
#include "config/checking.hpp"
#include "identity/require.hpp"
#include "identity/roles.hpp"

#include <expected>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace gatehouse::config {
namespace {

// Does one begin the other? Then an id could be somebody's of either way.
bool is_ambiguous(std::string_view a, std::string_view b)
{
    return a.starts_with(b) || b.starts_with(a);
}

void check_prefix(Checking& check, std::string const& name)
{
    auto const& ways = check.settings().auth;
    auto const mine = ways.find(name)->second.jwt->prefix_of(name);
    for (auto const& [other, way] : ways) {
        if (other == name)
            return; // Those behind it say it.
        if (way.jwt && is_ambiguous(way.jwt->prefix_of(other), mine))
            return check.wrong(member_pointer("/auth", name) + "/jwt",
                fmt::format("prefix: {} and the {} of {} could name the same person: write a "
                            "prefix that begins otherwise",
                    quote(mine), quote(way.jwt->prefix_of(other)), quote(other)));
    }
}

void check_way(Checking& check, std::string const& name, Auth const& auth)
{
    auto const pointer = member_pointer("/auth", name);
    if (check.is_blamed(pointer))
        return;
    auto const kinds = int{auth.anonymous.has_value()} + int{auth.jwt.has_value()}
        + int{auth.api_keys.has_value()};
    if (kinds == 0)
        check.wrong(pointer,
            "names no kind of identity: write anonymous: {}, api_keys: {} or jwt: {…}");
    else if (kinds > 1)
        check.wrong(pointer, "has two kinds of identity: give each a name of its own");
    else if (auth.jwt)
        check_prefix(check, name);
}

identity::RoleTable table_of(Checking& check)
{
    identity::RoleTable::Permissions all;
    for (auto const& [name, role] : check.settings().roles) {
        auto const pointer = member_pointer("/roles", name);
        if (auto const alone = identity::RoleTable::of({{name, role.permissions}}); !alone)
            check.wrong(pointer, alone.error().message);
        else
            all[name] = role.permissions;
    }
    return identity::RoleTable::of(std::move(all)).value_or(identity::RoleTable());
}

void check_require(
    Checking& check, std::size_t number, identity::RoleTable const& table)
{
    auto const& route = check.settings().routes[number];
    auto const pointer = fmt::format("/routes/{}/require", number);
    if (route.require.empty() || check.is_blamed(pointer))
        return;
    auto const require = identity::Require::parse(route.require);
    auto const fault = require ? require->check(table)
                               : std::expected<void, identity::Require::Fault>(
                                   std::unexpected(require.error()));
    if (!fault)
        return check.wrong(pointer,
            fmt::format("{} at character {}: {}", quote(route.require), fault.error().column,
                fault.error().message));
    if (route.auth.empty())
        check.wrong(pointer, "asks for roles of nobody: say who may come, such as auth: players");
    else if (route.to.kind == Target::Kind::rooms && !route.redirect)
        check.wrong(pointer,
            "a client of rooms says who it is inside its WebSocket: rooms have no roles");
}

} // namespace

std::string Jwt::prefix_of(std::string_view name) const
{
    return prefix.empty() ? std::string(name) + ":" : prefix;
}

void check_auth(Checking& check)
{
    std::string anonymous;
    std::string api_keys;
    auto const once = [&](std::string& first, std::string const& name, std::string_view kind,
                          std::string_view why) {
        if (!first.empty())
            check.wrong(fmt::format("{}/{}", member_pointer("/auth", name), kind),
                fmt::format("stands in {}, too: {}", quote(first), why));
        else
            first = name;
    };
    for (auto const& [name, auth] : check.settings().auth) {
        check_way(check, name, auth);
        if (auth.anonymous)
            once(anonymous, name, "anonymous", "guests are one");
        if (auth.api_keys)
            once(api_keys, name, "api_keys", "there is one set of keys");
    }
    auto const table = table_of(check);
    for (std::size_t i = 0; i < check.settings().routes.size(); i++)
        check_require(check, i, table);
}

} // namespace gatehouse::config
