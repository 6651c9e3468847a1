// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "net/openssl.hpp"
#include "net/tls_contexts.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace gatehouse::net {

// A small CA for tests: certificates and keys (ECDSA P-256) as files of a folder that goes away
// with it.
class TestAuthority {
public:
    TestAuthority();
    ~TestAuthority();
    TestAuthority(TestAuthority const&) = delete;
    TestAuthority& operator=(TestAuthority const&) = delete;

    struct Wish {
        std::vector<std::string> names{};
        std::chrono::seconds valid_from = std::chrono::hours(-24); // From now.
        std::chrono::seconds valid_until = std::chrono::hours(24 * 365);
    };
    // Writes FILE.pem and FILE.key.
    CertificateFiles issue(std::string const& file, Wish const& wish);
    // Its own certificate.
    [[nodiscard]] std::string ca() const { return path("ca.pem"); }

    [[nodiscard]] std::string path(std::string const& name) const { return folder_ / name; }
    std::string write(std::string const& name, std::string_view text) const;

private:
    X509Certificate make(std::string const& name, EVP_PKEY* key, Wish const& wish);

    std::filesystem::path folder_;
    PrivateKey key_;
    X509Certificate certificate_;
    long serial_ = 1;
};

} // namespace gatehouse::net
