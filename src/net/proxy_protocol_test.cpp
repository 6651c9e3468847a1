// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_protocol.hpp"

#include <gtest/gtest.h>

namespace gatehouse::net {
namespace {

using namespace std::string_literals;

auto const signature = "\r\n\r\n\0\r\nQUIT\n"s;
// 192.0.2.1:56324 to 198.51.100.2:443.
auto const v4 = signature + "\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb"s;

std::string reads(std::string const& bytes)
{
    auto const read = read_proxy_header(bytes);
    if (!read)
        return read.error().message;
    if (!*read)
        return "more";
    auto const& [size, source] = **read;
    return std::to_string(size) + " " + (source ? source->to_string() : "the balancer itself");
}

TEST(ProxyProtocol, says_whose_connection_it_is)
{
    EXPECT_EQ(reads(v4), "28 192.0.2.1:56324");
    EXPECT_EQ(reads(v4 + "\x16\x03\x01"), "28 192.0.2.1:56324") << "the client's bytes follow";
    auto const v6 = signature + "\x21\x21\x00\x24\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x07"
        + std::string(16, '\0') + "\x1f\x90\x01\xbb"s;
    EXPECT_EQ(reads(v6), "52 [2001:db8::7]:8080");
    EXPECT_EQ(reads(signature + "\x20\x00\x00\x00"s), "16 the balancer itself");
    // TLVs behind the addresses are passed over.
    EXPECT_EQ(reads(signature + "\x21\x11\x00\x0f\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb"s
                  + "\x04\x00\x00"s),
        "31 192.0.2.1:56324");
}

TEST(ProxyProtocol, waits_for_all_of_it)
{
    for (std::size_t size = 0; size < v4.size(); size++)
        EXPECT_EQ(reads(v4.substr(0, size)), "more") << size;
}

TEST(ProxyProtocol, refuses_all_else_as_soon_as_it_can)
{
    EXPECT_EQ(reads("GET"), "no PROXY header of version 2");
    EXPECT_EQ(reads("PROXY TCP4 1.2.3.4"), "no PROXY header of version 2");
    EXPECT_EQ(reads("\x16\x03\x01"), "no PROXY header of version 2");
    auto const other = "a PROXY header of another version or command";
    EXPECT_EQ(reads(signature + "\x11\x11\x00\x0c"s), other);
    EXPECT_EQ(reads(signature + "\x22\x11\x00\x0c"s), other);
    EXPECT_EQ(reads(signature + "\x21\x11\xff\xff"s), "a PROXY header that is too long");
    auto const nobody = "a PROXY header without the address of a TCP client";
    EXPECT_EQ(reads(signature + "\x21\x11\x00\x00"s), nobody);
    EXPECT_EQ(reads(signature + "\x21\x00\x00\x00"s), nobody);
    EXPECT_EQ(reads(signature + "\x21\x31\x00\x00"s), nobody);
    EXPECT_EQ(reads(signature + "\x21\x12\x00\x0c"s + std::string(12, 'x')), nobody) << "UDP";
}

TEST(ProxyProtocol, reads_what_it_writes)
{
    auto const source = *Address::parse("192.0.2.1:56324");
    EXPECT_EQ(write_proxy_header(source, *Address::parse("198.51.100.2:443")), v4);
    auto const v6 = *Address::parse("[2001:db8::7]:8080");
    EXPECT_EQ(reads(write_proxy_header(v6, *Address::parse("[::1]:80"))), "52 [2001:db8::7]:8080");
    EXPECT_EQ(reads(write_proxy_header(v6, source)), "16 the balancer itself");
}

} // namespace
} // namespace gatehouse::net
