// SPDX-License-Identifier: Apache-2.0
#include "identity/certificate.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace gatehouse::identity {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{1'763'726'400'000};

Certificate certificate()
{
    return {.subject = "CN=designs,O=Example",
        .uris = {"spiffe://example.com/designs"},
        .dns_names = {"Designs.Example.com"},
        .emails = {"designs@example.com"},
        .fingerprint = std::string(64, 'a'),
        .not_before = noon,
        .not_after = noon + 24h};
}

std::string name_by(CertificateRules const& rules, Certificate const& shown = certificate())
{
    auto const verified = principal_of(shown, rules, noon);
    return verified ? verified->principal.id : verified.error().detail;
}

TEST(Certificate, says_who_acts_by_the_name_that_was_chosen)
{
    using enum CertificateName;
    EXPECT_EQ(name_by({.name = uri}), "spiffe://example.com/designs");
    EXPECT_EQ(name_by({.name = dns}), "designs.example.com");
    EXPECT_EQ(name_by({.name = email}), "designs@example.com");
    EXPECT_EQ(name_by({.name = subject}), "CN=designs,O=Example");
    EXPECT_EQ(
        name_by({.name = fingerprint, .prefix = "internal:"}), "internal:" + std::string(64, 'a'));
    auto const verified = *principal_of(certificate(), {.roles = {"service"}}, noon);
    EXPECT_EQ(verified.principal.kind, PrincipalKind::service);
    EXPECT_EQ(verified.principal.roles, std::vector<std::string>{"service"});
}

TEST(Certificate, is_nobody_where_none_or_several_of_its_names_may_come)
{
    using enum CertificateName;
    auto const none = "certificate " + std::string(64, 'a') + " has no name that may come";
    auto const several = "certificate " + std::string(64, 'a') + " has several names that may come";
    auto two = certificate();
    two.uris.push_back("spiffe://example.com/admin");
    two.dns_names.push_back("*.example.com");
    EXPECT_EQ(name_by({.name = uri}, two), several);
    EXPECT_EQ(name_by({.name = uri, .allowed = {"spiffe://example.com/admin"}}, two),
        "spiffe://example.com/admin");
    EXPECT_EQ(name_by({.name = uri, .allowed = {"spiffe://example.com/DESIGNS"}}), none);
    EXPECT_EQ(
        name_by({.name = dns, .allowed = {"DESIGNS.example.com"}}, two), "designs.example.com");
    EXPECT_EQ(name_by({.name = dns}, two), "designs.example.com"); // A star is no name.
    two.uris = {"spiffe://example.com/a", "spiffe://example.com/a"};
    EXPECT_EQ(name_by({.name = uri}, two), "spiffe://example.com/a");
    two.uris.clear();
    EXPECT_EQ(name_by({.name = uri}, two), none);
    for (auto const& bad : {std::string(), std::string("a\0b", 3), std::string(257, 'x')}) {
        two.subject = bad;
        EXPECT_TRUE(name_by({.name = subject}, two).contains("no id")) << bad;
    }
}

TEST(Certificate, is_good_from_its_first_instant_to_its_last)
{
    auto const at = [](Milliseconds later) {
        return principal_of(certificate(), {}, noon + later).has_value();
    };
    EXPECT_FALSE(at(-1ms));
    EXPECT_TRUE(at(0ms));
    EXPECT_TRUE(at(24h));
    EXPECT_FALSE(at(24h + 1ms));
    EXPECT_EQ(principal_of(certificate(), {}, noon)->expires_at, noon + (24h + 1ms));
}

} // namespace
} // namespace gatehouse::identity
