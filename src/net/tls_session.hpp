// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/openssl.hpp"
#include "net/ticket_keys.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::net {

class TlsContexts;
class TlsProfile;

// One TLS connection, seen from one of its ends, as a machine without a socket: bytes of the peer
// in, plain text and bytes for the peer out. It holds no bytes of either between two calls, but
// what OpenSSL needs of a record that is not whole yet: an idle one is as small as OpenSSL allows.
//
// The handshake needs nothing but `receive`; a client begins it with empty input. Contexts stay as
// they were when the session began, however often they are swapped meanwhile.
//
// Source: RFC 8446, RFC 5246, RFC 6066 §3 (SNI), RFC 7301 (ALPN). Renegotiation and compression are
// refused, 0-RTT is not offered. Bound to one thread.
class TlsSession {
public:
    enum class State : std::uint8_t {
        handshaking,
        open,
        ended,  // The peer said close_notify: it sends no more, but may still read.
        failed, // Nothing goes in or out any more, but the alert that was put out.
    };

    // What the handshake found.
    struct Established {
        std::string server_name{};        // That the client asked for; empty: none.
        std::string protocol{};           // By ALPN; empty: not negotiated.
        std::string version{};            // "TLSv1.3"
        std::string cipher{};             // "TLS_AES_128_GCM_SHA256"
        std::string client_certificate{}; // DER, verified; empty: none.
        bool is_resumed = false;
    };

    // The server's end.
    TlsSession(
        std::shared_ptr<TlsContexts const> contexts, std::shared_ptr<TicketKeys const> ticket_keys);
    // The client's end, of a connection to a server that must be of this name.
    TlsSession(std::shared_ptr<TlsProfile const> profile, std::string const& server_name);
    ~TlsSession();
    TlsSession(TlsSession const&) = delete;
    TlsSession& operator=(TlsSession const&) = delete;

    // Takes all of `cipher`. Appends to `plain` what it held for the owner, and to `out` what must
    // go to the peer, also where it failed: the alert that says why.
    State receive(std::string_view cipher, std::string& plain, std::string& out);
    // Appends to `out` what `plain` became: records of at most 16 KiB. Nothing, where it is
    // neither open nor ended.
    void write(std::string_view plain, std::string& out);
    // Ends our half: appends close_notify. Nothing can be written any more, but the peer may go on.
    void end(std::string& out);

    [[nodiscard]] State state() const { return state_; }
    // Once it is open.
    [[nodiscard]] Established established() const;
    // Why it failed, in OpenSSL's words: "no shared cipher".
    [[nodiscard]] std::string_view failure() const { return failure_; }
    // The peer does not speak TLS at all, but plain HTTP.
    [[nodiscard]] bool is_plain_http() const { return is_plain_http_; }

    // For the callbacks of contexts.
    [[nodiscard]] static TlsSession& of(SSL* ssl);
    [[nodiscard]] TlsContexts const* contexts() const { return contexts_.get(); }
    [[nodiscard]] TicketKeys const* ticket_keys() const { return ticket_keys_.get(); }

private:
    friend struct TlsBio; // Reads `input_`, writes to `output_`.

    void set_up(SSL_CTX* context);
    void shake_hands();
    void read_into(std::string& plain);
    void judge(int result);
    void fail(std::string why);

    std::shared_ptr<TlsContexts const> contexts_; // Of a server's end.
    std::shared_ptr<TlsProfile const> profile_;   // Of a client's.
    std::shared_ptr<TicketKeys const> ticket_keys_;
    std::string_view input_;        // Lent for the length of a call,
    std::string* output_ = nullptr; // both.
    Ssl ssl_;
    std::string failure_;
    State state_ = State::handshaking;
    bool is_plain_http_ = false;
};

} // namespace gatehouse::net
