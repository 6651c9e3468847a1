// SPDX-License-Identifier: Apache-2.0
#include "net/output.hpp"

#include <gtest/gtest.h>

#include <random>

namespace gatehouse::net {
namespace {

// Random pieces in, random amounts out: the bytes must come as if they were one string.
TEST(Output, behaves_like_one_string)
{
    for (unsigned seed = 0; seed < 200; seed++) {
        std::mt19937 chance(seed);
        Output output;
        std::string expected;
        char letter = 'a';
        for (int i = 0; i < 300; i++) {
            std::size_t const size = chance() % (chance() % 4 == 0 ? 20'000 : 300);
            std::string const piece(size, letter);
            letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1);
            if (chance() % 2 == 0)
                output.append(piece);
            else
                output.append(make_frame(piece));
            expected += piece;
            ASSERT_EQ(output.bytes(), expected.size());
            if (chance() % 3 != 0)
                continue;

            Output::Slices slices;
            auto const gathered = output.gather(slices);
            std::string seen;
            for (std::size_t slice = 0; slice < gathered.slices; slice++)
                seen.append(static_cast<char*>(slices[slice].iov_base), slices[slice].iov_len);
            ASSERT_EQ(seen.size(), gathered.bytes);
            ASSERT_EQ(seen, expected.substr(0, seen.size())) << "seed " << seed;
            ASSERT_TRUE(gathered.slices == Output::slices_max || seen.size() == expected.size());
            auto const out = chance() % 3 == 0 ? seen.size() : chance() % (seen.size() + 1);
            output.consume(out);
            expected.erase(0, out);
        }
    }
}

TEST(Output, gathers_short_pieces_and_shares_long_frames)
{
    Output output;
    Output::Slices slices;
    for (int i = 0; i < 100; i++)
        output.append(make_frame("short"));
    EXPECT_EQ(output.gather(slices).slices, 1u);

    auto const frame = make_frame(std::string(1000, 'x'));
    output.append(frame);
    EXPECT_EQ(output.gather(slices).slices, 2u);
    EXPECT_EQ(slices[1].iov_base, frame->data());
    output.consume(output.bytes());
    EXPECT_EQ(frame.use_count(), 1);
}

// What is begun ends where a message ends, so that another may follow.
TEST(Output, drops_what_is_not_begun)
{
    Output output;
    output.drop_waiting();
    EXPECT_EQ(output.bytes(), 0u);
    output.append("short,");
    output.append(make_frame(std::string(1'000, 'x')));
    output.append("and more");
    output.consume(7);
    output.drop_waiting();
    EXPECT_EQ(output.bytes(), 999u);
    output.append("bye");
    Output::Slices slices;
    auto const gathered = output.gather(slices);
    EXPECT_EQ(gathered.bytes, 1'002u);
    EXPECT_EQ(std::string_view(static_cast<char*>(slices[1].iov_base), 3), "bye");
    output.drop_waiting();
    output.consume(999);
    EXPECT_EQ(output.bytes(), 0u);
}

}  // namespace
}  // namespace gatehouse::net
