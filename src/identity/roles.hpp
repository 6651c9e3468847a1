// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::identity {

// What each role may do. A permission is a name ("designs.write"), or one that ends with ".*" and
// means all below it ("designs.*"), or "*" for everything. A role that is not here may do nothing.
// Immutable; costs a search per role that somebody has.
class RoleTable {
public:
    static constexpr std::size_t permissions_max = 256; // Of one role.
    using Permissions = std::map<std::string, std::vector<std::string>, std::less<>>;

    RoleTable() = default;
    // Fails with bad_request where a `*` stands elsewhere, or a name is empty or too long.
    [[nodiscard]] static Result<RoleTable> of(Permissions permissions_by_role);

    // May somebody who has these roles do that?
    [[nodiscard]] bool grants(
        std::span<std::string const> roles, std::string_view permission) const;
    [[nodiscard]] bool has(std::string_view role) const { return roles_.contains(role); }
    // Is there a role at all that may do it? Where not, a route that asks for it is shut for all.
    [[nodiscard]] bool has_permission(std::string_view permission) const;
    [[nodiscard]] bool is_empty() const { return roles_.empty(); }
    // For "did you mean".
    [[nodiscard]] std::vector<std::string_view> names() const;

private:
    struct Granted {
        std::set<std::string, std::less<>> names{};
        std::vector<std::string> prefixes{}; // "designs."; empty for "*".
    };

    [[nodiscard]] static bool grants(Granted const& granted, std::string_view permission);

    std::map<std::string, Granted, std::less<>> roles_;
};

} // namespace gatehouse::identity
