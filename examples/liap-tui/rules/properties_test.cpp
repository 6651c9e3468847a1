// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/test_table.hpp"

#include "gatehouse/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <set>

// Games of chance (gatehouse/testing.hpp): random seats ask for random things, sensible and not,
// and alarms ring between. Each step is held against the rules, written down here once more.

namespace gatehouse::liap_tui {

namespace {

// ---- The rules again, written down another way

using Step = testing::Step<LiapTui>;

struct IsLegal {
    State const& state;
    int seat;
    std::span<rooms::Occupant const> seats;

    bool mine(Phase phase) const { return state.phase == phase && state.turn == seat; }

    bool operator()(Start const&) const
    {
        return state.phase == Phase::waiting
            && std::ranges::count(seats, rooms::Occupant::nobody) == 0;
    }
    bool operator()(Redeal const&) const { return mine(Phase::preparation); }
    bool operator()(Ready const&) const
    {
        return state.phase == Phase::scoring
            && std::ranges::count(state.ready, seat) == 0;
    }
    bool operator()(Declare const& declare) const
    {
        if (!mine(Phase::declaration) || declare.piles < 0 || declare.piles > 8)
            return false;
        if (declare.piles == 0 && state.zeros[index_of(seat)] >= 2)
            return false;
        auto declared = state.declared;
        declared[index_of(seat)] = declare.piles;
        auto const is_complete = std::ranges::count(declared, undeclared) == 0;
        return !is_complete || std::accumulate(declared.begin(), declared.end(), 0) != 8;
    }
    bool operator()(Play const& play) const
    {
        if (!mine(Phase::turn))
            return false;
        auto const& hand = state.hands[index_of(seat)];
        std::set<Piece> const pieces(play.pieces.begin(), play.pieces.end());
        auto const is_held = [&](Piece piece) { return std::ranges::count(hand, piece) == 1; };
        if (pieces.empty() || pieces.size() != play.pieces.size()
            || !std::ranges::all_of(pieces, is_held))
            return false;
        if (state.plays.empty())
            return set_by_the_book({pieces.begin(), pieces.end()}) != SetKind::discard;
        return pieces.size() == state.plays[0].pieces.size();
    }
};

// Follows a game from its events alone and checks each against what must hold.
class Referee {
public:
    void see(State const& after, Event const& event)
    {
        std::visit([this](auto const& each) { note(each); }, event);
        EXPECT_EQ(after.scores, scores_);
        EXPECT_EQ(after.won, won_);
        EXPECT_EQ(after.multiplier, multiplier_);
        expect_all_pieces(after);
        auto const waits = after.phase == Phase::preparation || after.phase == Phase::declaration
            || after.phase == Phase::turn;
        EXPECT_EQ(after.turn.has_value(), waits);
    }

private:
    void note(Dealt const& dealt)
    {
        if (dealt.round != round_)
            multiplier_ = 1;
        round_ = dealt.round;
        won_ = {};
        played_.clear();
    }
    void note(RedealAsked const&)
    {
        multiplier_++;
        EXPECT_LE(multiplier_, 4);
    }
    void note(Declared const& declared)
    {
        declared_[index_of(declared.seat)] = declared.piles;
    }
    void note(Played const& played)
    {
        for (auto const& before : turn_) {
            EXPECT_NE(before.seat, played.seat);
            EXPECT_EQ(before.pieces.size(), played.pieces.size());
        }
        turn_.push_back(played);
        played_.insert(played.pieces.begin(), played.pieces.end());
    }
    void note(TurnWon const& won)
    {
        auto const lead = set_by_the_book(turn_[0].pieces);
        int best = -1;
        int winner = -1;
        for (auto const& play : turn_) {
            auto const points = points_of(play.pieces);
            if (set_by_the_book(play.pieces) == lead && points > best) {
                best = points;
                winner = play.seat;
            }
        }
        EXPECT_EQ(turn_.size(), 4U);
        EXPECT_EQ(won.seat, winner);
        EXPECT_EQ(won.piles, static_cast<int>(turn_[0].pieces.size()));
        won_[index_of(won.seat)] += won.piles;
        turn_.clear();
    }
    void note(Scored const& scored)
    {
        EXPECT_EQ(std::accumulate(won_.begin(), won_.end(), 0), 8);
        EXPECT_NE(std::accumulate(declared_.begin(), declared_.end(), 0), 8);
        for (std::size_t i = 0; i < seats_count; i++) {
            auto const miss = std::abs(declared_[i] - won_[i]);
            auto const single = miss != 0 ? -miss : won_[i] == 0 ? 3 : won_[i] + 5;
            EXPECT_EQ(scored.deltas[i], single * multiplier_);
            scores_[i] += scored.deltas[i];
        }
    }
    void note(Ended const& ended)
    {
        auto const most = std::ranges::max(scores_);
        EXPECT_TRUE(most >= 50 || round_ == 20);
        for (int seat = 0; seat < seats_count; seat++)
            EXPECT_EQ(std::ranges::count(ended.winners, seat), scores_[index_of(seat)] == most);
    }
    void note(auto const&) {}

    void expect_all_pieces(State const& state) const
    {
        auto all = played_;
        auto count = played_.size();
        for (auto const& hand : state.hands) {
            EXPECT_TRUE(std::ranges::is_sorted(hand));
            all.insert(hand.begin(), hand.end());
            count += hand.size();
        }
        EXPECT_EQ(all.size(), 32U);
        EXPECT_EQ(count, 32U);
    }

    int round_ = 0;
    int multiplier_ = 1;
    BySeat<int> declared_{};
    BySeat<int> won_{};
    BySeat<int> scores_{};
    std::vector<Played> turn_;
    std::set<Piece> played_;
};

// Sees all steps of all games, one after the other.
class Umpire {
public:
    std::optional<std::string> operator()(Step const& step)
    {
        if (step.number == 0)
            referee_ = {};
        if (step.action && is_legal(step) == step.decision.refusal.has_value())
            return "the book has it otherwise; before it was " + json_of(step.before);
        EXPECT_EQ(step.decision.events.empty(), step.decision.refusal.has_value());
        EXPECT_EQ(step.decision.is_over, step.after.phase == Phase::game_over);
        auto state = step.before;
        for (auto const& event : step.decision.events) {
            evolve(state, event);
            referee_.see(state, event);
        }
        if (::testing::Test::HasFailure())
            return "see above";
        return std::nullopt;
    }

private:
    static bool is_legal(Step const& step)
    {
        return std::visit(IsLegal{step.before, step.seat, step.context.seats}, *step.action);
    }

    Referee referee_{};
};

TEST(Properties, hold_under_random_actions)
{
    auto const report = testing::fuzz<LiapTui>({.invariant = Umpire()});
    EXPECT_TRUE(report) << report.text();
    EXPECT_GT(report.accepted, report.actions / 4);
    EXPECT_LT(report.accepted, report.actions * 3 / 4);
    EXPECT_GT(report.finished, 50U);
}

TEST(Properties, hold_when_it_is_all_done_again)
{
    auto const report = testing::determinism<LiapTui>();
    EXPECT_TRUE(report) << report.text();
}

// Deals the pieces that `seat` does not see anew among those who hold them.
void permute_secrets(State& state, rooms::Seat seat, rooms::Rng& rng)
{
    std::vector<Piece> unseen;
    for (int other = 0; other < seats_count; other++)
        if (other != seat)
            for (auto const piece : state.hands[index_of(other)])
                unseen.push_back(piece);
    rng.shuffle(unseen);
    for (int other = 0; other < seats_count; other++)
        if (other != seat)
            for (auto& piece : state.hands[index_of(other)]) {
                piece = unseen.back();
                unseen.pop_back();
            }
}

TEST(Properties, nothing_that_is_shown_hangs_on_hands_that_are_not)
{
    auto const report = testing::leaks<LiapTui>(permute_secrets, {.actions = 5'000});
    EXPECT_TRUE(report) << report.text();
    EXPECT_GT(report.compared, 5'000U);
}

std::string told(State const& after, Event const& event)
{
    auto const news = LiapTui::news(after, event, rooms::spectator);
    return news ? std::visit([](auto const& each) { return json_of(each); }, *news) : "";
}

// They are told to all alike.
TEST(Properties, no_news_hang_on_the_hands_that_were_dealt)
{
    Table table;
    auto const dealt = the<Dealt>(table.act(0, Start{}));
    auto other_hands = dealt;
    std::swap(other_hands.hands[0], other_hands.hands[1]);
    auto other = table.state;
    std::swap(other.hands[0], other.hands[1]);
    EXPECT_EQ(told(table.state, dealt), told(other, other_hands));
    EXPECT_EQ(told(table.state, dealt),
        R"({"round":1,"deal":1,"starter":)" + std::to_string(dealt.starter)
            + R"(,"multiplier":1,"hand_sizes":[8,8,8,8]})");
}

TEST(Properties, events_that_were_cut_short_are_not_read)
{
    Table table;
    auto const decision = table.act(0, Start{});
    std::string bytes;
    cbor::Writer out(bytes);
    write_cbor(out, the<Dealt>(decision));
    for (std::size_t size = 0; size < bytes.size(); size++) {
        Dealt dealt;
        cbor::Reader in(std::string_view(bytes).substr(0, size));
        read_cbor(in, dealt);
        EXPECT_TRUE(in.is_broken()) << size;
    }
}

}  // namespace

}  // namespace gatehouse::liap_tui
