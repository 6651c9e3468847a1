// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "identity/jws.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

namespace gatehouse::identity {
namespace {

// tests/conformance/jws/README.md tells why.
bool is_refused_on_purpose(std::string_view id, std::string_view jwks)
{
    static std::set<std::string_view> const ids{
        "wp-signature-346", "wp-signature-347", "wp-signature-350", "wp-signature-351"};
    return ids.contains(id) || jwks.find(R"("kty":"oct")") != std::string_view::npos;
}

TEST(JwsConformance, judges_every_vector_rightly)
{
    std::ifstream file("tests/conformance/jws/vectors.ndjson");
    json::Parser parser;
    int judged = 0;
    int accepted = 0;
    for (std::string line; std::getline(file, line); judged++) {
        auto const root = parser.parse(line);
        ASSERT_TRUE(root);
        auto const text = [&root](std::string_view name) { return *root->find(name)->text(); };
        auto const jwks = root->find("jwks")->compact();

        auto const keys = KeySet::parse(jwks);
        bool const is_valid = keys && verify_jws(*keys, text("jws"));
        bool const expected
            = text("expect") == "valid" && !is_refused_on_purpose(text("id"), jwks);
        EXPECT_EQ(is_valid, expected) << text("id") << " " << text("why");
        accepted += is_valid ? 1 : 0;
    }
    EXPECT_EQ(judged, 476);
    EXPECT_EQ(accepted, 35);
}

}  // namespace
}  // namespace gatehouse::identity
