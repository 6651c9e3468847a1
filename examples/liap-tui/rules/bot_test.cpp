// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/bot.hpp"

#include "liap_tui/test_table.hpp"

#include <gtest/gtest.h>

namespace gatehouse::liap_tui {

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr int games = 500; // The whole number takes minutes here.
#else
constexpr int games = 10'000;
#endif

rooms::Rng some_rng(std::uint64_t stream = 0)
{
    return {Table::seed_of(99), stream};
}

// Who has a bot plays by it, the others let the clock decide. Returns the final scores.
BySeat<int> play_game(std::uint64_t seed, BySeat<bool> has_bot, int& declared, int& kept)
{
    Table table(seed);
    auto rng = some_rng(seed);
    table.act(0, Start{});
    for (int steps = 0; table.state.phase != Phase::game_over; steps++) {
        if (steps > 20 * (3 * 4 + 4 + 32 + 1)) {
            ADD_FAILURE() << "a game that does not end, seed " << seed;
            break;
        }
        auto const& state = table.state;
        rooms::Decision<Event> decision;
        if (state.turn && has_bot[index_of(*state.turn)]) {
            auto const seat = *state.turn;
            auto const action = bot_action(view_of(state, seat), seat, rng);
            if (!action) {
                ADD_FAILURE() << "no answer to " << json_of(view_of(state, seat));
                break;
            }
            decision = table.act(seat, *action);
        } else {
            decision = table.ring();
        }
        if (decision.refusal) {
            ADD_FAILURE() << decision.refusal->message << ' ' << json_of(table.state);
            break;
        }
        for (auto const delta : the<Scored>(decision).deltas) {
            declared += delta != 0 ? 1 : 0;
            kept += delta > 0 ? 1 : 0;
        }
    }
    return table.state.scores;
}

TEST(Bot, plays_ten_thousand_games_to_the_end_without_a_refusal)
{
    int declared = 0;
    int kept = 0;
    for (int seed = 1; seed <= games && !HasFailure(); seed++)
        play_game(static_cast<std::uint64_t>(seed), {true, true, true, true}, declared, kept);
    RecordProperty("declared", declared);
    RecordProperty("kept", kept);
    EXPECT_GT(kept * 3, declared) << "the bots keep hardly any of what they declare";
}

TEST(Bot, beats_those_who_let_the_clock_decide)
{
    int ahead = 0;
    int ignored = 0;
    for (std::uint64_t seed = 1; seed <= 100; seed++) {
        auto const scores = play_game(seed, {true, false, true, false}, ignored, ignored);
        ahead += scores[0] + scores[2] > scores[1] + scores[3] ? 1 : 0;
    }
    EXPECT_GT(ahead, 80);
}

View view_to_follow(std::vector<Piece> hand, std::vector<Piece> lead, int declared)
{
    State state;
    state.phase = Phase::turn;
    state.turn = 0;
    state.hands = {{std::move(hand), {}, {}, lead}};
    state.declared = {declared, 1, 1, 1};
    evolve(state, Played{.seat = 3, .pieces = std::move(lead)});
    return view_of(state, 0);
}

std::vector<Piece> answer(View const& view)
{
    auto rng = some_rng();
    auto const action = bot_action(view, 0, rng);
    return action ? std::get<Play>(*action).pieces : std::vector<Piece>{};
}

TEST(Bot, wins_with_the_least_that_wins_while_it_wants_piles)
{
    EXPECT_EQ(answer(view_to_follow({0, 3, 11, 30}, {14}, 2)), (std::vector{11}));
    EXPECT_EQ(answer(view_to_follow({0, 10, 11, 30}, {14, 15}, 2)), (std::vector{10, 11}));
}

TEST(Bot, discards_its_weakest_where_it_cannot_win_and_wants_to)
{
    EXPECT_EQ(answer(view_to_follow({3, 11, 30}, {0}, 1)), (std::vector{30}));
}

TEST(Bot, gets_rid_of_its_best_losing_piece_when_it_wants_none)
{
    EXPECT_EQ(answer(view_to_follow({0, 3, 11, 30}, {4}, 0)), (std::vector{11}));
}

TEST(Bot, says_nothing_when_it_is_not_its_turn)
{
    Table table;
    table.act(0, Start{});
    auto rng = some_rng();
    for (int seat = 0; seat < seats_count; seat++)
        EXPECT_EQ(bot_action(view_of(table.state, seat), seat, rng).has_value(),
            table.state.turn == seat);
    EXPECT_FALSE(bot_action(view_of(table.state, rooms::spectator), *table.state.turn, rng));
}

}  // namespace

}  // namespace gatehouse::liap_tui
