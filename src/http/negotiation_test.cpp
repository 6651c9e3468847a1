// SPDX-License-Identifier: Apache-2.0
#include "http/negotiation.hpp"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

TEST(Quality, is_said_by_the_most_specific_range)
{
    auto const accept = "text/*;q=0.3, text/html;q=0.7, text/html;level=1, */*;q=0.5";
    EXPECT_EQ(quality_of(accept, "text/html"), 700) << "the first of those that name it";
    EXPECT_EQ(quality_of(accept, "TEXT/plain"), 300);
    EXPECT_EQ(quality_of(accept, "image/jpeg"), 500);
    EXPECT_EQ(quality_of("", "image/jpeg"), 1000);
    EXPECT_EQ(quality_of("text/html", "image/jpeg"), 0);
    EXPECT_EQ(quality_of("*/*;q=0, text/html", "image/jpeg"), 0);
    EXPECT_EQ(quality_of("text/html ; q=0.25 , x", "text/html"), 250);
    EXPECT_EQ(quality_of("text/html;q=1.000", "text/html"), 1000);
}

TEST(Quality, nonsense_breaks_nothing)
{
    for (auto const* accept : {";;;", "a/b;q=", "a/b;q=x", "a/b;q=0.9999999", "a/b;q=2", ",,,"})
        EXPECT_EQ(quality_of(accept, "text/html"), 0) << accept;
    EXPECT_EQ(quality_of("a/b;q=x", "a/b"), 1000);
}

} // namespace
} // namespace gatehouse::http
