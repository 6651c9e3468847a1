// SPDX-License-Identifier: Apache-2.0
#include "identity/families.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>

namespace gatehouse::identity {
namespace {

using namespace std::chrono_literals;
using Outcome = Refreshed::Outcome;

constexpr WallTime noon{1'763'726'400'000};
std::string const pepper(32, 'p');

struct CountingDice final : Dice {
    unsigned char next = 0;
    std::string bytes(std::size_t size) override
    {
        std::string out;
        for (std::size_t i = 0; i < size; i++)
            out += static_cast<char>(next++);
        return out;
    }
};

struct Families : ::testing::Test {
    CountingDice dice{};
    FamilyOptions options{};
    WallTime now = noon;
    Family family = begin_family("ann", {"player"}, dice, noon);

    // As the service does it: what is to be stored is stored.
    Refreshed refresh(std::string_view token)
    {
        auto const presented = read_refresh_token(token);
        if (!presented)
            return {.detail = "no token"};
        auto const judged = judge_refresh(*presented, &family, options, pepper, now);
        if (judged.outcome == Outcome::rotated || judged.outcome == Outcome::reused)
            family = judged.family;
        return judged;
    }
    [[nodiscard]] std::string token() const { return refresh_token_of(family, pepper); }
};

TEST_F(Families, give_a_new_token_for_each_use)
{
    auto const first = token();
    EXPECT_EQ(first.substr(0, 35), "000102030405060708090a0b0c0d0e0f.0.");
    now = now + 1h;
    auto const second = refresh(first);
    EXPECT_EQ(second.outcome, Outcome::rotated);
    EXPECT_EQ(second.token, token());
    EXPECT_EQ(read_refresh_token(second.token)->counter, 1U);
    EXPECT_NE(read_refresh_token(second.token)->secret, read_refresh_token(first)->secret);
    now = now + 1h;
    EXPECT_EQ(refresh(second.token).outcome, Outcome::rotated);
    EXPECT_EQ(family.principal, "ann");
}

TEST_F(Families, end_when_a_token_comes_twice)
{
    auto const first = token();
    auto const second = refresh(first).token;
    now = now + 10s; // Just beyond the grace.
    auto const again = refresh(first);
    EXPECT_EQ(again.outcome, Outcome::reused);
    EXPECT_EQ(again.token, "");
    EXPECT_TRUE(family.revoked_ms);
    EXPECT_EQ(refresh(second).outcome, Outcome::refused);
    EXPECT_EQ(refresh(first).outcome, Outcome::refused);
}

TEST_F(Families, give_the_same_successor_for_a_few_seconds)
{
    auto const first = token();
    auto const second = refresh(first).token;
    now = now + 9'999ms;
    auto const again = refresh(first);
    EXPECT_EQ(again.outcome, Outcome::again);
    EXPECT_EQ(again.token, second);
    EXPECT_EQ(refresh(second).outcome, Outcome::rotated);
    // The first one is two uses old now.
    EXPECT_EQ(refresh(first).outcome, Outcome::reused);

    family = begin_family("ann", {}, dice, now);
    options.grace = 0s;
    auto const strict = token();
    ASSERT_EQ(refresh(strict).outcome, Outcome::rotated);
    EXPECT_EQ(refresh(strict).outcome, Outcome::reused);
}

TEST_F(Families, are_not_ended_by_forgeries)
{
    auto const good = token();
    for (std::size_t i = 0; i < good.size(); i++)
        for (char const c : {'0', '1', 'f', 'F', '.', ' ', '\0'}) {
            auto forged = good;
            forged[i] = c;
            auto const presented = read_refresh_token(forged);
            auto const judged = presented
                ? judge_refresh(*presented, &family, options, pepper, now).outcome
                : Outcome::refused;
            EXPECT_EQ(judged, forged == good ? Outcome::rotated : Outcome::refused) << i << c;
        }
    for (std::size_t size = 0; size < good.size(); size++)
        EXPECT_FALSE(read_refresh_token(good.substr(0, size)));
    EXPECT_FALSE(read_refresh_token(good + "0"));
    auto const with_counter = [&](std::string_view counter) {
        return good.substr(0, 33) + std::string(counter) + good.substr(34);
    };
    EXPECT_TRUE(read_refresh_token(with_counter("999999999999999")));
    for (auto const bad : {"", "00", "01", "-1", "+1", " 1", "1x", "9999999999999999"})
        EXPECT_FALSE(read_refresh_token(with_counter(bad))) << bad;
    EXPECT_EQ(refresh(with_counter("1")).outcome, Outcome::refused);

    auto const other = begin_family("eve", {}, dice, noon);
    auto const presented = *read_refresh_token(refresh_token_of(other, pepper));
    EXPECT_EQ(judge_refresh(presented, &family, options, pepper, now).outcome, Outcome::refused);
    EXPECT_EQ(judge_refresh(presented, nullptr, options, pepper, now).outcome, Outcome::refused);
    EXPECT_EQ(judge_refresh(presented, &other, options, std::string(32, 'q'), now).outcome,
        Outcome::refused);
    EXPECT_EQ(refresh(good).outcome, Outcome::rotated); // All the while it was good.
}

TEST_F(Families, end_when_nobody_uses_them_and_after_half_a_year)
{
    now = noon + std::chrono::days(30);
    EXPECT_EQ(refresh(token()).outcome, Outcome::refused);
    now = now + -1ms;
    EXPECT_EQ(refresh(token()).outcome, Outcome::rotated);
    for (int i = 0; i < 5; i++) {
        now = now + std::chrono::days(25);
        ASSERT_EQ(refresh(token()).outcome, Outcome::rotated);
    }
    EXPECT_EQ(ends_at(family, options), noon + std::chrono::days(180));
    now = noon + std::chrono::days(180);
    EXPECT_EQ(refresh(token()).outcome, Outcome::refused);
}

TEST_F(Families, end_by_order_and_when_the_store_was_set_back)
{
    auto const before = family;
    auto const second = refresh(token()).token;
    auto const third = refresh(second).token;
    family = before;
    auto const ahead = refresh(third);
    EXPECT_EQ(ahead.outcome, Outcome::reused);
    EXPECT_TRUE(ahead.detail.contains("the store is older than the token"));

    family = begin_family("ann", {}, dice, now);
    family = revoked(family, now);
    EXPECT_EQ(refresh(token()).outcome, Outcome::refused);
    EXPECT_EQ(revoked(family, now + 1h), family);
}

TEST_F(Families, come_back_from_their_text)
{
    static_cast<void>(refresh(token()));
    auto const text = to_text(revoked(family, now));
    EXPECT_EQ(*family_from_text(text), revoked(family, now));
    EXPECT_FALSE(text.contains(read_refresh_token(token())->secret));
    for (auto const bad : {"", "[]", R"({"counter":-1})", R"({"unknown":1})"})
        EXPECT_EQ(family_from_text(bad).error().code, ErrorCode::internal) << bad;
}

// What was used when, of everything that was ever handed out.
struct Model {
    std::map<std::uint64_t, WallTime> used{};
    bool is_revoked = false;

    Outcome use(std::uint64_t counter, WallTime now)
    {
        if (is_revoked)
            return Outcome::refused;
        if (!used.contains(counter)) {
            used[counter] = now;
            return Outcome::rotated;
        }
        bool const is_last = counter == used.rbegin()->first;
        if (is_last && now - used[counter] < 10s)
            return Outcome::again;
        is_revoked = true;
        return Outcome::reused;
    }
};

TEST_F(Families, agree_with_a_model_of_all_that_was_used)
{
    std::map<Outcome, int> seen;
    for (unsigned seed = 1; seed <= 500; seed++) {
        std::mt19937 chance(seed);
        family = begin_family("ann", {}, dice, now);
        std::vector<std::string> handed_out{token()};
        Model model;
        for (int step = 0; step < 40; step++) {
            now = now + Milliseconds(chance() % 8'000);
            // Mostly the newest, sometimes one before it.
            auto const back = std::min<std::size_t>(
                chance() % 4 == 0 ? chance() % 3 : 0, handed_out.size() - 1);
            auto const counter = handed_out.size() - 1 - back;
            auto const judged = refresh(handed_out[counter]);
            ASSERT_EQ(judged.outcome, model.use(counter, now)) << seed << " " << step;
            seen[judged.outcome]++;
            if (judged.outcome == Outcome::rotated)
                handed_out.push_back(judged.token);
            bool const is_same = judged.token == handed_out.back();
            ASSERT_EQ(
                is_same, judged.outcome == Outcome::rotated || judged.outcome == Outcome::again);
        }
    }
    for (auto const each : {Outcome::rotated, Outcome::again, Outcome::reused, Outcome::refused})
        EXPECT_GT(seen[each], 100);
}

// A store that refuses to write over what was changed meanwhile, and two requests at once on it,
// each of which reads, judges and writes, in any order.
struct Cell {
    Family family;
    int version = 0;
};

struct Request {
    std::string token; // That it shows.
    int version = -1;  // Of what it read; -1: not yet.
    Refreshed judged{};
    bool is_done = false;

    void step(Cell& cell, FamilyOptions const& options, WallTime now)
    {
        if (version < 0) {
            judged = judge_refresh(*read_refresh_token(token), &cell.family, options, pepper, now);
            version = cell.version;
            return;
        }
        bool const changes
            = judged.outcome == Outcome::rotated || judged.outcome == Outcome::reused;
        if (changes && version != cell.version) {
            version = -1; // Stale: judge again.
            return;
        }
        if (changes)
            cell = {judged.family, cell.version + 1};
        is_done = true;
    }
};

TEST_F(Families, let_two_tabs_race_and_end_when_a_thief_goes_on)
{
    int raced = 0;
    for (unsigned seed = 1; seed <= 2'000; seed++) {
        std::mt19937 chance(seed);
        Cell cell{begin_family("ann", {}, dice, now)};
        // Two tabs of one client, which share what they know, refresh at the same time.
        auto shared = refresh_token_of(cell.family, pepper);
        for (int round = 0; round < 5; round++) {
            std::array<Request, 2> tabs{Request{shared}, Request{shared}};
            while (!tabs[0].is_done || !tabs[1].is_done) {
                auto& tab = tabs[chance() % 2];
                if (!tab.is_done)
                    tab.step(cell, options, now);
                now = now + 50ms;
            }
            ASSERT_NE(tabs[0].judged.token, "") << seed;
            ASSERT_EQ(tabs[0].judged.token, tabs[1].judged.token) << seed;
            raced += tabs[0].judged.outcome != tabs[1].judged.outcome ? 1 : 0;
            shared = tabs[0].judged.token;
            now = now + Milliseconds(chance() % 100'000);
        }
        // Somebody has a copy of the token; the two no longer share what they know.
        std::array<std::string, 2> known{shared, shared};
        for (int turn = 0; turn < 4; turn++) {
            now = now + 11s;
            auto const who = turn % 2;
            Request request{known[who]};
            while (!request.is_done)
                request.step(cell, options, now);
            if (request.judged.token != "")
                known[who] = request.judged.token;
        }
        ASSERT_TRUE(cell.family.revoked_ms) << seed;
    }
    EXPECT_EQ(raced, 10'000); // One rotated, the other was told the same.
}

} // namespace
} // namespace gatehouse::identity
