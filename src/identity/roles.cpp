// SPDX-License-Identifier: Apache-2.0
#include "identity/roles.hpp"

#include "identity/claims.hpp"

#include <algorithm>

namespace gatehouse::identity {

Result<RoleTable> RoleTable::of(Permissions permissions_by_role)
{
    RoleTable table;
    for (auto& [role, permissions] : permissions_by_role) {
        if (!is_principal_id(role) || role.size() > role_bytes_max)
            return fail(ErrorCode::bad_request, "a role has 1 to 128 bytes of UTF-8");
        if (permissions.size() > permissions_max)
            return fail(ErrorCode::bad_request, "role " + role + " has more than 256 permissions");
        auto& granted = table.roles_[role];
        for (auto& each : permissions) {
            auto const star = each.find('*');
            bool const is_all = each == "*" || (each.ends_with(".*") && star == each.size() - 1);
            if (!is_principal_id(each) || each == ".*" || (star != each.npos && !is_all))
                return fail(ErrorCode::bad_request,
                    "role " + role + ": a permission is a name, a name and \".*\", or \"*\"");
            if (is_all)
                granted.prefixes.push_back(each.substr(0, star));
            else
                granted.names.insert(std::move(each));
        }
    }
    return table;
}

bool RoleTable::grants(Granted const& granted, std::string_view permission)
{
    auto const is_below = [permission](std::string const& prefix) {
        return permission.starts_with(prefix) && permission.size() > prefix.size();
    };
    return granted.names.contains(permission) || std::ranges::any_of(granted.prefixes, is_below);
}

bool RoleTable::grants(std::span<std::string const> roles, std::string_view permission) const
{
    return std::ranges::any_of(roles, [&](std::string const& role) {
        auto const found = roles_.find(role);
        return found != roles_.end() && grants(found->second, permission);
    });
}

bool RoleTable::has_permission(std::string_view permission) const
{
    return std::ranges::any_of(
        roles_, [&](auto const& each) { return grants(each.second, permission); });
}

std::vector<std::string_view> RoleTable::names() const
{
    std::vector<std::string_view> names;
    for (auto const& [role, granted] : roles_)
        names.push_back(role);
    return names;
}

} // namespace gatehouse::identity
