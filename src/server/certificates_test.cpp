// SPDX-License-Identifier: Apache-2.0
#include "server/certificates.hpp"

#include "net/testing_certificates.hpp"
#include "server/map_tls.hpp"

#include <gtest/gtest.h>

namespace gatehouse::server {
namespace {

using namespace std::chrono_literals;

struct CertificatesTest : testing::Test {
    CertificatesTest()
    {
        settings().listen.https.emplace();
        name(authority.issue("one", {.names = {"one.example"}}));
        loaded.origins["/tls/key"] = {"gatehouse.yaml", 3, 9};
    }

    config::Settings& settings() { return loaded.settings; }
    void name(net::CertificateFiles const& files)
    {
        settings().tls.cert = config::Path{files.certificate};
        settings().tls.key = config::Path{files.key};
    }

    net::TestAuthority authority;
    config::Loaded loaded;
    runtime::Clock clock;
    runtime::Reactor control{clock};
    std::vector<std::shared_ptr<net::TlsContexts const>> contexts;
    std::vector<std::shared_ptr<net::TicketKeys const>> keys;
    std::vector<std::string> notes;
    Certificates certificates{control,
        {.use_contexts = [this](auto what) { contexts.push_back(what); },
            .use_keys = [this](auto what) { keys.push_back(what); },
            .note =
                [this](auto, auto message, auto detail) {
                    notes.push_back(std::string(message) + ": " + std::string(detail));
                }}};
};

TEST_F(CertificatesTest, are_handed_out_at_the_start_with_keys_for_tickets)
{
    ASSERT_TRUE(certificates.begin(loaded));
    EXPECT_EQ(contexts.size(), 1u);
    EXPECT_EQ(keys.size(), 1u);
    EXPECT_TRUE(notes.empty());
}

TEST_F(CertificatesTest, nothing_happens_where_nobody_speaks_tls)
{
    settings().listen.https.reset();
    ASSERT_TRUE(certificates.begin(loaded));
    EXPECT_TRUE(contexts.empty() && keys.empty());
    EXPECT_TRUE(Certificates::files(settings()).empty());
}

TEST_F(CertificatesTest, an_error_names_the_place_that_names_the_file)
{
    settings().tls.key = config::Path{authority.write("bad.key", "")};
    auto const begun = certificates.begin(loaded);
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().message,
        "gatehouse.yaml:3:9: /tls/key: " + authority.path("bad.key")
            + " holds no PEM key: it begins with -----BEGIN PRIVATE KEY-----");
}

TEST_F(CertificatesTest, one_that_will_expire_is_told_of_and_one_that_has_is_served)
{
    name(authority.issue("soon", {.valid_until = 29 * 24h}));
    ASSERT_TRUE(certificates.begin(loaded));
    ASSERT_EQ(notes.size(), 1u);
    EXPECT_TRUE(notes[0].starts_with("a certificate will soon expire: ")) << notes[0];

    name(authority.issue("old", {.valid_until = -1h}));
    ASSERT_TRUE(certificates.begin(loaded)) << "clients judge for themselves";
    EXPECT_TRUE(notes.back().starts_with("a certificate is out of date: ")) << notes.back();
    EXPECT_EQ(contexts.size(), 2u);
}

TEST_F(CertificatesTest, a_reload_refuses_a_new_one_that_is_out_of_date)
{
    ASSERT_TRUE(certificates.begin(loaded));
    name(authority.issue("old", {.valid_until = -1h}));
    EXPECT_FALSE(certificates.prepare(loaded));
    name(authority.issue("early", {.valid_from = 1h}));
    EXPECT_FALSE(certificates.prepare(loaded));

    name(authority.issue("fresh", {}));
    auto prepared = certificates.prepare(loaded);
    ASSERT_TRUE(prepared);
    EXPECT_EQ(contexts.size(), 1u) << "not before it is taken";
    certificates.take(*std::move(prepared));
    EXPECT_EQ(contexts.size(), 2u);
    EXPECT_EQ(keys.size(), 1u) << "tickets live on";
}

TEST_F(CertificatesTest, one_in_force_that_ran_out_stops_no_reload)
{
    name(authority.issue("old", {.valid_until = -1h}));
    ASSERT_TRUE(certificates.begin(loaded));
    EXPECT_TRUE(certificates.prepare(loaded));
}

TEST_F(CertificatesTest, are_mapped_in_their_order_with_all_that_is_asked_of_clients)
{
    settings().tls.certificates = {{{"b.pem"}, {"b.key"}, {"b.example"}}};
    settings().tls.min = config::TlsVersion::v1_3;
    auto options = tls_options(settings()).value();
    EXPECT_EQ(options.certificates.size(), 2u);
    EXPECT_EQ(options.certificates[1].names, std::vector<std::string>{"b.example"});
    EXPECT_EQ(options.version_min, net::TlsVersion::tls_1_3);
    EXPECT_EQ(options.client, net::ClientCheck::none);
    settings().tls.client_ca = config::Path{"ca.pem"};
    EXPECT_EQ(tls_options(settings())->client, net::ClientCheck::optional);
    settings().tls.client = config::ClientCertificates::required;
    EXPECT_EQ(tls_options(settings())->client, net::ClientCheck::required);
    EXPECT_EQ(Certificates::files(settings()).size(), 5u);
}

} // namespace
} // namespace gatehouse::server
