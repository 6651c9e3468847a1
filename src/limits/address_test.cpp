// SPDX-License-Identifier: Apache-2.0
#include "limits/address.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>

#include <cstring>
#include <random>
#include <string>

namespace gatehouse::limits {
namespace {

std::string told(std::string_view text)
{
    auto const block = parse_block(text);
    return block ? print_block(*block) : "none";
}

TEST(Address, blocks_are_read_and_said_in_one_way)
{
    EXPECT_EQ(told("10.0.0.0/8"), "10.0.0.0/8");
    EXPECT_EQ(told("127.0.0.1"), "127.0.0.1");
    EXPECT_EQ(told("127.0.0.1/32"), "127.0.0.1");
    EXPECT_EQ(told("0.0.0.0/0"), "0.0.0.0/0");
    EXPECT_EQ(told("::/0"), "::/0");
    EXPECT_EQ(told("FD00::/8"), "fd00::/8");
    EXPECT_EQ(told("2001:0db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
    EXPECT_EQ(told("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
    EXPECT_EQ(told("::1"), "::1");
    EXPECT_EQ(told("1::"), "1::");
    EXPECT_EQ(told("::ffff:10.0.0.1"), "10.0.0.1");
    EXPECT_EQ(told("::ffff:10.0.0.0/104"), "10.0.0.0/8");
    EXPECT_EQ(told("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
}

TEST(Address, what_could_be_meant_otherwise_is_none)
{
    for (auto const text : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08",
             "10.0.0.1/8", "010.0.0.1", "10.0.0", "10.0.0.0.0", "256.0.0.1", "1.2.3.4 ", " 1.2.3.4",
             "1.2.3.+4", "::/129", "::1/64", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
             "1:2:3:4:5:6:7::8", "::1::", "12345::", "1.2.3.4::", "::1.2.3.4:5", "[::1]",
             "fe80::1%eth0", "g::", "10.0.0.0/8/8", "1:", ":1"})
        EXPECT_EQ(told(text), "none") << text;
}

TEST(Address, blocks_contain_what_shares_their_bits)
{
    auto const ten = parse_block("10.0.0.0/8").value();
    EXPECT_TRUE(contains(ten, parse_address("10.255.0.1").value()));
    EXPECT_TRUE(contains(ten, parse_address("::ffff:10.1.1.1").value()));
    EXPECT_FALSE(contains(ten, parse_address("11.0.0.1").value()));
    EXPECT_TRUE(contains(ten, parse_block("10.9.0.0/16").value()));
    EXPECT_FALSE(contains(ten, parse_block("8.0.0.0/5").value()));
    auto const odd = parse_block("2001:db8::/33").value();
    EXPECT_TRUE(contains(odd, parse_address("2001:db8:7fff::1").value()));
    EXPECT_FALSE(contains(odd, parse_address("2001:db8:8000::1").value()));
    EXPECT_TRUE(contains(parse_block("::/0").value(), ten));
}

TEST(Address, a_client_is_an_ipv4_address_or_a_64)
{
    EXPECT_EQ(print_block(client_of(parse_address("192.0.2.1").value())), "192.0.2.1");
    EXPECT_EQ(
        print_block(client_of(parse_address("2001:db8:1:2:3:4:5:6").value())), "2001:db8:1:2::/64");
}

// The C library reads the same, and what we print of an address, it prints too, but for its taste
// for dots in ::1.2.3.4.
TEST(Address, agrees_with_the_c_library)
{
    std::mt19937 chance(3);
    constexpr std::string_view letters = "0123456789abcdef:::::....";
    int valid = 0;
    for (int i = 0; i < 300'000; i++) {
        std::string text;
        if (i % 2 == 0) {
            for (auto length = 1 + chance() % 14; length > 0; length--)
                text += letters[chance() % letters.size()];
        } else {
            in6_addr random{};
            for (auto& byte : random.s6_addr)
                byte = static_cast<std::uint8_t>(chance() % 3 == 0 ? chance() : 0);
            char buffer[INET6_ADDRSTRLEN];
            text = inet_ntop(AF_INET6, &random, buffer, sizeof buffer);
            if (chance() % 4 == 0)
                text[chance() % text.size()] = letters[chance() % letters.size()];
        }
        in6_addr six{};
        in_addr four{};
        Address expected{};
        bool is_address = true;
        if (inet_pton(AF_INET6, text.c_str(), &six) == 1) {
            std::memcpy(expected.data(), &six, 16);
        } else if (inet_pton(AF_INET, text.c_str(), &four) == 1) {
            expected[10] = expected[11] = 0xff;
            std::memcpy(expected.data() + 12, &four, 4);
        } else {
            is_address = false;
        }
        auto const got = parse_address(text);
        ASSERT_EQ(got.has_value(), is_address) << text;
        if (!got)
            continue;
        valid++;
        ASSERT_EQ(*got, expected) << text;
        ASSERT_EQ(parse_address(print_block({*got, 128})), got) << text;
    }
    EXPECT_GT(valid, 100'000) << "the test shows nothing otherwise";
}

} // namespace
} // namespace gatehouse::limits
