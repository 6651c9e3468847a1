// SPDX-License-Identifier: Apache-2.0
#include "identity/roles.hpp"

#include <gtest/gtest.h>

namespace gatehouse::identity {
namespace {

TEST(RoleTable, says_who_may_do_what)
{
    auto const table = *RoleTable::of({{"admin", {"*"}}, {"designer", {"designs.*", "rooms.read"}},
        {"reader", {"designs.read"}}, {"guest", {}}});
    auto const may = [&](std::vector<std::string> const& roles, std::string_view permission) {
        return table.grants(roles, permission);
    };
    EXPECT_TRUE(may({"admin"}, "anything.at.all"));
    EXPECT_TRUE(may({"designer"}, "designs.write"));
    EXPECT_TRUE(may({"designer"}, "designs.a.b"));
    EXPECT_TRUE(may({"designer"}, "rooms.read"));
    EXPECT_FALSE(may({"designer"}, "rooms.write"));
    EXPECT_FALSE(may({"designer"}, "designs"));
    EXPECT_FALSE(may({"designer"}, "designs."));
    EXPECT_FALSE(may({"designer"}, "designsx.write"));
    EXPECT_FALSE(may({"reader"}, "designs.write"));
    EXPECT_TRUE(may({"guest", "reader"}, "designs.read"));
    EXPECT_FALSE(may({"guest"}, "designs.read"));
    EXPECT_FALSE(may({"stranger"}, "designs.read"));
    EXPECT_FALSE(may({"Admin"}, "designs.read"));
    EXPECT_FALSE(may({}, "designs.read"));

    EXPECT_TRUE(table.has("guest"));
    EXPECT_FALSE(table.has("stranger"));
    EXPECT_EQ(
        table.names(), (std::vector<std::string_view>{"admin", "designer", "guest", "reader"}));
    auto const modest = *RoleTable::of({{"reader", {"designs.read"}}});
    EXPECT_TRUE(modest.has_permission("designs.read"));
    EXPECT_FALSE(modest.has_permission("designs.write"));
}

TEST(RoleTable, has_stars_at_the_end_only)
{
    for (auto const bad :
        {"", "**", "*.read", "designs*", "designs.*.read", "designs.**", ".*", "a\nb"}) {
        auto const table = RoleTable::of({{"designer", {bad}}});
        ASSERT_FALSE(table) << bad;
        EXPECT_EQ(table.error().message,
            "role designer: a permission is a name, a name and \".*\", or \"*\"");
    }
    EXPECT_FALSE(RoleTable::of({{"", {}}}));
    EXPECT_FALSE(RoleTable::of({{std::string(129, 'r'), {}}}));
    EXPECT_FALSE(RoleTable::of({{"r", std::vector<std::string>(257, "p")}}));
}

} // namespace
} // namespace gatehouse::identity
