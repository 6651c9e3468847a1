// SPDX-License-Identifier: Apache-2.0
#include "net/tls_files.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "runtime/descriptor.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gatehouse::net {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{1} << 20;

std::unexpected<Error> complain(std::string const& file, std::string_view what)
{
    return fail(ErrorCode::bad_request, fmt::format("{} {}", file, what), file);
}

std::unexpected<Error> unreadable(std::string const& file, int error)
{
    return complain(file,
        fmt::format("cannot be read ({}): check the path, and that this user may read it",
            std::generic_category().message(error)));
}

Result<std::string> read_file(std::string const& file)
{
    runtime::Descriptor const from(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!from)
        return unreadable(file, errno);
    std::string text;
    std::array<char, 4096> part;
    for (;;) {
        auto const got = read(from.get(), part.data(), part.size());
        if (got < 0)
            return unreadable(file, errno);
        if (got == 0)
            return text;
        text.append(part.data(), static_cast<std::size_t>(got));
        if (text.size() > file_bytes_max)
            return complain(file, "is longer than 1 MiB: is it the right file?");
    }
}

Bio reader_of(std::string_view text)
{
    Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    GH_ASSERT(bio);
    return bio;
}

// DER begins with a SEQUENCE of a long length.
bool is_der(std::string_view text)
{
    return text.starts_with("\x30\x82");
}

int no_passphrase(char*, int, int, void*)
{
    return 0;
}

std::string_view what_stands_for_a_certificate(std::string_view text)
{
    if (is_der(text))
        return "is DER, not PEM: openssl x509 -inform der -in FILE -out FILE.pem";
    if (text.contains("PRIVATE KEY-----"))
        return "holds a key and no certificate: are cert and key swapped?";
    if (text.contains("-----BEGIN CERTIFICATE REQUEST"))
        return "holds a request for a certificate: name the file that the CA sent back";
    if (text.contains("-----BEGIN CERTIFICATE-----"))
        return "holds a certificate that is damaged: fetch it again";
    return "holds no PEM certificate: it begins with -----BEGIN CERTIFICATE-----";
}

std::string_view what_stands_for_a_key(std::string_view text)
{
    if (text.contains("-----BEGIN ENCRYPTED PRIVATE KEY")
        || text.contains("Proc-Type: 4,ENCRYPTED"))
        return "holds a key with a passphrase: openssl pkey -in FILE -out FILE.plain takes it off";
    if (text.contains("PRIVATE KEY-----"))
        return "holds a key that is damaged, or of a kind that OpenSSL does not know";
    if (text.contains("-----BEGIN CERTIFICATE-----"))
        return "holds a certificate and no key: are cert and key swapped?";
    if (is_der(text))
        return "is DER, not PEM: openssl pkey -inform der -in FILE -out FILE.pem";
    return "holds no PEM key: it begins with -----BEGIN PRIVATE KEY-----";
}

WallTime wall_time_of(ASN1_TIME const* time)
{
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return {};
    using namespace std::chrono;
    auto const date
        = sys_days(year(parts.tm_year + 1900) / month(static_cast<unsigned>(parts.tm_mon + 1))
            / day(static_cast<unsigned>(parts.tm_mday)));
    auto const at = date + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
    return {duration_cast<milliseconds>(at.time_since_epoch()).count()};
}

} // namespace

Result<CertificateChain> read_certificates(std::string const& file)
{
    auto const text = GH_TRY(read_file(file));
    auto const reader = reader_of(text);
    ERR_clear_error();
    CertificateChain chain;
    while (auto* const found = PEM_read_bio_X509(reader.get(), nullptr, no_passphrase, nullptr)) {
        X509Certificate certificate(found);
        if (chain.leaf)
            chain.issuers.push_back(std::move(certificate));
        else
            chain.leaf = std::move(certificate);
    }
    bool const is_at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (!chain.leaf)
        return complain(file, what_stands_for_a_certificate(text));
    if (!is_at_end)
        return complain(file, "holds a certificate that is damaged: fetch it again");
    return chain;
}

Result<PrivateKey> read_private_key(std::string const& file)
{
    auto text = GH_TRY(read_file(file));
    ERR_clear_error();
    PrivateKey key(PEM_read_bio_PrivateKey(reader_of(text).get(), nullptr, no_passphrase, nullptr));
    ERR_clear_error();
    std::string const problem(key ? "" : what_stands_for_a_key(text));
    OPENSSL_cleanse(text.data(), text.size());
    if (!key)
        return complain(file, problem);
    return key;
}

Result<void> check_pair(X509* certificate, std::string const& certificate_file, EVP_PKEY* key,
    std::string const& key_file)
{
    ERR_clear_error();
    bool const fits = X509_check_private_key(certificate, key) == 1;
    ERR_clear_error();
    if (fits)
        return {};
    return complain(key_file,
        fmt::format("is not the key of the certificate in {}: name the two files that were made "
                    "together, and the server's certificate before those of its issuers",
            certificate_file));
}

std::string small_letters(std::string_view text)
{
    std::string small(text);
    for (auto& letter : small)
        if (letter >= 'A' && letter <= 'Z')
            letter = static_cast<char>(letter - 'A' + 'a');
    return small;
}

std::vector<std::string> dns_names_of(X509* certificate)
{
    Owned<GENERAL_NAMES, GENERAL_NAMES_free> const all(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    std::vector<std::string> names;
    for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); i++) {
        auto const* const name = sk_GENERAL_NAME_value(all.get(), i);
        if (name->type != GEN_DNS)
            continue;
        auto const* const bytes = ASN1_STRING_get0_data(name->d.dNSName);
        auto& text = names.emplace_back(reinterpret_cast<char const*>(bytes),
            static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
        text = small_letters(text);
    }
    return names;
}

WallTime not_before_of(X509* certificate)
{
    return wall_time_of(X509_get0_notBefore(certificate));
}

WallTime not_after_of(X509* certificate)
{
    return wall_time_of(X509_get0_notAfter(certificate));
}

std::string fingerprint_of(X509* certificate)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    X509_digest(certificate, EVP_sha256(), digest.data(), &size);
    return to_hex(std::string_view(reinterpret_cast<char const*>(digest.data()), size));
}

} // namespace gatehouse::net
