// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/openssl.hpp"

#include <string>
#include <string_view>
#include <vector>

// Certificates and keys as files in PEM (RFC 7468). Each error says what is wrong with which file,
// and what to do about it; its detail is the file's path alone.
namespace gatehouse::net {

struct CertificateChain {
    X509Certificate leaf;
    std::vector<X509Certificate> issuers; // As they follow it in the file.
};

[[nodiscard]] Result<CertificateChain> read_certificates(std::string const& file);
// Without a passphrase: nobody is there to type one.
[[nodiscard]] Result<PrivateKey> read_private_key(std::string const& file);
// That this is the key of this certificate; the error is the key's.
[[nodiscard]] Result<void> check_pair(X509* certificate, std::string const& certificate_file,
    EVP_PKEY* key, std::string const& key_file);

// Names are compared without regard to the case of ASCII letters (RFC 4343).
[[nodiscard]] std::string small_letters(std::string_view text);
// The DNS names among its subject alternative names, in small letters (RFC 6125 §6.4).
[[nodiscard]] std::vector<std::string> dns_names_of(X509* certificate);
[[nodiscard]] WallTime not_before_of(X509* certificate);
// The last instant at which it is good.
[[nodiscard]] WallTime not_after_of(X509* certificate);
// SHA-256 of its DER, hexadecimal.
[[nodiscard]] std::string fingerprint_of(X509* certificate);

} // namespace gatehouse::net
