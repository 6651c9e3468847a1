// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/test_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <random>
#include <set>

// Games of chance: random seats ask for random things, sensible and not, and alarms ring between.

namespace gatehouse::liap_tui {

namespace {

class Whim {
public:
    explicit Whim(unsigned seed) : engine_(seed) {}

    int below(int n) { return static_cast<int>(engine_() % static_cast<unsigned>(n)); }
    std::mt19937& engine() { return engine_; }

    // Mostly of the kind that the phase waits for; often not allowed all the same.
    Action action(State const& state, int seat)
    {
        auto const kind = below(8) == 0 ? Phase(below(6)) : state.phase;
        switch (kind) {
        case Phase::waiting: return Start{};
        case Phase::preparation: return Redeal{below(2) == 0};
        case Phase::declaration: return Declare{below(11) - 1};
        case Phase::turn: return Play{pieces(state, seat)};
        case Phase::scoring:
        case Phase::game_over: break;
        }
        return Ready{};
    }

private:
    std::vector<Piece> pieces(State const& state, int seat)
    {
        if (below(16) == 0)
            return {below(40) - 4, below(40) - 4};
        auto pieces = state.hands[index_of(seat)];
        std::ranges::shuffle(pieces, engine_);
        auto const size = state.plays.empty() || below(8) == 0
            ? 1 + below(below(2) == 0 ? 2 : 8)
            : static_cast<int>(state.plays.front().pieces.size());
        pieces.resize(std::min(pieces.size(), static_cast<std::size_t>(size)));
        return pieces;
    }

    std::mt19937 engine_;
};

// ---- The rules again, written down another way

struct IsLegal {
    Table const& table;
    int seat;

    bool mine(Phase phase) const { return table.state.phase == phase && table.state.turn == seat; }

    bool operator()(Start const&) const { return table.state.phase == Phase::waiting; }
    bool operator()(Redeal const&) const { return mine(Phase::preparation); }
    bool operator()(Ready const&) const
    {
        return table.state.phase == Phase::scoring
            && std::ranges::count(table.state.ready, seat) == 0;
    }
    bool operator()(Declare const& declare) const
    {
        if (!mine(Phase::declaration) || declare.piles < 0 || declare.piles > 8)
            return false;
        if (declare.piles == 0 && table.state.zeros[index_of(seat)] >= 2)
            return false;
        auto declared = table.state.declared;
        declared[index_of(seat)] = declare.piles;
        auto const is_complete = std::ranges::count(declared, undeclared) == 0;
        return !is_complete || std::accumulate(declared.begin(), declared.end(), 0) != 8;
    }
    bool operator()(Play const& play) const
    {
        if (!mine(Phase::turn))
            return false;
        auto const& hand = table.state.hands[index_of(seat)];
        std::set<Piece> const pieces(play.pieces.begin(), play.pieces.end());
        auto const is_held = [&](Piece piece) { return std::ranges::count(hand, piece) == 1; };
        if (pieces.empty() || pieces.size() != play.pieces.size()
            || !std::ranges::all_of(pieces, is_held))
            return false;
        if (table.state.plays.empty())
            return set_by_the_book({pieces.begin(), pieces.end()}) != SetKind::discard;
        return pieces.size() == table.state.plays[0].pieces.size();
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

// Goes through the store's encoding and comes back.
Event stored_and_read(Event const& event)
{
    std::string bytes;
    cbor::Writer out(bytes);
    std::visit([&out](auto const& each) { write_cbor(out, each); }, event);
    Event read;
    EXPECT_TRUE(Choice<Event>::select(Choice<Event>::name_of(event), read));
    cbor::Reader in(bytes);
    std::visit([&in](auto& each) { read_cbor(in, each); }, read);
    EXPECT_TRUE(in.is_at_end() && !in.is_broken());
    return read;
}

State stored_and_read(State const& state)
{
    std::string bytes;
    cbor::Writer out(bytes);
    write_cbor(out, state);
    State read;
    cbor::Reader in(bytes);
    read_cbor(in, read);
    EXPECT_TRUE(in.is_at_end() && !in.is_broken());
    return read;
}

// Deals the pieces that `seat` does not see anew among those who hold them.
State with_others_shuffled(State state, int seat, Whim& whim)
{
    std::vector<Piece> unseen;
    for (int other = 0; other < seats_count; other++)
        if (other != seat)
            for (auto const piece : state.hands[index_of(other)])
                unseen.push_back(piece);
    std::ranges::shuffle(unseen, whim.engine());
    for (int other = 0; other < seats_count; other++)
        if (other != seat)
            for (auto& piece : state.hands[index_of(other)]) {
                piece = unseen.back();
                unseen.pop_back();
            }
    return state;
}

struct Tally {
    int asked = 0;
    int accepted = 0;
    int over = 0;
};

void play_one(unsigned seed, Tally& tally)
{
    Table table(seed);
    Whim whim(seed);
    Referee referee;
    State replayed = LiapTui::begin({});
    auto armed = false;
    while (table.state.phase != Phase::game_over && !::testing::Test::HasFailure()) {
        auto const before = table.state;
        rooms::Decision<Event> decision;
        if (armed && whim.below(20) == 0) {
            decision = table.ring();
            EXPECT_FALSE(decision.refusal);
        } else {
            auto const seat = before.turn && whim.below(4) != 0 ? *before.turn : whim.below(4);
            auto const action = whim.action(before, seat);
            auto const is_legal = std::visit(IsLegal{table, seat}, action);
            decision = table.act(seat, action);
            tally.asked++;
            tally.accepted += is_legal ? 1 : 0;
            EXPECT_EQ(!decision.refusal, is_legal) << json_of(before);
        }
        EXPECT_EQ(decision.events.empty(), decision.refusal.has_value());
        EXPECT_EQ(decision.is_over, table.state.phase == Phase::game_over);
        armed = armed || !decision.timers.empty();

        for (auto const& event : decision.events) {
            EXPECT_EQ(LiapTui::unfair(replayed, event, table.chance), std::nullopt);
            evolve(replayed, stored_and_read(event));
            referee.see(replayed, event);
        }
        EXPECT_TRUE(is_same(replayed, table.state));
    }
    EXPECT_TRUE(is_same(stored_and_read(table.state), table.state));
    tally.over++;
}

TEST(Properties, hold_under_a_hundred_thousand_random_actions)
{
    Tally tally;
    for (unsigned seed = 1; tally.asked < 100'000 && !HasFailure(); seed++)
        play_one(seed, tally);
    EXPECT_GT(tally.accepted, tally.asked / 4);
    EXPECT_LT(tally.accepted, tally.asked * 3 / 4);
    EXPECT_GT(tally.over, 50);
}

TEST(Properties, no_view_depends_on_hands_that_its_seat_does_not_see)
{
    int compared = 0;
    for (unsigned seed = 1; seed <= 5; seed++) {
        Table table(seed);
        Whim whim(seed);
        while (table.state.phase != Phase::game_over) {
            auto const seat = table.state.turn.value_or(whim.below(4));
            if (table.act(seat, whim.action(table.state, seat)).refusal)
                continue;
            for (int viewer = rooms::spectator; viewer < seats_count; viewer++) {
                auto const other = with_others_shuffled(table.state, viewer, whim);
                ASSERT_EQ(json_of(view_of(table.state, viewer)), json_of(view_of(other, viewer)));
                compared++;
            }
        }
    }
    EXPECT_GT(compared, 5000);
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
