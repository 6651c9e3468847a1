// SPDX-License-Identifier: Apache-2.0
#include "net/testing_certificates.hpp"

#include "base/assert.hpp"

#include <cstdlib>
#include <fstream>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace gatehouse::net {
namespace {

void add_extension(X509* certificate, X509* issuer, int which, std::string const& value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    Owned<X509_EXTENSION, X509_EXTENSION_free> const extension(
        X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str()));
    GH_ASSERT(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

// A name of DNS, or what stands behind "URI:" and the like.
std::string alternative(std::string const& name)
{
    return name.contains(':') ? name : "DNS:" + name;
}

std::string text_of(BIO* bio)
{
    char* bytes = nullptr;
    auto const size = BIO_get_mem_data(bio, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

} // namespace

TestAuthority::TestAuthority()
{
    std::string pattern = std::filesystem::temp_directory_path() / "gatehouse-tls-XXXXXX";
    GH_ASSERT(mkdtemp(pattern.data()));
    folder_ = pattern;
    key_.reset(EVP_EC_gen("P-256"));
    certificate_ = make("An Authority", key_.get(), {});
    Bio const out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(out.get(), certificate_.get());
    write("ca.pem", text_of(out.get()));
}

TestAuthority::~TestAuthority()
{
    std::filesystem::remove_all(folder_);
}

X509Certificate TestAuthority::make(std::string const& name, EVP_PKEY* key, Wish const& wish)
{
    X509Certificate certificate(X509_new());
    auto* const raw = certificate.get();
    bool const is_root = !certificate_;
    auto* const issuer = is_root ? raw : certificate_.get();
    X509_set_version(raw, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(raw), serial_++);
    X509_gmtime_adj(X509_getm_notBefore(raw), wish.valid_from.count());
    X509_gmtime_adj(X509_getm_notAfter(raw), wish.valid_until.count());
    X509_set_pubkey(raw, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_UTF8,
        reinterpret_cast<unsigned char const*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(raw, X509_get_subject_name(issuer));
    add_extension(
        raw, issuer, NID_basic_constraints, is_root ? "critical,CA:TRUE" : "critical,CA:FALSE");
    std::string names;
    for (auto const& each : wish.names)
        names += (names.empty() ? "" : ",") + alternative(each);
    if (!names.empty())
        add_extension(raw, issuer, NID_subject_alt_name, names);
    GH_ASSERT(X509_sign(raw, key_.get(), EVP_sha256()) > 0);
    return certificate;
}

CertificateFiles TestAuthority::issue(std::string const& file, Wish const& wish)
{
    PrivateKey const key(EVP_EC_gen("P-256"));
    auto const certificate = make(file, key.get(), wish);
    Bio const certificates(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(certificates.get(), certificate.get());
    Bio const keys(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(keys.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {.certificate = write(file + ".pem", text_of(certificates.get())),
        .key = write(file + ".key", text_of(keys.get()))};
}

std::string TestAuthority::write(std::string const& name, std::string_view text) const
{
    std::ofstream(path(name), std::ios::binary | std::ios::trunc) << text;
    return path(name);
}

} // namespace gatehouse::net
