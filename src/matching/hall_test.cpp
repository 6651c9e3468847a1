// SPDX-License-Identifier: Apache-2.0
#include "matching/hall.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>

namespace gatehouse::matching {
namespace {

using namespace std::chrono_literals;

struct Halls : ::testing::Test {
    TimePoint now{1h};
    int drawn = 0;
    std::vector<std::pair<Party, Hall::OnRoom>> parties{};
    std::vector<Milliseconds> waits{};
    std::set<std::pair<std::string, std::string>> used{}; // Seats that wait no more.
    HallOptions options{.games = {{"chess",
                            {.queue = {.players = 2, .players_min = 2, .window = 100, .growth = 10},
                                .waiting_max = 4}}}};
    std::optional<Hall> hall{};

    void SetUp() override
    {
        hall.emplace(options,
            Hall::Ports{.draw_match = [this] { return "m" + std::to_string(++drawn); },
                .open =
                    [this](Party party, Hall::OnRoom done) {
                        parties.emplace_back(std::move(party), std::move(done));
                    },
                .awaits =
                    [this](std::string const& room, std::string const& principal,
                        Hall::OnAwaited then) {
                        then(!used.contains({room, principal}), now);
                    },
                .matched
                = [this](std::string_view, Milliseconds waited) { waits.push_back(waited); }});
    }
    // What somebody heard, once they did.
    using Heard = std::shared_ptr<std::optional<Result<Answer>>>;
    Heard ask(std::string principal, int rating = 1'500, std::string chosen = "{}",
        Hall::Question question = 0)
    {
        auto heard = std::make_shared<std::optional<Result<Answer>>>();
        hall->ask({"chess", std::move(chosen), std::move(principal), rating}, now,
            [heard](Result<Answer> answer) { *heard = std::move(answer); }, question);
        return heard;
    }
    Heard ask_again(std::string_view match, std::string_view principal)
    {
        auto heard = std::make_shared<std::optional<Result<Answer>>>();
        hall->ask_again(
            match, principal, now, [heard](Result<Answer> answer) { *heard = std::move(answer); });
        return heard;
    }
    void pass(Milliseconds time)
    {
        auto const until = now + time;
        for (auto next = hall->next(); next && *next <= until; next = hall->next()) {
            now = std::max(now, *next);
            hall->step(now);
        }
        now = until;
    }
    static ErrorCode code_of(Heard const& heard) { return heard->value().error().code; }
};

TEST_F(Halls, tell_both_of_the_room_that_was_opened_for_them)
{
    auto const ann = ask("ann");
    pass(3s);
    auto const bob = ask("bob");
    ASSERT_EQ(parties.size(), 1u);
    EXPECT_EQ(parties[0].first.principals, (std::vector<std::string>{"ann", "bob"}));
    EXPECT_FALSE(*ann) << "not before the room is there";
    parties[0].second("k7qxm.1");
    EXPECT_EQ((*ann)->value().found->room, "k7qxm.1");
    EXPECT_EQ((*ann)->value().found->seat, 0);
    EXPECT_EQ((*bob)->value().found->seat, 1);
    EXPECT_EQ((*bob)->value().found->players, 2);
    EXPECT_EQ((*ann)->value().waited, 3s);
    EXPECT_EQ(waits, (std::vector<Milliseconds>{3s, 0s}));
    EXPECT_FALSE(hall->waiting().contains("chess"));
}

TEST_F(Halls, keep_a_place_and_the_time_that_was_waited_from_question_to_question)
{
    auto heard = ask("ann", 1'500);
    pass(options.answer_after);
    ASSERT_TRUE(*heard);
    auto const match = (*heard)->value().match;
    EXPECT_FALSE((*heard)->value().found);
    heard = ask_again(match, "ann");
    pass(options.answer_after);
    EXPECT_EQ((*heard)->value().waited, 2 * options.answer_after);
    heard = ask("ann", 1'500); // Who lost the answer knows no match.
    EXPECT_EQ(hall->waiting()["chess"], 1u);
    auto const bob = ask("bob", 1'950);
    EXPECT_EQ(parties.size(), 1u) << "by now ann's window is 600 wide";
    parties[0].second("r");
    EXPECT_EQ((*heard)->value().match, match);
}

TEST_F(Halls, forget_who_does_not_ask_again)
{
    auto const ann = ask("ann");
    pass(options.answer_after + options.away_max);
    EXPECT_TRUE(hall->waiting().empty());
    auto const bob = ask("bob");
    EXPECT_TRUE(parties.empty());
    EXPECT_EQ(code_of(ask_again((*ann)->value().match, "ann")), ErrorCode::not_found);
    pass(options.answer_after + options.away_max);
    EXPECT_FALSE(hall->next()) << "nothing is left";
}

TEST_F(Halls, match_nobody_who_left)
{
    auto ann = ask("ann");
    auto const asked = ask_again("m1", "ann");
    ASSERT_TRUE(*ann) << "the older question is answered";
    EXPECT_EQ(hall->leave("m1", "eve").error().code, ErrorCode::not_found);
    ASSERT_TRUE(hall->leave("m1", "ann"));
    EXPECT_EQ(code_of(asked), ErrorCode::not_found);
    EXPECT_FALSE(hall->leave("m1", "ann"));
    auto const bob = ask("bob");
    EXPECT_TRUE(parties.empty());
    auto const cem = ask("cem");
    EXPECT_EQ(hall->leave("m3", "cem").error().code, ErrorCode::out_of_order) << "too late";
}

TEST_F(Halls, put_together_only_who_wants_the_same)
{
    auto const ann = ask("ann", 1'500, R"({"rounds":1})");
    auto const bob = ask("bob", 1'500, R"({"rounds":2})");
    EXPECT_TRUE(parties.empty());
    auto const again = ask("ann", 1'500, R"({"rounds":2})");
    EXPECT_EQ(code_of(ann), ErrorCode::out_of_order) << "she looks for something else";
    ASSERT_EQ(parties.size(), 1u);
    EXPECT_EQ(parties[0].first.principals, (std::vector<std::string>{"bob", "ann"}));
    EXPECT_EQ(parties[0].first.options, R"({"rounds":2})");
}

TEST_F(Halls, tell_again_what_was_found_until_the_seat_is_used)
{
    auto ann = ask("ann");
    pass(options.answer_after);
    auto const bob = ask("bob");
    parties[0].second("r1");
    EXPECT_FALSE((*ann)->value().found) << "she was not asking";
    ann = ask("ann");
    EXPECT_EQ((*ann)->value().found->room, "r1");
    ann = ask_again((*ann)->value().match, "ann");
    EXPECT_EQ((*ann)->value().found->room, "r1") << "once more by its name";
    ann = ask("ann");
    ASSERT_TRUE(*ann) << "the answer may have been lost";
    EXPECT_EQ((*ann)->value().found->room, "r1");
    EXPECT_EQ(hall->waiting()["chess"], 0u) << "nobody is matched twice for that";
    used.insert({"r1", "ann"});
    ann = ask("ann");
    EXPECT_FALSE(*ann) << "the game is over, and she wants another";
    EXPECT_EQ(hall->waiting()["chess"], 1u);
}

TEST_F(Halls, tell_it_for_as_long_as_the_seat_waits_however_often_it_was_told)
{
    auto ann = ask("ann");
    auto const bob = ask("bob");
    parties[0].second("r1");
    for (int asked = 0; asked < 3; asked++) {
        pass(19s);
        ann = ask("ann");
        ASSERT_TRUE(*ann);
    }
    pass(3s);
    ann = ask("ann");
    EXPECT_FALSE(*ann) << "its time is up, so she looks anew";
    EXPECT_EQ(hall->waiting()["chess"], 1u);
}

TEST_F(Halls, count_among_those_who_wait_only_them)
{
    for (int pair = 0; pair < 4; pair++) {
        ask("a" + std::to_string(pair));
        ask("b" + std::to_string(pair));
        ASSERT_EQ(parties.size(), static_cast<std::size_t>(pair + 1)) << "at most four wait";
        parties.back().second("r" + std::to_string(pair));
    }
}

TEST_F(Halls, are_bounded_in_what_they_may_have_to_tell_again)
{
    options.games["chess"].found_max = 2;
    SetUp();
    ask("ann");
    ask("bob");
    parties[0].second("r1");
    EXPECT_EQ(code_of(ask("cem")), ErrorCode::busy);
    pass(61s);
    EXPECT_FALSE(*ask("cem"));
}

TEST_F(Halls, soon_let_go_whose_connection_is_gone)
{
    auto ann = ask("ann", 1'500, "{}", 7);
    hall->drop(8, now);
    EXPECT_FALSE(*ann) << "another's";
    hall->drop(7, now);
    ASSERT_TRUE(*ann) << "whoever hears it all the same";
    EXPECT_FALSE((*ann)->value().found);
    pass(2s);
    ann = ask("ann", 1'500, "{}", 9);
    hall->drop(7, now);
    EXPECT_FALSE(*ann) << "that question is long answered";
    EXPECT_EQ(hall->waiting()["chess"], 1u) << "she was soon back, and kept her place";
    hall->drop(9, now);
    pass(3s);
    EXPECT_TRUE(hall->waiting().empty());
    ask("bob");
    EXPECT_TRUE(parties.empty()) << "nobody is matched with who closed the page";
}

TEST_F(Halls, ask_for_nobody_who_is_gone_while_their_seat_is_looked_after)
{
    Hall::OnAwaited then;
    hall.emplace(options,
        Hall::Ports{.draw_match = [this] { return "m" + std::to_string(++drawn); },
            .open = [](Party const&, Hall::OnRoom done) { done("r1"); },
            .awaits = [&](auto, auto, Hall::OnAwaited on_awaited) { then = std::move(on_awaited); },
            .matched = [](std::string_view, Milliseconds) {}});
    ask("ann");
    ask("bob");
    auto const ann = ask("ann", 1'500, "{}", 5);
    hall->drop(5, now);
    then(false, now);
    EXPECT_EQ(code_of(ann), ErrorCode::not_found);
    EXPECT_TRUE(hall->waiting().empty());
}

TEST_F(Halls, say_so_when_no_room_could_be_opened)
{
    auto const ann = ask("ann");
    auto const bob = ask("bob");
    parties[0].second(fail(ErrorCode::busy, "full"));
    EXPECT_EQ(code_of(ann), ErrorCode::busy);
    EXPECT_EQ(code_of(bob), ErrorCode::busy);
    auto const again = ask("ann");
    EXPECT_EQ(hall->waiting()["chess"], 1u);
}

TEST_F(Halls, are_bounded_and_refuse_what_they_do_not_have)
{
    for (int i = 0; i < 4; i++)
        ask("p" + std::to_string(i), i * 5'000);
    EXPECT_EQ(code_of(ask("ann")), ErrorCode::busy);
    auto heard = std::make_shared<std::optional<Result<Answer>>>();
    hall->ask({"go", "{}", "ann", 0}, now, [heard](auto answer) { *heard = std::move(answer); });
    EXPECT_EQ(code_of(heard), ErrorCode::not_found);
}

TEST_F(Halls, tell_everybody_when_they_close)
{
    auto const ann = ask("ann");
    hall->close({ErrorCode::unavailable, "the server stops"});
    EXPECT_EQ(code_of(ann), ErrorCode::unavailable);
    EXPECT_EQ(code_of(ask("bob")), ErrorCode::unavailable);
    EXPECT_EQ(code_of(ask_again("m1", "ann")), ErrorCode::unavailable);
    EXPECT_FALSE(hall->next());
}

TEST_F(Halls, know_nobody_who_was_erased)
{
    auto const ann = ask("ann");
    hall->forget("ann");
    EXPECT_EQ(code_of(ann), ErrorCode::not_found);
    auto const bob = ask("bob");
    EXPECT_TRUE(parties.empty());
    auto const cem = ask("cem");
    hall->forget("cem"); // While their room is opened.
    parties[0].second("r");
    EXPECT_EQ((*bob)->value().found->room, "r");
}

// Whoever comes, goes, asks twice, is late or vanishes: nobody is in two parties at once, who left
// is in none, and in the end the hall is empty.
TEST_F(Halls, hold_whatever_people_do)
{
    options.games["chess"]
        = {.queue = {.players = 3, .players_min = 2, .patience = 10s}, .waiting_max = 50};
    SetUp();
    std::mt19937 chance{3};
    std::map<std::string, Heard> heard;
    std::set<std::string> left;
    std::size_t seated = 0;
    std::size_t taken = 0;
    for (int step = 0; step < 4'000; step++) {
        auto const who = "p" + std::to_string(chance() % 60);
        auto const& last = heard[who];
        switch (chance() % 6) {
        case 0:
        case 1:
        case 2:
            heard[who] = ask(who, static_cast<int>(chance() % 2'000), chance() % 4 ? "a" : "b");
            left.erase(who);
            break;
        case 3:
            if (last && *last && **last && hall->leave((**last)->match, who))
                left.insert(who);
            break;
        case 4: pass(Milliseconds(chance() % 9'000)); break;
        default:
            if (chance() % 50 == 0)
                hall->forget(who);
        }
        for (; taken < parties.size(); taken++) {
            auto& [party, done] = parties[taken];
            std::set<std::string> const once(party.principals.begin(), party.principals.end());
            EXPECT_EQ(once.size(), party.principals.size());
            EXPECT_GE(once.size(), 2u);
            for (auto const& each : once)
                EXPECT_FALSE(left.contains(each));
            seated += once.size();
            if (chance() % 5 == 0)
                done(fail(ErrorCode::unavailable, "no store"));
            else
                done("r" + std::to_string(taken));
        }
        ASSERT_LE(hall->waiting()["chess"], 50u);
    }
    EXPECT_GT(seated, 300u);
    pass(10min);
    EXPECT_TRUE(hall->waiting().empty());
    EXPECT_FALSE(hall->next());
}

} // namespace
} // namespace gatehouse::matching
