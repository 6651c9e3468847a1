// SPDX-License-Identifier: Apache-2.0
#include "events/append_check.hpp"

#include <gtest/gtest.h>

namespace gatehouse::events {
namespace {

StreamAppend good_append()
{
    return {.stream = "k7qxm.9f0c2ab1",
        .category = "liap-tui",
        .expected = 4,
        .events = {{.version = 5, .type = "dealt", .data = "a"},
            {.version = 6, .type = "declared", .data = "b"}}};
}

TEST(AppendCheck, lets_the_largest_pass)
{
    auto append = good_append();
    EXPECT_TRUE(check(append));
    append.stream.assign(stream_size_max, 's');
    append.category.assign(word_size_max, 'c');
    append.events[0].type.assign(word_size_max, 't');
    append.events[0].data.assign(data_size_max, 'd');
    EXPECT_TRUE(check(append));
}

TEST(AppendCheck, refuses_each_thing_beyond_its_bounds)
{
    using Spoil = void (*)(StreamAppend&);
    for (Spoil const spoil : {
             Spoil([](StreamAppend& a) { a.stream.clear(); }),
             Spoil([](StreamAppend& a) { a.stream.assign(stream_size_max + 1, 's'); }),
             Spoil([](StreamAppend& a) { a.category.clear(); }),
             Spoil([](StreamAppend& a) { a.category.assign(word_size_max + 1, 'c'); }),
             Spoil([](StreamAppend& a) { a.events.clear(); }),
             Spoil([](StreamAppend& a) { a.events[1].version = 7; }),
             Spoil([](StreamAppend& a) { a.events[0].version = 4; }),
             Spoil([](StreamAppend& a) { a.events[0].type.clear(); }),
             Spoil([](StreamAppend& a) { a.events[1].type.assign(word_size_max + 1, 't'); }),
             Spoil([](StreamAppend& a) { a.events[1].data.assign(data_size_max + 1, 'd'); }),
         }) {
        auto append = good_append();
        spoil(append);
        auto const checked = check(append);
        ASSERT_FALSE(checked);
        EXPECT_EQ(checked.error().code, ErrorCode::bad_request);
    }
}

} // namespace
} // namespace gatehouse::events
