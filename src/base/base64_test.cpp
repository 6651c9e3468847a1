// SPDX-License-Identifier: Apache-2.0
#include "base/base64.hpp"

#include <gtest/gtest.h>

#include <random>

namespace gatehouse {
namespace {

TEST(Base64, speaks_the_test_vectors_of_rfc_4648)
{
    std::pair<std::string_view, std::string_view> const vectors[] = {{"", ""}, {"f", "Zg=="},
        {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"}};
    for (auto const& [bytes, text] : vectors) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(from_base64(text), bytes);
        auto const unpadded = text.substr(0, text.find('='));
        EXPECT_EQ(to_base64url(bytes), unpadded);
        EXPECT_EQ(from_base64url(unpadded), bytes);
    }
    EXPECT_EQ(to_base64("\xfb\xff"), "+/8=");
    EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
}

TEST(Base64, brings_any_bytes_back)
{
    std::mt19937 chance(1);
    for (int i = 0; i < 1000; i++) {
        std::string bytes(chance() % 40, '\0');
        for (auto& c : bytes)
            c = static_cast<char>(chance());
        EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
        EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
    }
}

TEST(Base64, refuses_whatever_is_not_the_one_text_of_some_bytes)
{
    for (std::string_view const text :
        {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm9v====", "=", "====",
            "Z=g=", "Zm9v=", "-_8=", "Zm=v"})
        EXPECT_FALSE(from_base64(text)) << text;
    for (std::string_view const text : {"Z", "Zg==", "Zh", "Zm9", "Zm9v\n", " Zm9v", "+/8", "Zm9vY",
             "Zm9v="})
        EXPECT_FALSE(from_base64url(text)) << text;
}

}  // namespace
}  // namespace gatehouse
