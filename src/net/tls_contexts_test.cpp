// SPDX-License-Identifier: Apache-2.0
#include "net/tls_contexts.hpp"

#include "net/testing_certificates.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace gatehouse::net {
namespace {

struct TlsContextsTest : testing::Test {
    std::string complaint() const
    {
        auto const loaded = TlsContexts::load(options);
        if (loaded)
            return "nothing is wrong";
        auto said = loaded.error().message; // Without the folder, that each run has anew.
        for (auto const folder = authority.path("");;) {
            auto const at = said.find(folder);
            if (at == std::string::npos)
                return said;
            said.erase(at, folder.size());
        }
    }

    TestAuthority authority;
    TlsOptions options;
};

TEST_F(TlsContextsTest, finds_the_certificate_of_a_name)
{
    options.certificates = {authority.issue("first", {.names = {"first.example"}}),
        authority.issue("exact", {.names = {"a.wild.example"}}),
        authority.issue("wild", {.names = {"*.wild.example", "other.example"}}),
        authority.issue("named", {.names = {"unused.example"}})};
    options.certificates.back().names = {"NAMED.example"};
    auto const contexts = TlsContexts::load(options).value();
    auto const which = [&](std::string_view name) {
        auto const* const found
            = X509_get_subject_name(SSL_CTX_get0_certificate(contexts->find(name)));
        std::array<char, 64> text{};
        X509_NAME_get_text_by_NID(found, NID_commonName, text.data(), text.size());
        return std::string(text.data());
    };
    EXPECT_EQ(which("first.example"), "first");
    EXPECT_EQ(which("A.Wild.Example"), "exact");
    EXPECT_EQ(which("b.wild.example"), "wild");
    EXPECT_EQ(which("other.example"), "wild");
    EXPECT_EQ(which("named.example"), "named");
    EXPECT_EQ(which("unused.example"), "first") << "names of the configuration stand instead";
    EXPECT_EQ(which("a.b.wild.example"), "first") << "a star is one label";
    EXPECT_EQ(which("wild.example"), "first");
    EXPECT_EQ(which(""), "first");
}

TEST_F(TlsContextsTest, knows_how_long_each_is_good)
{
    options.certificates = {authority.issue("one",
        {.names = {"one.example"},
            .valid_from = std::chrono::seconds(-5),
            .valid_until = std::chrono::seconds(-1)})};
    auto const contexts = TlsContexts::load(options).value();
    ASSERT_EQ(contexts->certificates().size(), 1u);
    auto const& one = contexts->certificates().front();
    EXPECT_EQ((one.not_after - one.not_before), Milliseconds(4000));
    EXPECT_GT(one.not_after.ms, 1'700'000'000'000);
    EXPECT_EQ(one.names, std::vector<std::string>{"one.example"});
    EXPECT_EQ(one.fingerprint.size(), 64u);
}

TEST_F(TlsContextsTest, chooses_a_protocol_and_reads_a_broken_list_to_its_end)
{
    options.certificates = {authority.issue("one", {})};
    auto const contexts = TlsContexts::load(options).value();
    EXPECT_EQ(contexts->choose_protocol("\x02h2\x08http/1.1"), "http/1.1");
    EXPECT_EQ(contexts->choose_protocol("\x02h2"), "");
    EXPECT_EQ(contexts->choose_protocol("\xffhttp/1.1"), "");
    EXPECT_EQ(contexts->choose_protocol(""), "");
}

TEST_F(TlsContextsTest, says_what_is_wrong_with_a_file_and_what_to_do)
{
    auto const good = authority.issue("good", {.names = {"a.example"}});
    auto const other = authority.issue("other", {.names = {"b.example"}});
    auto const says = [&](std::string const& certificate, std::string const& key) {
        options.certificates = {{.certificate = certificate, .key = key}};
        return complaint();
    };
    EXPECT_EQ(says(good.certificate, good.key), "nothing is wrong");
    EXPECT_EQ(says(authority.path("gone.pem"), good.key),
        "gone.pem cannot be read (No such file or directory): check the path, and that this user "
        "may read it");
    EXPECT_EQ(says(authority.write("empty.pem", ""), good.key),
        "empty.pem holds no PEM certificate: it begins with -----BEGIN CERTIFICATE-----");
    EXPECT_EQ(says(good.key, good.certificate),
        "good.key holds a key and no certificate: are cert and key swapped?");
    EXPECT_EQ(says(good.certificate, good.certificate),
        "good.pem holds a certificate and no key: are cert and key swapped?");
    EXPECT_EQ(says(good.certificate, other.key),
        "other.key is not the key of the certificate in good.pem: name the two files that were "
        "made together, and the server's certificate before those of its issuers");
    EXPECT_EQ(says(authority.write("half.pem",
                       "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
                  good.key),
        "half.pem holds a certificate that is damaged: fetch it again");
    EXPECT_EQ(
        says(authority.write("request.pem", "-----BEGIN CERTIFICATE REQUEST-----\n"), good.key),
        "request.pem holds a request for a certificate: name the file that the CA sent back");
    EXPECT_EQ(says(authority.write("der.pem", "\x30\x82\x01\x02"), good.key),
        "der.pem is DER, not PEM: openssl x509 -inform der -in FILE -out FILE.pem");
    EXPECT_EQ(says(good.certificate,
                  authority.write("secret.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n")),
        "secret.key holds a key with a passphrase: openssl pkey -in FILE -out FILE.plain takes it "
        "off");
    EXPECT_EQ(says(good.certificate, authority.write("empty.key", "")),
        "empty.key holds no PEM key: it begins with -----BEGIN PRIVATE KEY-----");
}

TEST_F(TlsContextsTest, a_second_certificate_must_have_a_name)
{
    options.certificates = {authority.issue("good", {}), authority.issue("nameless", {})};
    EXPECT_EQ(complaint(),
        "nameless.pem says no DNS name, so nobody would be shown it: give its names, names: "
        "[a.example]");
}

TEST_F(TlsContextsTest, the_authority_of_clients_must_be_readable)
{
    options.certificates = {authority.issue("good", {})};
    options.client = ClientCheck::required;
    options.client_ca = authority.write("ca_empty.pem", "none");
    EXPECT_EQ(complaint(),
        "ca_empty.pem holds no PEM certificate: it begins with -----BEGIN CERTIFICATE-----");
}

} // namespace
} // namespace gatehouse::net
