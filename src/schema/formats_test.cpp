// SPDX-License-Identifier: Apache-2.0
#include "schema/formats.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::schema {
namespace {

struct Case {
    std::string_view format;
    std::vector<std::string_view> good;
    std::vector<std::string_view> bad;
};

TEST(Formats, know_good_from_bad)
{
    std::vector<Case> const cases{
        {"date-time",
            {"2026-11-22T14:03:07Z", "2026-11-22t14:03:07.123z", "2024-02-29T23:59:60Z",
                "1998-12-31T15:59:60.123-08:00"},
            {"2026-11-22", "2026-11-22 14:03:07Z", "2026-11-22T14:03:07", "1998-12-31T23:58:60Z",
                "2023-02-29T00:00:00Z", "2026-11-22T24:00:00Z"}},
        {"date", {"2000-02-29", "2026-12-31"}, {"1900-02-29", "2026-13-01", "2026-1-01", "x"}},
        {"time", {"00:00:00Z", "23:59:59.9+23:59"}, {"00:00:00", "24:00:00Z", "00:00:00.Z"}},
        {"duration", {"P1D", "P1Y2M3D", "PT1H", "P1DT12H", "P2W"},
            {"P", "PT", "P1", "1D", "P1Y1D", "PT1D", "P1W1D", "P1DT"}},
        {"email", {"a@b.example", "\"a b\"@x.example", "a+b.c@[127.0.0.1]", "x@[IPv6:::1]"},
            {"a", "@b", ".a@b", "a..b@c", "a@-b", "\"a@b", "\u00e9@b"}},
        {"idn-email", {"\u00e9@b"}, {"\u00e9"}},
        {"hostname", {"a", "www.example.com", "1a.b-c"}, {"", "-a", "a-", "a..b", "a_b", "a."}},
        {"ipv4", {"0.0.0.0", "255.1.20.3"},
            {"256.0.0.0", "1.2.3", "01.2.3.4", "1.2.3.4.5", "1..2.3"}},
        {"ipv6", {"::", "::1", "1:2:3:4:5:6:7:8", "1::8", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4"},
            {"", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "1::2::3",
                "1:2:3:4:5:6:7::8::", "::1.2.3", "fe80::1%eth0", ":1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:"}},
        {"uri", {"https://a/b?c#d", "urn:a:b", "http://u:p@[::1]:80/", "mailto:a@b"},
            {"a", "//a", "http://a b", "http://[::1", "http://a/%zz", "http://a:x/",
                "http://\u00e9"}},
        {"uri-reference", {"", "a/b", "//a", "#x", "?y", "./a:b"}, {"a:b:c d", "1:b", "\\a"}},
        {"iri", {"http://\u00e9/\u00e9"}, {"\u00e9"}},
        {"uri-template", {"/a/{b}", "{+x,y*}", "{?q:3}", "a"},
            {"{", "}", "{}", "{a", "{a b}", "{a:0}"}},
        {"json-pointer", {"", "/", "/a~0~1"}, {"a", "/~", "/~2"}},
        {"relative-json-pointer", {"0", "1/a", "10#"}, {"", "-1", "01", "/a", "0##"}},
        {"regex", {"a|b", "[^a]*"}, {"(", "a(?=b)"}},
        {"uuid", {"2EB8AA08-aa98-11ea-b4aa-73b441d16380"}, {"2eb8aa08aa9811eab4aa73b441d16380"}},
    };
    for (auto const& [name, good, bad] : cases) {
        auto const format = format_named(name);
        ASSERT_TRUE(format) << name;
        for (auto const text : good)
            EXPECT_TRUE(is_of(*format, text)) << name << ": " << text;
        for (auto const text : bad)
            EXPECT_FALSE(is_of(*format, text)) << name << ": " << text;
    }
    EXPECT_FALSE(format_named("none"));
}

} // namespace
} // namespace gatehouse::schema
