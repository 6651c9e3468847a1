// SPDX-License-Identifier: Apache-2.0
#include "runtime/descriptor_limit.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>

namespace gatehouse::runtime {
namespace {

TEST(DescriptorLimit, is_raised_to_what_is_allowed)
{
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit const low{.rlim_cur = 128, .rlim_max = before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
    raise_descriptor_limit();
    rlimit raised{};
    getrlimit(RLIMIT_NOFILE, &raised);
    EXPECT_EQ(raised.rlim_cur, before.rlim_max);
    setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace gatehouse::runtime
