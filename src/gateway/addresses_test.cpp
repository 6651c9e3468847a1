// SPDX-License-Identifier: Apache-2.0
#include "gateway/addresses.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

TEST(Addresses, reads_every_spelling_of_one_address_alike)
{
    EXPECT_EQ(parse_address("10.0.0.1"), parse_address("::ffff:10.0.0.1"));
    EXPECT_EQ(parse_address("10.0.0.1"), parse_address("::FFFF:a00:1"));
    EXPECT_EQ(parse_address("2001:db8::1"), parse_address("2001:0db8:0:0:0:0:0:1"));
    EXPECT_EQ(parse_address("[2001:db8::]"), parse_address("2001:db8:0:0:0:0:0:0"));
    EXPECT_TRUE(parse_address("::"));
}

TEST(Addresses, refuses_what_is_none)
{
    for (auto const* text : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1..2.3", " 1.2.3.4", "a.b.c.d",
             "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":::", "12345::", "1:2:3:4:5:6:7::8",
             "::1.2.3.4:5", "1:", "[::1", "-1.2.3.4", "1.2.3.0004"})
        EXPECT_FALSE(parse_address(text)) << text;
}

TEST(Addresses, blocks_contain_their_addresses_and_no_others)
{
    std::vector<std::string> const texts{"10.0.0.0/8", "192.168.1.128/25", "fd00::/8", "127.0.0.1"};
    auto const blocks = AddressBlocks::parse(texts).value();
    for (auto const* inside : {"10.255.1.2", "192.168.1.128", "192.168.1.255", "fdab::1",
             "127.0.0.1", "::ffff:10.1.1.1"})
        EXPECT_TRUE(blocks.contain(inside)) << inside;
    for (auto const* outside : {"11.0.0.1", "192.168.1.127", "fe00::1", "127.0.0.2", "lan", ""})
        EXPECT_FALSE(blocks.contain(outside)) << outside;
}

TEST(Addresses, refuses_blocks_that_are_none)
{
    for (auto const* text : {"10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x", "lan", "/8"})
        EXPECT_FALSE(AddressBlocks::parse(std::vector<std::string>{text})) << text;
}

}  // namespace
}  // namespace gatehouse::gateway
