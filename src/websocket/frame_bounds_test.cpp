// SPDX-License-Identifier: Apache-2.0
#include "websocket/frame_bounds.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace gatehouse::websocket {
namespace {

TEST(FrameBounds, finds_the_ends_of_frames_however_they_are_cut)
{
    std::string bytes;
    std::vector<std::size_t> ends;
    std::mt19937 chance(3);
    for (std::size_t const size : {0, 1, 125, 126, 127, 65'535, 65'536, 0, 5})
        for (bool const is_masked : {false, true}) {
            auto const mask = is_masked ? std::optional(MaskKey{'k', 'e', 'y', '!'}) : std::nullopt;
            append_frame(bytes, Opcode::binary, std::string(size, '\x88'), mask, Fin::no);
            ends.push_back(bytes.size());
        }
    for (std::size_t const piece_max : {1, 2, 3, 7, 1000, 1'000'000}) {
        FrameBounds bounds;
        std::vector<std::size_t> found;
        for (std::size_t at = 0; at < bytes.size();) {
            auto const size = 1 + chance() % piece_max;
            at += bounds.advance(std::string_view(bytes).substr(at, size));
            if (bounds.is_between())
                found.push_back(at);
        }
        EXPECT_EQ(found, ends) << piece_max;
        EXPECT_FALSE(bounds.has_closed());
    }
}

TEST(FrameBounds, knows_that_a_close_frame_has_passed_whole)
{
    auto const frames = encode_text("a") + encode_close(CloseCode::normal, "bye");
    FrameBounds bounds;
    EXPECT_EQ(bounds.advance(frames), 3u);
    EXPECT_EQ(bounds.advance(std::string_view(frames).substr(3, 4)), 4u);
    EXPECT_FALSE(bounds.has_closed() || bounds.is_between());
    EXPECT_EQ(bounds.advance(std::string_view(frames).substr(7)), frames.size() - 7);
    EXPECT_TRUE(bounds.has_closed() && bounds.is_between());
}

}  // namespace
}  // namespace gatehouse::websocket
