// SPDX-License-Identifier: Apache-2.0
#include "identity/require.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <random>

namespace gatehouse::identity {
namespace {

RoleTable const table
    = *RoleTable::of({{"a", {"p", "x.*"}}, {"b", {"q"}}, {"c", {"*"}}, {"d", {}}});

bool allows(std::string_view text, std::vector<std::string> const& roles)
{
    auto const parsed = Require::parse(text);
    if (!parsed) {
        ADD_FAILURE() << text << ": " << parsed.error().message;
        return false;
    }
    return parsed->allows(roles, table);
}

TEST(Require, means_what_it_says)
{
    EXPECT_TRUE(allows("role in (designer, admin)", {"admin"}));
    EXPECT_TRUE(allows("role in (designer,admin)", {"x", "designer"}));
    EXPECT_FALSE(allows("role in (designer, admin)", {"x"}));
    EXPECT_FALSE(allows("role in (designer, admin)", {}));
    EXPECT_TRUE(allows("role designer", {"designer"}));
    EXPECT_TRUE(allows("permission p", {"a"}));
    EXPECT_TRUE(allows("permission x.y", {"a"}));
    EXPECT_TRUE(allows("permission anything", {"c"}));
    EXPECT_FALSE(allows("permission p", {"b", "d"}));
    EXPECT_TRUE(allows("not role in (banned)", {}));
    EXPECT_FALSE(allows("not role in (banned)", {"banned"}));
    EXPECT_TRUE(allows("not not role a", {"a"}));
    EXPECT_TRUE(allows(R"(role in ("my role", 'and', "O'Hara"))", {"O'Hara"}));
    EXPECT_TRUE(allows(R"(role in ("my role", 'and', "O'Hara"))", {"and"}));
    EXPECT_TRUE(allows("\n role\tin ( a )\r\n", {"a"}));
}

TEST(Require, binds_not_before_and_before_or)
{
    EXPECT_TRUE(allows("role a or role b and role d", {"a"}));
    EXPECT_FALSE(allows("(role a or role b) and role d", {"a"}));
    EXPECT_TRUE(allows("not role a and role b", {"b"}));
    EXPECT_FALSE(allows("not role a and role b", {"a"}));
    EXPECT_FALSE(allows("not (role a or role b)", {"b"}));
}

TEST(Require, tells_where_it_is_wrong_and_what_was_meant)
{
    struct Case {
        std::string_view text;
        std::size_t column;
        std::string_view message;
    };
    constexpr auto term = R"(expected "role", "permission", "not" or "(", found )";
    for (auto const& [text, column, message] : {
             Case{"", 1, "the end"},
             Case{"   ", 4, "the end"},
             Case{"rle in (a)", 1, R"("rle"; did you mean "role"?)"},
             Case{"roles in (a)", 1, R"("roles"; did you mean "role"?)"},
             Case{"ROLE in (a)", 1, R"("ROLE"; did you mean "role"?)"},
             Case{"premission p", 1, R"("premission"; did you mean "permission"?)"},
             Case{"role a and", 11, "the end"},
             Case{"role a and and role b", 12, R"("and")"},
             Case{"role a or )", 11, R"x(")")x"},
             Case{"!role a", 1, R"("!")"},
             Case{"()", 2, R"x(")")x"},
         }) {
        auto const parsed = Require::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().column, column) << text;
        EXPECT_EQ(parsed.error().message, term + std::string(message)) << text;
    }
    for (auto const& [text, column, message] :
        {
            Case{"role a amd role b", 8,
                R"(expected "and", "or" or the end, found "amd"; did you mean "and"?)"},
            Case{"role a, role b", 7, R"(expected "and", "or" or the end, found ",")"},
            Case{"role a)", 7, R"x(expected "and", "or" or the end, found ")")x"},
            Case{"role in a", 9, R"x(expected "(" and roles, found "a")x"},
            Case{"role in (a b)", 12, R"x(expected "," or ")", found "b")x"},
            Case{"role in (a", 11, R"x(expected "," or ")", found the end)x"},
            Case{"role in ()", 10, R"x(expected a role, found ")")x"},
            Case{"role in (a,)", 12, R"x(expected a role, found ")")x"},
            Case{"role", 5, R"(expected "in" or a role, found the end)"},
            Case{"role in (not)", 10,
                R"(expected a role, found "not", a word of this language: put a name like it )"
                "in quotes"},
            Case{"permission", 11, "expected a permission, found the end"},
            Case{"permission *", 12,
                R"(a route asks for one permission; "*" is for what roles have)"},
            Case{"(role a", 8, R"x(expected ")", found the end)x"},
            Case{"role 'a", 6, "this quote has no end"},
            Case{"role ''", 6, "a name has 1 to 128 bytes of UTF-8 without control characters"},
            Case{"role '\xff'", 6, "a name has 1 to 128 bytes of UTF-8 without control characters"},
        }) {
        auto const parsed = Require::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().column, column) << text;
        EXPECT_EQ(parsed.error().message, message) << text;
    }
}

TEST(Require, is_bounded)
{
    auto const nested = [](std::size_t depth) {
        return Require::parse(std::string(depth, '(') + "role a" + std::string(depth, ')'))
            .has_value();
    };
    EXPECT_TRUE(nested(32));
    EXPECT_FALSE(nested(33));
    std::string many;
    for (int i = 0; i < 40; i++)
        many += "not ";
    EXPECT_FALSE(Require::parse(many + "role a"));
    EXPECT_TRUE(Require::parse("role a" + std::string(1018, ' ')));
    EXPECT_FALSE(Require::parse("role a" + std::string(1019, ' ')));
}

TEST(Require, knows_which_names_nobody_gave_a_meaning)
{
    auto const fault = [](std::string_view text) {
        auto const checked = Require::parse(text)->check(table);
        return checked ? ""
                       : std::to_string(checked.error().column) + " " + checked.error().message;
    };
    auto const more = *RoleTable::of({{"designer", {"designs.write"}}});
    EXPECT_EQ(fault("role in (a, b) and permission p and not role d"), "");
    EXPECT_EQ(fault("role in (a, nobody)"), R"(13 no role "nobody" under `roles`)");
    auto const near = Require::parse("not (role designr)")->check(more);
    ASSERT_FALSE(near);
    EXPECT_EQ(near.error().message, R"(no role "designr" under `roles`; did you mean "designer"?)");
    auto const shut = Require::parse("permission designs.wirte")->check(more);
    ASSERT_FALSE(shut);
    EXPECT_EQ(shut.error().message, R"(no role has the permission "designs.wirte")");
}

// An expression of the test's own, told as text with whatever parentheses and spaces are allowed,
// and asked by the rules of logic.
struct Expression {
    std::string text;
    std::function<bool(std::vector<std::string> const&)> holds;
    int strength; // 0: or, 1: and, 2: all that stands by itself.
};

class Author {
public:
    explicit Author(unsigned seed)
        : chance_(seed)
    { }

    Expression write(int depth)
    {
        switch (depth == 0 ? below(2) : below(6)) {
        case 0: return role();
        case 1: return permission();
        case 2: {
            auto inner = within(write(depth - 1), 2);
            return {"not" + space() + inner.text,
                [holds = inner.holds](auto const& roles) { return !holds(roles); }, 2};
        }
        case 3:
        case 4: return chain(depth, "and", 1);
        default: return chain(depth, "or", 0);
        }
    }

private:
    int below(int end) { return static_cast<int>(chance_() % static_cast<unsigned>(end)); }
    std::string space() { return std::string(static_cast<std::size_t>(1 + below(3) / 2), ' '); }

    Expression within(Expression inner, int strength)
    {
        if (inner.strength < strength || below(4) == 0)
            return {"(" + inner.text + ")", inner.holds, 2};
        return inner;
    }
    Expression role()
    {
        std::vector<std::string> wanted;
        for (int i = 0; i <= below(3); i++)
            wanted.push_back(std::string(1, static_cast<char>('a' + below(4))));
        std::string text;
        for (auto const& each : wanted)
            text += (text.empty() ? "" : ",") + space() + each;
        auto const holds = [wanted](std::vector<std::string> const& roles) {
            return std::ranges::find_first_of(roles, wanted) != roles.end();
        };
        if (wanted.size() == 1 && below(2) == 0)
            return {"role " + wanted[0], holds, 2};
        return {"role in(" + text + " )", holds, 2};
    }
    Expression permission()
    {
        static constexpr std::array<std::string_view, 4> names{"p", "q", "x.y", "other"};
        static constexpr std::array<std::string_view, 4> granted_by{"ac", "bc", "ac", "c"};
        auto const which = static_cast<std::size_t>(below(4));
        return {"permission " + std::string(names[which]),
            [which](std::vector<std::string> const& roles) {
                return std::ranges::any_of(roles,
                    [which](std::string const& role) { return granted_by[which].contains(role); });
            },
            2};
    }
    Expression chain(int depth, std::string const& word, int strength)
    {
        std::vector<Expression> parts;
        std::string text;
        for (int i = 0; i < 2 + below(2); i++) {
            parts.push_back(within(write(depth - 1), strength + 1));
            text += (i == 0 ? "" : " " + word + " ") + parts.back().text;
        }
        bool const is_or = strength == 0;
        return {text,
            [parts, is_or](auto const& roles) {
                auto const holds = [&](Expression const& each) { return each.holds(roles); };
                return is_or ? std::ranges::any_of(parts, holds)
                             : std::ranges::all_of(parts, holds);
            },
            strength};
    }

    std::mt19937 chance_;
};

TEST(Require, agrees_with_a_truth_table_of_all_sets_of_roles)
{
    int held = 0;
    int asked = 0;
    for (unsigned seed = 1; seed <= 2'000; seed++) {
        auto const expression = Author(seed).write(static_cast<int>(seed % 4));
        if (expression.text.size() > Require::text_bytes_max)
            continue;
        auto const parsed = Require::parse(expression.text);
        ASSERT_TRUE(parsed) << expression.text << ": " << parsed.error().message;
        auto const shown = parsed->show();
        auto const again = Require::parse(shown);
        ASSERT_EQ(again.has_value(), shown.size() <= Require::text_bytes_max) << shown;
        for (unsigned set = 0; set < 16; set++) {
            std::vector<std::string> roles;
            for (unsigned bit = 0; bit < 4; bit++)
                if ((set >> bit & 1) != 0)
                    roles.push_back(std::string(1, static_cast<char>('a' + bit)));
            auto const expected = expression.holds(roles);
            ASSERT_EQ(parsed->allows(roles, table), expected) << expression.text << " " << set;
            ASSERT_EQ(!again || again->allows(roles, table), !again || expected) << shown << set;
            held += expected ? 1 : 0;
            asked++;
        }
        ASSERT_EQ(again ? again->show() : shown, shown);
    }
    EXPECT_GT(held, asked / 5) << "the test shows nothing otherwise";
    EXPECT_LT(held, asked / 5 * 4);
}

} // namespace
} // namespace gatehouse::identity
