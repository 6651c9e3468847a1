// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/openssl.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::net {

enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3 };
enum class ClientCheck : std::uint8_t {
    none,     // Nobody is asked for a certificate.
    optional, // Whoever shows one must be vouched for by the CA; nobody must.
    required,
};

struct CertificateFiles {
    std::string certificate{}; // PEM: the server's, then those of its issuers.
    std::string key{};
    std::vector<std::string> names{}; // Empty: the DNS names that it says itself.
};

struct TlsOptions {
    std::vector<CertificateFiles> certificates{}; // The first is for who asks for no other's name.
    TlsVersion version_min = TlsVersion::tls_1_2;
    std::string client_ca{}; // PEM, of `client`.
    ClientCheck client = ClientCheck::none;
    std::vector<std::string> protocols{"http/1.1"}; // For ALPN, the best one first.

    [[nodiscard]] std::vector<std::string> files() const;
};

// What the listeners of TLS go by: certificates by the name that a client asks for, versions,
// protocols, who may come. Made whole of files and never changed afterwards, so all shards share
// one; new files make a new one, and connections keep theirs.
class TlsContexts {
public:
    struct Certificate {
        std::string file{};
        std::vector<std::string> names{}; // In small letters; "*.example.com" is one label more.
        std::string fingerprint{};
        WallTime not_before{};
        WallTime not_after{};
    };

    // Looks at no clock: whether a certificate is out of date is its owner's to judge. The detail
    // of an error is the path of the file that it is about.
    [[nodiscard]] static Result<std::shared_ptr<TlsContexts const>> load(TlsOptions const& options);

    // Whose certificate serves this name: that of the exact name, else of the wildcard, else first.
    [[nodiscard]] SSL_CTX* find(std::string_view server_name) const;
    [[nodiscard]] SSL_CTX* fallback() const { return contexts_.front().get(); }
    [[nodiscard]] std::vector<Certificate> const& certificates() const { return certificates_; }
    // What ALPN settles on, of the list as a client sends it (RFC 7301 §3.1); empty: nothing.
    [[nodiscard]] std::string_view choose_protocol(std::string_view offered) const;

private:
    [[nodiscard]] Result<void> add(TlsOptions const& options, CertificateFiles const& files);

    std::vector<SslContext> contexts_;
    std::vector<Certificate> certificates_;
    std::map<std::string, SSL_CTX*, std::less<>> by_name_; // Wildcards by their "*.…".
    std::vector<std::string> protocols_;
};

// How one side of an upstream's TLS looks: whom to trust, and what to show.
struct TlsProfileOptions {
    std::string ca{}; // PEM; empty: the CAs that this machine trusts.
    std::string certificate{};
    std::string key{};
    std::vector<std::string> protocols{"http/1.1"};

    bool operator==(TlsProfileOptions const&) const = default;
};

class TlsProfile {
public:
    [[nodiscard]] static Result<std::shared_ptr<TlsProfile const>> load(
        TlsProfileOptions const& options);

    [[nodiscard]] SSL_CTX* context() const { return context_.get(); }

private:
    SslContext context_;
};

} // namespace gatehouse::net
