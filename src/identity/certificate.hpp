// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/principal.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::identity {

// What a client's certificate says (RFC 5280), once TLS found that it leads to the client CA and
// that the client has its key. Read by net/.
struct Certificate {
    std::string subject{};           // RFC 4514: "CN=designs,O=Example".
    std::vector<std::string> uris{}; // Subject alternative names, in the order they stand.
    std::vector<std::string> dns_names{};
    std::vector<std::string> emails{};
    std::string fingerprint{}; // SHA-256 of its DER, hexadecimal in small letters.
    WallTime not_before{};
    WallTime not_after{}; // The last instant at which it is good.
};

// Which of its names is who acts.
enum class CertificateName : std::uint8_t { uri, dns, email, subject, fingerprint };

struct CertificateRules {
    CertificateName name = CertificateName::uri;
    // Who may come; empty: whoever the CA vouches for.
    std::vector<std::string> allowed{};
    std::string prefix{}; // Of the principal's id.
    std::vector<std::string> roles{};
};

// One name must be left of those that may come: a certificate that is two of them is nobody. Names
// are compared byte by byte, but DNS names without regard to case; a DNS name with a star is none.
// Fails with unauthenticated.
[[nodiscard]] Result<Verified> principal_of(
    Certificate const& certificate, CertificateRules const& rules, WallTime now);

} // namespace gatehouse::identity
