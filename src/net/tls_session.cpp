// SPDX-License-Identifier: Apache-2.0
#include "net/tls_session.hpp"

#include "base/assert.hpp"
#include "net/tls_contexts.hpp"

#include <algorithm>
#include <cstring>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <utility>

namespace gatehouse::net {

std::string take_openssl_error()
{
    auto const code = ERR_peek_last_error();
    ERR_clear_error();
    auto const* const reason = ERR_reason_error_string(code);
    return reason ? reason : "unknown error";
}

// A BIO without memory of its own: it reads what `receive` was lent and appends to its output.
struct TlsBio {
    static TlsSession& session(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* bytes, std::size_t size, std::size_t* got)
    {
        auto& input = session(bio).input_;
        BIO_clear_retry_flags(bio);
        *got = std::min(size, input.size());
        if (*got == 0) {
            BIO_set_retry_read(bio);
            return 0;
        }
        std::memcpy(bytes, input.data(), *got);
        input.remove_prefix(*got);
        return 1;
    }

    static int write(BIO* bio, char const* bytes, std::size_t size, std::size_t* taken)
    {
        auto* const output = session(bio).output_;
        GH_ASSERT(output);
        output->append(bytes, size);
        *taken = size;
        return 1;
    }

    static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH; }

    static BIO_METHOD* method()
    {
        static Owned<BIO_METHOD, BIO_meth_free> const made([] {
            auto* const fresh
                = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gatehouse");
            GH_ASSERT(fresh);
            BIO_meth_set_read_ex(fresh, read);
            BIO_meth_set_write_ex(fresh, write);
            BIO_meth_set_ctrl(fresh, control);
            return fresh;
        }());
        return made.get();
    }
};

TlsSession::TlsSession(
    std::shared_ptr<TlsContexts const> contexts, std::shared_ptr<TicketKeys const> ticket_keys)
    : contexts_(std::move(contexts))
    , ticket_keys_(std::move(ticket_keys))
{
    set_up(contexts_->fallback());
    SSL_set_accept_state(ssl_.get());
}

TlsSession::TlsSession(std::shared_ptr<TlsProfile const> profile, std::string const& server_name)
    : profile_(std::move(profile))
{
    set_up(profile_->context());
    SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str());
    SSL_set1_host(ssl_.get(), server_name.c_str());
    SSL_set_connect_state(ssl_.get());
}

TlsSession::~TlsSession() = default;

void TlsSession::set_up(SSL_CTX* context)
{
    ssl_.reset(SSL_new(context));
    auto* const bio = BIO_new(TlsBio::method());
    GH_ASSERT(ssl_ && bio);
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), this);
}

TlsSession& TlsSession::of(SSL* ssl)
{
    return *static_cast<TlsSession*>(SSL_get_app_data(ssl));
}

TlsSession::State TlsSession::receive(std::string_view cipher, std::string& plain, std::string& out)
{
    input_ = cipher;
    output_ = &out;
    if (state_ == State::handshaking)
        shake_hands();
    if (state_ == State::open)
        read_into(plain);
    input_ = {};
    output_ = nullptr;
    return state_;
}

void TlsSession::shake_hands()
{
    ERR_clear_error();
    auto const result = SSL_do_handshake(ssl_.get());
    if (result != 1)
        return judge(result);
    state_ = State::open;
    ticket_keys_.reset(); // Tickets were given: an idle session need not hold keys that rotate out.
}

// Straight behind what is there, a record at a time.
void TlsSession::read_into(std::string& plain)
{
    constexpr std::size_t record_bytes_max = 16'384;
    int result = 1;
    while (result == 1) {
        auto const before = plain.size();
        auto const read = [&](char* bytes, std::size_t) {
            std::size_t got = 0;
            ERR_clear_error();
            result = SSL_read_ex(ssl_.get(), bytes + before, record_bytes_max, &got);
            return before + got;
        };
        plain.resize_and_overwrite(before + record_bytes_max, read);
    }
    judge(result);
}

void TlsSession::judge(int result)
{
    switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return;
    case SSL_ERROR_ZERO_RETURN: state_ = State::ended; return;
    default: break;
    }
    auto const reason = ERR_GET_REASON(ERR_peek_last_error());
    is_plain_http_ = reason == SSL_R_HTTP_REQUEST;
    fail(take_openssl_error());
}

void TlsSession::fail(std::string why)
{
    state_ = State::failed;
    failure_ = std::move(why);
}

void TlsSession::write(std::string_view plain, std::string& out)
{
    output_ = &out;
    while (!plain.empty() && (state_ == State::open || state_ == State::ended)) {
        std::size_t taken = 0;
        ERR_clear_error();
        if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &taken) == 1)
            plain.remove_prefix(taken);
        else
            fail(take_openssl_error());
    }
    output_ = nullptr;
}

void TlsSession::end(std::string& out)
{
    if (state_ != State::open && state_ != State::ended)
        return;
    output_ = &out;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    output_ = nullptr;
}

TlsSession::Established TlsSession::established() const
{
    auto const text = [](char const* words) { return std::string(words ? words : ""); };
    Established found{
        .server_name = text(SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name)),
        .version = text(SSL_get_version(ssl_.get())),
        .cipher = text(SSL_get_cipher_name(ssl_.get())),
        .is_resumed = SSL_session_reused(ssl_.get()) == 1};
    unsigned char const* protocol = nullptr;
    unsigned protocol_bytes = 0;
    SSL_get0_alpn_selected(ssl_.get(), &protocol, &protocol_bytes);
    found.protocol.assign(reinterpret_cast<char const*>(protocol), protocol_bytes);
    if (auto const* const peer = SSL_get0_peer_certificate(ssl_.get()); peer && contexts_) {
        auto& der = found.client_certificate;
        der.resize(static_cast<std::size_t>(i2d_X509(peer, nullptr)));
        auto* at = reinterpret_cast<unsigned char*>(der.data());
        i2d_X509(peer, &at);
    }
    return found;
}

} // namespace gatehouse::net
