// SPDX-License-Identifier: Apache-2.0
#include "net/tls_contexts.hpp"

#include "base/assert.hpp"
#include "base/digest.hpp"
#include "net/tls_files.hpp"
#include "net/tls_session.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <span>
#include <utility>

namespace gatehouse::net {
namespace {

constexpr long ticket_seconds = 12 * 60 * 60; // TicketKeys rotate as often.

std::unexpected<Error> complain(std::string const& file, std::string_view what)
{
    return fail(ErrorCode::bad_request, fmt::format("{} {}", file, what), file);
}

// What both ends do the same: forward secrecy and AEAD only, no renegotiation, no compression, and
// buffers given back while nothing is under way.
SslContext plain_context(SSL_METHOD const* method, TlsVersion version_min)
{
    SslContext context(SSL_CTX_new(method));
    GH_ASSERT(context);
    auto* const raw = context.get();
    SSL_CTX_set_min_proto_version(
        raw, version_min == TlsVersion::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(raw,
        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE
            | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(raw,
        SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
            | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20");
    return context;
}

// In the order of the shards' taste, as ALPN writes it.
std::string wire_form(std::vector<std::string> const& protocols)
{
    std::string wire;
    for (auto const& protocol : protocols)
        wire.append(1, static_cast<char>(protocol.size())).append(protocol);
    return wire;
}

Result<void> show(SSL_CTX* context, CertificateFiles const& files, CertificateChain chain)
{
    auto const key = GH_TRY(read_private_key(files.key));
    GH_CHECK(check_pair(chain.leaf.get(), files.certificate, key.get(), files.key));
    ERR_clear_error();
    if (SSL_CTX_use_certificate(context, chain.leaf.get()) != 1
        || SSL_CTX_use_PrivateKey(context, key.get()) != 1)
        return complain(files.certificate,
            fmt::format("cannot be used ({}): ask for a new certificate, of an ECDSA P-256 key",
                take_openssl_error()));
    for (auto& issuer : chain.issuers)
        SSL_CTX_add0_chain_cert(context, issuer.release());
    return {};
}

// Whoever one of these vouches for is believed. Gives their fingerprints.
Result<std::string> trust(SSL_CTX* context, std::string const& file)
{
    auto const chain = GH_TRY(read_certificates(file));
    std::string fingerprints;
    auto const add = [&](X509* certificate) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
        SSL_CTX_add_client_CA(context, certificate);
        fingerprints += fingerprint_of(certificate);
    };
    add(chain.leaf.get());
    for (auto const& more : chain.issuers)
        add(more.get());
    ERR_clear_error();
    return fingerprints;
}

// ---- What OpenSSL asks while it shakes hands

int choose_certificate(SSL* ssl, int*, void*)
{
    auto const* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name)
        SSL_set_SSL_CTX(ssl, TlsSession::of(ssl).contexts()->find(name));
    return name ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

// Nothing in common: the client is told so by its alert (RFC 7301 §3.2).
int choose_protocol(SSL* ssl, unsigned char const** chosen, unsigned char* chosen_bytes,
    unsigned char const* offered, unsigned offered_bytes, void*)
{
    auto const found = TlsSession::of(ssl).contexts()->choose_protocol(
        {reinterpret_cast<char const*>(offered), offered_bytes});
    if (found.empty())
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = reinterpret_cast<unsigned char const*>(found.data());
    *chosen_bytes = static_cast<unsigned char>(found.size());
    return SSL_TLSEXT_ERR_OK;
}

bool key_the_mac(EVP_MAC_CTX* context, TicketKeys::Key const& key)
{
    std::array<OSSL_PARAM, 3> parameters{
        OSSL_PARAM_construct_octet_string(
            OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key.mac.data()), key.mac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>("SHA256"), 0),
        OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(context, parameters.data()) == 1;
}

// SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 1 is done, 2 asks for a newer ticket, 0 is unknown.
int seal_or_open_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
    EVP_MAC_CTX* mac, int seals)
{
    auto const* const keys = TlsSession::of(ssl).ticket_keys();
    if (!keys)
        return 0;
    if (seals == 1) {
        auto const& key = keys->newest();
        std::ranges::copy(key.name, name);
        bool const is_done = RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1
            && EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), key.cipher.data(), iv, nullptr) == 1
            && key_the_mac(mac, key);
        return is_done ? 1 : -1;
    }
    auto const* const key = keys->find(std::span<unsigned char const, 16>(name, 16));
    if (!key)
        return 0;
    bool const is_done
        = EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), key->cipher.data(), iv, nullptr) == 1
        && key_the_mac(mac, *key);
    if (!is_done)
        return -1;
    // Who comes back needs a new one: in TLS 1.3 clients show each but once (RFC 8446 C.4).
    bool const renews = key != &keys->newest() || SSL_version(ssl) == TLS1_3_VERSION;
    return renews ? 2 : 1;
}

// A ticket tells who its client was: it is worth nothing where others may come.
void bind_sessions(SSL_CTX* context, TlsOptions const& options, std::string_view client_ca)
{
    auto const id = sha256(fmt::format("{} {}", static_cast<int>(options.client), client_ca));
    SSL_CTX_set_session_id_context(context, reinterpret_cast<unsigned char const*>(id.data()),
        static_cast<unsigned>(id.size()));
}

} // namespace

std::vector<std::string> TlsOptions::files() const
{
    std::vector<std::string> all;
    for (auto const& each : certificates) {
        all.push_back(each.certificate);
        all.push_back(each.key);
    }
    if (client != ClientCheck::none)
        all.push_back(client_ca);
    return all;
}

Result<std::shared_ptr<TlsContexts const>> TlsContexts::load(TlsOptions const& options)
{
    GH_ASSERT(!options.certificates.empty());
    auto contexts = std::make_shared<TlsContexts>();
    contexts->protocols_ = options.protocols;
    for (auto const& files : options.certificates)
        GH_CHECK(contexts->add(options, files));
    return contexts;
}

Result<void> TlsContexts::add(TlsOptions const& options, CertificateFiles const& files)
{
    auto context = plain_context(TLS_server_method(), options.version_min);
    auto* const raw = context.get();
    auto chain = GH_TRY(read_certificates(files.certificate));
    Certificate certificate{.file = files.certificate,
        .names = files.names.empty() ? dns_names_of(chain.leaf.get()) : files.names,
        .fingerprint = fingerprint_of(chain.leaf.get()),
        .not_before = not_before_of(chain.leaf.get()),
        .not_after = not_after_of(chain.leaf.get())};
    if (certificate.names.empty() && !contexts_.empty())
        return complain(files.certificate,
            "says no DNS name, so nobody would be shown it: give its names, names: [a.example]");
    GH_CHECK(show(raw, files, std::move(chain)));

    std::string client_ca;
    if (options.client != ClientCheck::none) {
        client_ca = GH_TRY(trust(raw, options.client_ca));
        SSL_CTX_set_verify(raw,
            SSL_VERIFY_PEER
                | (options.client == ClientCheck::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
            nullptr);
    }
    bind_sessions(raw, options, client_ca);
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF); // Clients keep them, as tickets.
    SSL_CTX_set_timeout(raw, ticket_seconds);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(raw, seal_or_open_ticket);
    SSL_CTX_set_tlsext_servername_callback(raw, choose_certificate);
    SSL_CTX_set_alpn_select_cb(raw, net::choose_protocol, nullptr);

    for (auto& name : certificate.names) {
        name = small_letters(name);
        by_name_.emplace(name, raw); // Of two for one name, the first.
    }
    contexts_.push_back(std::move(context));
    certificates_.push_back(std::move(certificate));
    return {};
}

SSL_CTX* TlsContexts::find(std::string_view server_name) const
{
    auto const name = small_letters(server_name);
    if (auto const exact = by_name_.find(name); exact != by_name_.end())
        return exact->second;
    if (auto const dot = name.find('.'); dot != std::string::npos)
        if (auto const wild = by_name_.find("*" + name.substr(dot)); wild != by_name_.end())
            return wild->second;
    return fallback();
}

std::string_view TlsContexts::choose_protocol(std::string_view offered) const
{
    for (auto const& ours : protocols_)
        for (auto rest = offered; !rest.empty();) {
            auto const size = static_cast<unsigned char>(rest.front());
            if (ours.size() == size && rest.substr(1, size) == ours)
                return ours;
            rest.remove_prefix(std::min<std::size_t>(rest.size(), size + std::size_t{1}));
        }
    return {};
}

Result<std::shared_ptr<TlsProfile const>> TlsProfile::load(TlsProfileOptions const& options)
{
    auto profile = std::make_shared<TlsProfile>();
    profile->context_ = plain_context(TLS_client_method(), TlsVersion::tls_1_2);
    auto* const raw = profile->context_.get();
    if (options.ca.empty())
        SSL_CTX_set_default_verify_paths(raw);
    else
        GH_CHECK(trust(raw, options.ca));
    if (!options.certificate.empty()) {
        CertificateFiles const files{.certificate = options.certificate, .key = options.key};
        auto chain = GH_TRY(read_certificates(files.certificate));
        GH_CHECK(show(raw, files, std::move(chain)));
    }
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
    auto const protocols = wire_form(options.protocols);
    SSL_CTX_set_alpn_protos(raw, reinterpret_cast<unsigned char const*>(protocols.data()),
        static_cast<unsigned>(protocols.size()));
    return profile;
}

} // namespace gatehouse::net
