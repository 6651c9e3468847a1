// SPDX-License-Identifier: Apache-2.0
#include "server/key_fetch.hpp"

#include <gtest/gtest.h>

namespace gatehouse::server {
namespace {

using namespace std::chrono_literals;

TEST(MaxAge, is_what_the_issuer_says_if_it_is_a_number)
{
    EXPECT_EQ(max_age_of("max-age=300"), 300s);
    EXPECT_EQ(max_age_of(" public, Max-Age=60 , must-revalidate"), 60s);
    for (auto const* text : {"", "no-store", "max-age=", "max-age=-1", "max-age=1h", "s-maxage=5",
             "max-age=99999999999999999999"})
        EXPECT_FALSE(max_age_of(text)) << text;
}

TEST(Discovery, is_believed_of_just_the_one_who_was_asked)
{
    constexpr std::string_view issuer = "https://id.example.com";
    auto const read = [&](std::string_view json) { return read_discovery(json, issuer); };
    EXPECT_EQ(read(R"({"issuer":"https://id.example.com","jwks_uri":"https://k.example/1"})"),
        "https://k.example/1");
    for (auto const* json : {R"({"issuer":"https://id.example.com/","jwks_uri":"https://k"})",
             R"({"issuer":"https://evil.example","jwks_uri":"https://k"})",
             R"({"jwks_uri":"https://k"})", R"({"issuer":"https://id.example.com"})",
             R"({"issuer":"https://id.example.com","jwks_uri":7})", "rubbish", ""})
        EXPECT_FALSE(read(json)) << json;
}

// Nobody is asked: the URL itself is refused.
TEST(Fetch, asks_no_stranger_in_the_clear)
{
    for (auto const* url : {"http://id.example.com/keys", "file:///etc/passwd", "ftp://127.0.0.1/k",
             "http://127.0.0.1@evil.example/k", "http://localhost.evil.example/k"}) {
        auto const came = fetch_keys({.url = url}, {});
        ASSERT_FALSE(came) << url;
        EXPECT_TRUE(came.error().detail.ends_with("write https://…")
            || came.error().detail.ends_with("write https://HOST/PATH")
            || came.error().detail.ends_with("they are public"))
            << came.error().detail;
    }
}

} // namespace
} // namespace gatehouse::server
