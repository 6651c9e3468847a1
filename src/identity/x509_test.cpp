// SPDX-License-Identifier: Apache-2.0
#include "identity/x509.hpp"

#include "base/base64.hpp"

#include <gtest/gtest.h>

namespace gatehouse::identity {
namespace {

// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 3653
//     -subj "/O=Example, Ltd/CN=designs" -addext "subjectAltName=URI:spiffe://example/designs,
//     DNS:designs.example,email:ops@example.com,IP:10.0.0.1"
constexpr std::string_view designs
    = "MIIB9zCCAZygAwIBAgIUOW0rEmWQ3xoSvRY+cDm/OPEa/FkwCgYIKoZIzj0EAwIwKTEVMBMGA1UECgwMRXhhbXBs"
      "ZSwgTHRkMRAwDgYDVQQDDAdkZXNpZ25zMB4XDTI2MTEyMjE1MDc1NVoXDTM2MTEyMjE1MDc1NVowKTEVMBMGA1UE"
      "CgwMRXhhbXBsZSwgTHRkMRAwDgYDVQQDDAdkZXNpZ25zMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeqse0dVP"
      "9OlCQeeXStUZ81YdZvNznfWyefQXPHZCPhjW/5NsJwTG6TyLGD0wgQUVhJzhVpGMrP9t3qzdNDEaPqOBoTCBnjAd"
      "BgNVHQ4EFgQUJBPhxk9RgySTzmXlWG3hbQH9o6YwHwYDVR0jBBgwFoAUJBPhxk9RgySTzmXlWG3hbQH9o6YwDwYD"
      "VR0TAQH/BAUwAwEB/zBLBgNVHREERDBChhhzcGlmZmU6Ly9leGFtcGxlL2Rlc2lnbnOCD2Rlc2lnbnMuZXhhbXBs"
      "ZYEPb3BzQGV4YW1wbGUuY29thwQKAAABMAoGCCqGSM49BAMCA0kAMEYCIQChWgC/+oo0q/YCogbepQdVRGhL7uo2"
      "QPVJcMBhFqADJwIhALlsP3OzXz9CjUXCt69Zszyq2Fuxn/L9EdpGpPMVt8/L";

std::string der()
{
    return from_base64(designs).value();
}

TEST(X509, reads_the_names_and_the_time_of_a_certificate)
{
    auto const read = read_certificate(der()).value();
    EXPECT_EQ(read.subject, "CN=designs,O=Example\\, Ltd");
    EXPECT_EQ(read.uris, std::vector<std::string>{"spiffe://example/designs"});
    EXPECT_EQ(read.dns_names, std::vector<std::string>{"designs.example"});
    EXPECT_EQ(read.emails, std::vector<std::string>{"ops@example.com"});
    EXPECT_EQ(read.fingerprint, "52c2f52c6add5d3ff2d8e406349302fa47e69d6c7438e7c95c9c913d1a1eda42");
    EXPECT_EQ(read.not_before.ms, 1795360075000);
    EXPECT_EQ(read.not_after.ms, 2110979275000);
}

TEST(X509, a_name_with_a_nul_is_none)
{
    auto changed = der();
    changed[changed.find("designs.example") + 7] = '\0';
    EXPECT_TRUE(read_certificate(changed).value().dns_names.empty());
}

TEST(X509, refuses_what_is_no_certificate)
{
    EXPECT_FALSE(read_certificate(""));
    EXPECT_FALSE(read_certificate("\x30\x82\x01"));
    EXPECT_FALSE(read_certificate(der() + "x")) << "nor is one with more behind it";
    for (std::size_t size = 0; size < der().size(); size++)
        EXPECT_FALSE(read_certificate(der().substr(0, size)));
}

} // namespace
} // namespace gatehouse::identity
