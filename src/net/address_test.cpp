// SPDX-License-Identifier: Apache-2.0
#include "net/address.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>

namespace gatehouse::net {
namespace {

TEST(Address, reads_what_it_writes)
{
    for (std::string const text : {"127.0.0.1:9901", "0.0.0.0:0", "[::1]:80", "[fe80::1]:65535"}) {
        auto const address = Address::parse(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(address->to_string(), text);
    }
    EXPECT_TRUE(Address::parse(":8080")->is_any());
    EXPECT_EQ(Address::parse(":8080")->port(), 8080);
    EXPECT_EQ(Address::parse(":8080")->to_string(), "[::]:8080");
}

TEST(Address, refuses_anything_else)
{
    for (auto const* text : {"", ":", "8080", "localhost:80", "127.0.0.1", "127.0.0.1:", "::1:80",
             "[::1]80", "[127.0.0.1]:80", "1.2.3:80", "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4: 80",
             "[]:80", "[::1:80", "1.2.3.4:80x"})
        EXPECT_FALSE(Address::parse(text)) << text;
}

TEST(Address, shows_ipv4_through_an_ipv6_socket_as_ipv4)
{
    sockaddr_in6 mapped{};
    mapped.sin6_family = AF_INET6;
    mapped.sin6_port = htons(80);
    inet_pton(AF_INET6, "::ffff:192.0.2.7", &mapped.sin6_addr);
    EXPECT_EQ(Address(reinterpret_cast<sockaddr const*>(&mapped)).to_string(), "192.0.2.7:80");
    EXPECT_EQ(Address::of_host("::ffff:192.0.2.7", 80)->to_string(), "192.0.2.7:80");
}

}  // namespace
}  // namespace gatehouse::net
