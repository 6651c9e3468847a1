// SPDX-License-Identifier: Apache-2.0
#include "config/reference.hpp"

#include "base/json.hpp"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

namespace gatehouse::config {
namespace {

// GATEHOUSE_GOLDEN=update ./config_test writes the page anew.
TEST(Reference, is_the_page_in_docs)
{
    constexpr char const* page = "docs/configuration.md";
    if (std::getenv("GATEHOUSE_GOLDEN"))
        std::ofstream(page) << reference_markdown();
    std::ifstream file(page);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), reference_markdown());
}

TEST(Reference, explains_each_key_with_its_type_and_default)
{
    auto const text = explain_text();
    EXPECT_NE(text.find("services.NAME.timeout  (duration, default 30s)\n    The longest wait"),
        std::string::npos);
    EXPECT_NE(text.find("routes[].match.path  (text, required)\n"), std::string::npos);
    EXPECT_EQ(text.find("compress"), std::string::npos);
}

TEST(Schema, is_json_and_knows_the_keys)
{
    auto const text = schema_json();
    EXPECT_NE(text.find("\"durability\":{"), std::string::npos);
    EXPECT_NE(
        text.find("\"enum\":[\"round_robin\",\"least_requests\",\"p2c-ewma\"]"), std::string::npos);
    EXPECT_EQ(text.find("\"compress\""), std::string::npos);
}

} // namespace
} // namespace gatehouse::config
