// SPDX-License-Identifier: Apache-2.0
#include "limits/quota.hpp"

#include "base/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace gatehouse::limits {
namespace {

using Window = QuotaOptions::Window;

WallTime at(std::string_view text)
{
    return {from_rfc3339(text).value()};
}

TEST(Quota, windows_are_days_and_months_in_utc)
{
    EXPECT_EQ(window_at(Window::day, at("2026-11-22T23:59:59.999Z")),
        (Span{at("2026-11-22T00:00:00Z"), at("2026-11-23T00:00:00Z")}));
    EXPECT_EQ(window_at(Window::day, at("2026-11-23T01:00:00+02:00")),
        (Span{at("2026-11-22T00:00:00Z"), at("2026-11-23T00:00:00Z")}));
    EXPECT_EQ(window_at(Window::month, at("2026-12-31T23:59:59Z")),
        (Span{at("2026-12-01T00:00:00Z"), at("2027-01-01T00:00:00Z")}));
    EXPECT_EQ(window_at(Window::month, at("2028-02-29T12:00:00Z")),
        (Span{at("2028-02-01T00:00:00Z"), at("2028-03-01T00:00:00Z")}));
}

TEST(Quota, is_granted_until_it_is_used_up_and_begins_anew)
{
    Quota quota({.amount = 3, .window = Window::month}, 10);
    auto const now = at("2026-11-30T23:59:00Z");
    EXPECT_EQ(quota.ask("ann", 2, now).remaining, 1);
    auto const refused = quota.ask("ann", 2, now);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.remaining, 1);
    EXPECT_EQ(refused.reset_after, Milliseconds(60'000));
    EXPECT_EQ(quota.peek("ann", 1, now).remaining, 0);
    EXPECT_TRUE(quota.ask("ann", 1, now).allowed);
    EXPECT_FALSE(quota.ask("ann", 1, at("2026-11-30T23:59:59.999Z")).allowed);
    EXPECT_TRUE(quota.ask("ann", 3, at("2026-12-01T00:00:00Z")).allowed);
}

TEST(Quota, counts_another_amount_at_once)
{
    Quota quota({.amount = 10, .window = Window::day}, 10);
    auto const now = at("2026-11-22T12:00:00Z");
    EXPECT_TRUE(quota.ask("ann", 8, now).allowed);
    quota.change({.amount = 5, .window = Window::day});
    EXPECT_EQ(quota.peek("ann", 1, now).remaining, 0);
    quota.change({.amount = 20, .window = Window::day});
    EXPECT_EQ(quota.peek("ann", 1, now).remaining, 11);
    quota.change({.amount = 20, .window = Window::month});
    EXPECT_EQ(quota.peek("ann", 1, now).remaining, 19);
}

TEST(Quota, lets_newcomers_share_a_count_where_it_is_full)
{
    Quota quota({.amount = 2, .window = Window::day}, 2);
    auto const now = at("2026-11-22T12:00:00Z");
    for (auto const account : {"ann", "bob", "eve", "dan"})
        EXPECT_TRUE(quota.ask(account, 1, now).allowed);
    EXPECT_FALSE(quota.ask("zoe", 1, now).allowed);
    EXPECT_TRUE(quota.ask("bob", 1, now).allowed);
    EXPECT_EQ(quota.accounts(), 3u);
}

TEST(Quota, comes_back_after_a_restart)
{
    auto const now = at("2026-11-22T12:00:00Z");
    Quota before({.amount = 10, .window = Window::day}, 10);
    static_cast<void>(before.ask("ann", 4, now));
    auto const written = before.take_changed();
    EXPECT_EQ(written, (std::vector<Quota::Count>{{"ann", at("2026-11-22T00:00:00Z"), 4}}));
    EXPECT_TRUE(before.take_changed().empty());

    Quota after({.amount = 10, .window = Window::day}, 10);
    static_cast<void>(after.ask("ann", 1, now)); // It came before the counts did.
    after.restore(written[0], now);
    after.restore({"ann", at("2026-11-21T00:00:00Z"), 9}, now);
    EXPECT_EQ(after.peek("ann", 1, now).remaining, 4);
    EXPECT_EQ(after.take_changed()[0].used, 5);
}

// All that was ever granted in a list; days and months by the C library.
struct Model {
    QuotaOptions options;
    std::map<std::pair<std::string, std::string>, std::int64_t> used{};

    bool ask(std::string const& account, std::int64_t cost, WallTime now)
    {
        auto const seconds = static_cast<std::time_t>(now.ms / 1'000);
        std::tm date{};
        gmtime_r(&seconds, &date);
        char text[16];
        std::strftime(text, sizeof text, options.window == Window::day ? "%F" : "%Y-%m", &date);
        auto& count = used[{account, text}];
        if (count + cost > options.amount)
            return false;
        count += cost;
        return true;
    }
};

TEST(Quota, agrees_with_a_calendar_that_remembers_everything)
{
    int allowed = 0;
    int refused = 0;
    for (unsigned seed = 0; seed < 100; seed++) {
        std::mt19937_64 chance(seed);
        QuotaOptions const options{.amount = static_cast<std::int64_t>(chance() % 30),
            .window = chance() % 2 == 0 ? Window::day : Window::month};
        Quota quota(options, 100);
        Model model{options};
        auto now = at("2023-12-01T00:00:00Z");
        auto const pace = options.window == Window::day ? 8'000'000U : 200'000'000U;
        for (int i = 0; i < 1'000; i++) {
            now = now + Milliseconds(chance() % pace);
            auto const account = std::to_string(chance() % 3);
            auto const cost = 1 + static_cast<std::int64_t>(chance() % 3);
            auto const verdict = quota.ask(account, cost, now);
            ASSERT_EQ(verdict.allowed, model.ask(account, cost, now)) << seed << " " << i;
            ASSERT_GT(verdict.reset_after, Milliseconds(0));
            ASSERT_EQ(now + verdict.reset_after, window_at(options.window, now).until);
            (verdict.allowed ? allowed : refused)++;
        }
    }
    EXPECT_GT(allowed, 1'000) << "the test shows nothing otherwise";
    EXPECT_GT(refused, 1'000);
}

} // namespace
} // namespace gatehouse::limits
