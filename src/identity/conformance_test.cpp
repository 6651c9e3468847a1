// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"
#include "identity/jws.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace gatehouse::identity {
namespace {

struct Vector {
    std::string id;
    std::string expect; // "valid", "invalid" or "either".
    std::string jwks;
    std::string jws;
};

std::vector<Vector> read_vectors()
{
    std::ifstream file("tests/conformance/jws/vectors.ndjson");
    json::Parser parser;
    std::vector<Vector> vectors;
    for (std::string line; std::getline(file, line);) {
        auto const root = parser.parse(line);
        EXPECT_TRUE(root) << line;
        auto const text
            = [&root](std::string_view name) { return std::string(*root->find(name)->text()); };
        vectors.push_back({text("id"), text("expect"), root->find("jwks")->compact(), text("jws")});
    }
    return vectors;
}

bool is_accepted(Vector const& vector, KeyPolicy policy)
{
    auto const keys = KeySet::parse(vector.jwks, policy);
    return keys && verify_jws(*keys, vector.jws);
}

struct Tally {
    int judged = 0;
    int accepted = 0; // Of the valid ones.
    std::vector<std::string> accepted_wrongly{};
    std::vector<std::string> refused_wrongly{};
};

Tally judge_all(KeyPolicy policy)
{
    Tally tally;
    for (auto const& vector : read_vectors()) {
        tally.judged++;
        bool const accepted = is_accepted(vector, policy);
        tally.accepted += accepted && vector.expect == "valid" ? 1 : 0;
        if (accepted && vector.expect != "valid")
            tally.accepted_wrongly.push_back(vector.id);
        if (!accepted && vector.expect == "valid")
            tally.refused_wrongly.push_back(vector.id);
    }
    return tally;
}

using Ids = std::vector<std::string>;
constexpr KeyPolicy every_choice{
    .secrets = KeyPolicy::Secrets::allowed, .hashes = KeyPolicy::Hashes::longer_too};
// Two that are called invalid, and are the very same bytes as one that is called valid.
Ids const contradictions{"wp-signature-367", "wp-signature-370"};

TEST(JwsConformance, judges_every_vector_rightly)
{
    auto const tally = judge_all(every_choice);
    EXPECT_EQ(tally.judged, 476);
    EXPECT_EQ(tally.accepted, 53);
    EXPECT_EQ(tally.refused_wrongly, Ids());
    EXPECT_EQ(tally.accepted_wrongly, contradictions);
}

// Nobody can judge both rightly. Their names say "invalid base64 padding", and the padding is gone:
// with it they are refused.
TEST(JwsConformance, excepts_what_the_vectors_ask_twice_and_answer_both_ways)
{
    std::map<std::pair<std::string, std::string>, Vector> valid;
    for (auto const& vector : read_vectors())
        if (vector.expect == "valid")
            valid.insert({{vector.jwks, vector.jws}, vector});
    Ids asked_twice;
    for (auto const& vector : read_vectors()) {
        if (vector.expect != "invalid" || !valid.contains({vector.jwks, vector.jws}))
            continue;
        asked_twice.push_back(vector.id);
        for (auto at = vector.jws.find('.'); at != std::string::npos;
             at = vector.jws.find('.', at + 1)) {
            auto padded = vector;
            padded.jws.insert(at, "==");
            EXPECT_FALSE(is_accepted(padded, every_choice)) << padded.jws;
        }
    }
    EXPECT_EQ(asked_twice, contradictions);
}

// What was not chosen is refused, and nothing else is: 14 by shared secrets, and two that a key for
// PS256 signed with a longer hash (tests/conformance/jws/README.md).
TEST(JwsConformance, takes_public_keys_and_their_own_algorithm_alone_by_default)
{
    auto const usual = judge_all({});
    EXPECT_EQ(usual.accepted, 37);
    EXPECT_EQ(usual.accepted_wrongly, Ids());
    EXPECT_EQ(usual.refused_wrongly.size(), 16U);

    EXPECT_EQ(judge_all({.secrets = KeyPolicy::Secrets::allowed}).refused_wrongly,
        (Ids{"wp-signature-346", "wp-signature-350"}));
    auto const longer_too = judge_all({.hashes = KeyPolicy::Hashes::longer_too});
    EXPECT_EQ(longer_too.accepted, 39);
    EXPECT_EQ(longer_too.accepted_wrongly, Ids());
}

} // namespace
} // namespace gatehouse::identity
