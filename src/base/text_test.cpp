// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <random>

namespace gatehouse {
namespace {

TEST(Text, finds_the_word_that_was_meant)
{
    constexpr std::array<std::string_view, 3> known{"timeout", "retry", "to"};
    EXPECT_EQ(nearest("timout", known), "timeout");
    EXPECT_EQ(nearest("retyr", known), std::nullopt); // Two letters of five are wrong.
    EXPECT_EQ(nearest("retri", known), "retry");
    EXPECT_EQ(nearest("ot", known), std::nullopt);
    EXPECT_EQ(nearest("", known), std::nullopt);
    EXPECT_EQ(nearest("x", {}), std::nullopt);
}

TEST(Text, moves_no_cursor_when_it_is_shown)
{
    EXPECT_EQ(printable("ann\x1b[2J\r\nb\x7f\xc2\x9b\xc2\xa3\xc2"),
        "ann\\x1b[2J\\x0d\\x0ab\\x7f\\x9b\xc2\xa3\xc2");
}

TEST(Text, compares_without_regard_to_case_in_ascii_alone)
{
    EXPECT_TRUE(equal_ignoring_case("Upgrade", "uPGRADE"));
    EXPECT_FALSE(equal_ignoring_case("a", "ab"));
    EXPECT_FALSE(equal_ignoring_case("\xc3\x84", "\xc3\xa4"));
    EXPECT_FALSE(equal_ignoring_case("[", "{"));
}

TEST(Text, writes_instants_as_rfc_3339)
{
    EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(rfc3339(951'782'400'007), "2000-02-29T00:00:00.007Z");
    EXPECT_EQ(rfc3339(1'795'269'787'123), "2026-11-21T14:03:07.123Z");
    EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Utf8, accepts_what_rfc_3629_allows)
{
    for (std::string_view const good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
             "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
             "\xf4\x8f\xbf\xbf"})
        EXPECT_TRUE(is_utf8(good)) << to_hex(good);
    for (std::string_view const bad : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf",
             "\xed\xa0\x80", "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5", "\xff"})
        EXPECT_FALSE(is_utf8(bad)) << to_hex(bad);
}

TEST(Utf8, mends_broken_text_and_leaves_the_rest)
{
    EXPECT_EQ(replace_broken_utf8("a\xff€\xe2\x82z"),
        "a\xef\xbf\xbd€\xef\xbf\xbd\xef\xbf\xbdz");
    std::mt19937 chance(1);
    for (int i = 0; i < 5000; i++) {
        std::string bytes(chance() % 12, '\0');
        for (auto& c : bytes)
            c = "a\x80\xbf\xc3\xa9\xe2\x82\xac\xf0\x9f\xff"[chance() % 11];
        auto const mended = replace_broken_utf8(bytes);
        ASSERT_TRUE(is_utf8(mended));
        ASSERT_EQ(mended == bytes, is_utf8(bytes));
    }
}

TEST(Hex, goes_both_ways_and_refuses_the_rest)
{
    EXPECT_EQ(to_hex(std::string_view("\x00\x7f\xff", 3)), "007fff");
    EXPECT_EQ(from_hex("007fFF"), std::string("\x00\x7f\xff", 3));
    for (auto const bad : {"0", "0g", " 00", "0x00"})
        EXPECT_EQ(from_hex(bad), "");
}

TEST(Digest, agrees_with_the_published_vectors)
{
    EXPECT_EQ(to_hex(sha256("abc")),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    // RFC 8439 appendix A.1, test vector 1.
    EXPECT_EQ(to_hex(chacha20_stream(std::string(32, '\0'), 0, 32)),
        "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7");
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

TEST(Text, reads_a_time_as_it_was_written)
{
    for (std::int64_t const ms : {0LL, 1'795'269'787'123LL, -1LL, 4'102'444'799'999LL})
        EXPECT_EQ(from_rfc3339(rfc3339(ms)), ms);
    auto const at = from_rfc3339("2026-11-21T14:03:07Z");
    EXPECT_EQ(from_rfc3339("2026-11-21 16:03:07+02:00"), at);
    EXPECT_EQ(from_rfc3339("2026-11-21t09:33:07.000-04:30"), at);
    EXPECT_EQ(from_rfc3339("2026-11-21T14:03:07.25Z"), *at + 250);
    EXPECT_EQ(from_rfc3339("2026-11-21T14:03:07.2509999Z"), *at + 250);
}

TEST(Text, refuses_what_is_no_time)
{
    for (auto const* text : {"", "2026", "2026-11-21", "2026-11-21T14:03:07",
             "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-21T24:00:00Z",
             "2026-11-21T14:60:07Z",
             "2026-11-21T14:03:07.Z", "2026-11-21T14:03:07Zz", "2026-11-21T14:03:07+2:00",
             "2026-11-21T14:03:07+24:00", "+026-11-21T14:03:07Z", "yesterday"})
        EXPECT_FALSE(from_rfc3339(text)) << text;
}

}  // namespace
}  // namespace gatehouse
