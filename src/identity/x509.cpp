// SPDX-License-Identifier: Apache-2.0
#include "identity/x509.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/owned.hpp"

#include <chrono>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace gatehouse::identity {
namespace {

WallTime wall_time_of(ASN1_TIME const* time)
{
    using namespace std::chrono;
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return {};
    auto const date
        = sys_days(year(parts.tm_year + 1900) / month(static_cast<unsigned>(parts.tm_mon + 1))
            / day(static_cast<unsigned>(parts.tm_mday)));
    auto const at = date + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
    return {duration_cast<milliseconds>(at.time_since_epoch()).count()};
}

std::string subject_of(X509 const* certificate)
{
    Owned<BIO, BIO_free> const out(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    char* bytes = nullptr;
    auto const size = BIO_get_mem_data(out.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

void add(std::vector<std::string>& names, ASN1_IA5STRING const* name)
{
    std::string_view const text(reinterpret_cast<char const*>(ASN1_STRING_get0_data(name)),
        static_cast<std::size_t>(ASN1_STRING_length(name)));
    if (names.size() < names_max && !text.contains('\0'))
        names.emplace_back(text);
}

void read_names(X509 const* certificate, Certificate& read)
{
    Owned<GENERAL_NAMES, GENERAL_NAMES_free> const all(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); i++) {
        auto const* const name = sk_GENERAL_NAME_value(all.get(), i);
        switch (name->type) {
        case GEN_URI: add(read.uris, name->d.uniformResourceIdentifier); break;
        case GEN_DNS: add(read.dns_names, name->d.dNSName); break;
        case GEN_EMAIL: add(read.emails, name->d.rfc822Name); break;
        default: break;
        }
    }
}

} // namespace

Result<Certificate> read_certificate(std::string_view der)
{
    auto const* at = reinterpret_cast<unsigned char const*>(der.data());
    Owned<X509, X509_free> const found(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    ERR_clear_error();
    if (!found || at != reinterpret_cast<unsigned char const*>(der.data() + der.size()))
        return fail(ErrorCode::bad_request, "this is no certificate");
    Certificate read{.subject = subject_of(found.get()),
        .fingerprint = to_hex(sha256(der)),
        .not_before = wall_time_of(X509_get0_notBefore(found.get())),
        .not_after = wall_time_of(X509_get0_notAfter(found.get()))};
    read_names(found.get(), read);
    return read;
}

} // namespace gatehouse::identity
