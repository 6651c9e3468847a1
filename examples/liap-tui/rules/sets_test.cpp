// SPDX-License-Identifier: Apache-2.0
#include "liap_tui/sets.hpp"

#include "liap_tui/test_table.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <numeric>

namespace gatehouse::liap_tui {

namespace {

TEST(Pieces, are_thirty_two_and_have_the_points_of_the_table)
{
    struct Row {
        PieceKind kind;
        int pieces;
        int red;
        int black;
    };
    constexpr std::array<Row, piece_kinds> table{{
        {PieceKind::general, 1, 14, 13},
        {PieceKind::advisor, 2, 12, 11},
        {PieceKind::elephant, 2, 10, 9},
        {PieceKind::chariot, 2, 8, 7},
        {PieceKind::horse, 2, 6, 5},
        {PieceKind::cannon, 2, 4, 3},
        {PieceKind::soldier, 5, 2, 1},
    }};
    Piece piece = 0;
    for (auto const& row : table)
        for (auto const colour : {Colour::red, Colour::black})
            for (int i = 0; i < row.pieces; i++, piece++) {
                EXPECT_EQ(kind_of(piece), row.kind) << piece;
                EXPECT_EQ(colour_of(piece), colour) << piece;
                EXPECT_EQ(points_of(piece), colour == Colour::red ? row.red : row.black) << piece;
            }
    EXPECT_EQ(piece, pieces_count);
}

// Next number with as many bits set (Gosper).
std::uint64_t next_subset(std::uint64_t set)
{
    auto const lowest = set & -set;
    auto const carried = set + lowest;
    return carried | ((set ^ carried) >> (2 + std::countr_zero(set)));
}

TEST(Sets, are_those_of_the_book_for_every_choice_of_up_to_seven_pieces)
{
    std::map<SetKind, int> found;
    std::vector<Piece> pieces;
    for (int size = 1; size <= 7; size++)
        for (auto set = (std::uint64_t{1} << size) - 1; set < std::uint64_t{1} << pieces_count;
             set = next_subset(set)) {
            pieces.clear();
            for (auto rest = set; rest != 0; rest &= rest - 1)
                pieces.push_back(std::countr_zero(rest));
            auto const kind = classify(pieces);
            found[kind]++;
            if (size == 7)
                ASSERT_EQ(kind, SetKind::discard) << json_of(pieces);
            else
                ASSERT_EQ(kind, set_by_the_book(pieces)) << json_of(pieces);
        }
    EXPECT_EQ(found[SetKind::single], 32);
    EXPECT_EQ(found[SetKind::pair], 2 * (5 + 10));
    EXPECT_EQ(found[SetKind::three_of_a_kind], 2 * 10);
    EXPECT_EQ(found[SetKind::straight], 2 * (4 + 8));
    EXPECT_EQ(found[SetKind::four_of_a_kind], 2 * 5);
    EXPECT_EQ(found[SetKind::extended_straight], 2 * (4 + 12));
    EXPECT_EQ(found[SetKind::five_of_a_kind], 2);
    EXPECT_EQ(found[SetKind::extended_straight_5], 2 * (1 + 6));
    EXPECT_EQ(found[SetKind::double_straight], 2);
}

TEST(Sets, do_not_mind_the_order_of_pieces)
{
    EXPECT_EQ(classify(std::array{18, 14, 10}), SetKind::straight);
    EXPECT_EQ(classify(std::array{10, 18, 11, 14}), SetKind::extended_straight);
    EXPECT_EQ(classify(std::span<Piece const>()), SetKind::discard);
}

TEST(Sets, count_the_sum_of_points)
{
    EXPECT_EQ(points_of(std::array{0, 2, 6}), 36);
    std::array<Piece, pieces_count> all;
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(points_of(all), 27 + 2 * (23 + 19 + 15 + 11 + 7) + 5 * 3);
}

TEST(Sets, call_a_hand_weak_that_has_no_piece_above_nine_points)
{
    EXPECT_TRUE(is_weak(std::array{8, 10, 20, 31}));
    EXPECT_FALSE(is_weak(std::array{7, 10, 20, 31}));
}

}  // namespace

}  // namespace gatehouse::liap_tui
