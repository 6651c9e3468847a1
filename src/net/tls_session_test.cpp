// SPDX-License-Identifier: Apache-2.0
#include "net/tls_session.hpp"

#include "net/testing_certificates.hpp"
#include "net/tls_contexts.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace gatehouse::net {
namespace {

using State = TlsSession::State;

// Two ends, and what is under way between them.
struct Pair {
    Pair(std::shared_ptr<TlsContexts const> contexts, std::shared_ptr<TlsProfile const> profile,
        std::string const& name, std::shared_ptr<TicketKeys const> keys = TicketKeys::fresh())
        : server(std::move(contexts), std::move(keys))
        , client(std::move(profile), name)
    {
        client.receive({}, at_client, to_server);
    }

    // Until both have nothing more to say: each receives so many bytes at once.
    void run(std::size_t piece = SIZE_MAX)
    {
        while (!to_server.empty() || !to_client.empty()) {
            auto const bytes = take(to_server, piece);
            if (!bytes.empty())
                server.receive(bytes, at_server, to_client);
            auto const back = take(to_client, piece);
            if (!back.empty())
                client.receive(back, at_client, to_server);
        }
    }

    static std::string take(std::string& from, std::size_t size)
    {
        auto const piece = from.substr(0, size);
        from.erase(0, size);
        return piece;
    }

    TlsSession server, client;
    std::string to_server, to_client; // Cipher.
    std::string at_server, at_client; // Plain.
};

struct TlsSessionTest : testing::Test {
    TlsSessionTest()
    {
        options.certificates = {authority.issue("one", {.names = {"one.example"}})};
        profile_options.ca = authority.ca();
    }

    std::shared_ptr<TlsContexts const> contexts() const
    {
        return TlsContexts::load(options).value();
    }
    std::shared_ptr<TlsProfile const> profile() const
    {
        return TlsProfile::load(profile_options).value();
    }
    // A pair whose handshake is over, however it went.
    std::unique_ptr<Pair> meet(std::string const& name = "one.example") const
    {
        auto pair = std::make_unique<Pair>(contexts(), profile(), name);
        pair->run();
        return pair;
    }

    TestAuthority authority;
    TlsOptions options;
    TlsProfileOptions profile_options;
};

TEST_F(TlsSessionTest, says_both_ways_what_was_written_wherever_the_bytes_are_cut)
{
    for (std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, SIZE_MAX}) {
        Pair pair(contexts(), profile(), "one.example");
        pair.run(piece);
        ASSERT_EQ(pair.server.state(), State::open) << pair.server.failure();
        ASSERT_EQ(pair.client.state(), State::open) << pair.client.failure();
        std::string const large(100'000, 'x');
        pair.client.write("GET / HTTP/1.1\r\n\r\n", pair.to_server);
        pair.server.write("HTTP/1.1 200 OK\r\n\r\n", pair.to_client);
        pair.server.write(large, pair.to_client);
        pair.run(piece);
        EXPECT_EQ(pair.at_server, "GET / HTTP/1.1\r\n\r\n");
        EXPECT_EQ(pair.at_client, "HTTP/1.1 200 OK\r\n\r\n" + large);
    }
}

TEST_F(TlsSessionTest, says_what_the_handshake_found)
{
    auto const pair = meet();
    auto const found = pair->server.established();
    EXPECT_EQ(found.server_name, "one.example");
    EXPECT_EQ(found.protocol, "http/1.1");
    EXPECT_EQ(found.version, "TLSv1.3");
    EXPECT_EQ(found.client_certificate, "");
    EXPECT_FALSE(found.is_resumed);
    EXPECT_EQ(pair->client.established().protocol, "http/1.1");
}

TEST_F(TlsSessionTest, speaks_1_2_where_the_client_knows_no_more_unless_told_not_to)
{
    auto const old = [&] {
        auto made = profile();
        SSL_CTX_set_max_proto_version(made->context(), TLS1_2_VERSION);
        return made;
    };
    Pair pair(contexts(), old(), "one.example");
    pair.run();
    EXPECT_EQ(pair.server.established().version, "TLSv1.2");

    options.version_min = TlsVersion::tls_1_3;
    Pair refused(contexts(), old(), "one.example");
    refused.run();
    EXPECT_EQ(refused.server.state(), State::failed);
    EXPECT_EQ(refused.server.failure(), "unsupported protocol");
    EXPECT_EQ(refused.client.failure(), "tlsv1 alert protocol version") << "it is told why";
}

TEST_F(TlsSessionTest, refuses_1_1)
{
    auto const ancient = profile();
    SSL_CTX_set_security_level(ancient->context(), 0);
    SSL_CTX_set_cipher_list(ancient->context(), "ALL:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(ancient->context(), TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(ancient->context(), TLS1_1_VERSION);
    Pair pair(contexts(), ancient, "one.example");
    EXPECT_FALSE(pair.to_server.empty()) << "the client must try, or this tests nothing";
    pair.run();
    EXPECT_EQ(pair.server.state(), State::failed);
    EXPECT_EQ(pair.server.failure(), "unsupported protocol");
}

TEST_F(TlsSessionTest, refuses_a_protocol_that_it_does_not_speak)
{
    profile_options.protocols = {"h2", "spdy/3"};
    auto const pair = meet();
    EXPECT_EQ(pair->server.state(), State::failed);
    EXPECT_EQ(pair->client.failure(), "tlsv1 alert no application protocol");
}

TEST_F(TlsSessionTest, takes_the_first_protocol_of_its_own_that_the_client_offers)
{
    options.protocols = {"h2", "http/1.1"};
    profile_options.protocols = {"http/1.1", "h2"};
    EXPECT_EQ(meet()->client.established().protocol, "h2");
    profile_options.protocols = {"http/1.1"};
    EXPECT_EQ(meet()->client.established().protocol, "http/1.1");
}

TEST_F(TlsSessionTest, a_client_believes_no_other_authority_and_no_other_name)
{
    auto const wrong_name = meet("two.example");
    EXPECT_EQ(wrong_name->client.failure(), "certificate verify failed");
    EXPECT_EQ(wrong_name->server.state(), State::failed) << "it is told by an alert";

    TestAuthority const other;
    profile_options.ca = other.ca();
    EXPECT_EQ(meet()->client.failure(), "certificate verify failed");
}

TEST_F(TlsSessionTest, asks_clients_for_the_certificates_that_it_is_told_to_ask_for)
{
    auto const client = authority.issue("designs", {.names = {"URI:spiffe://example/designs"}});
    options.client_ca = authority.ca();

    options.client = ClientCheck::optional;
    EXPECT_EQ(meet()->server.established().client_certificate, "");

    // In TLS 1.3 a client is done before it is refused.
    options.client = ClientCheck::required;
    EXPECT_EQ(meet()->server.failure(), "peer did not return a certificate");

    profile_options.certificate = client.certificate;
    profile_options.key = client.key;
    EXPECT_GT(meet()->server.established().client_certificate.size(), 100u);

    TestAuthority other;
    auto const stranger = other.issue("stranger", {});
    profile_options.certificate = stranger.certificate;
    profile_options.key = stranger.key;
    EXPECT_EQ(meet()->server.failure(), "certificate verify failed");
    options.client = ClientCheck::optional;
    EXPECT_EQ(meet()->server.failure(), "certificate verify failed") << "a wrong one is no guest";
}

TEST_F(TlsSessionTest, tells_an_end_from_a_cut)
{
    auto const pair = meet();
    pair->client.write("all", pair->to_server);
    pair->client.end(pair->to_server);
    pair->run();
    EXPECT_EQ(pair->at_server, "all");
    EXPECT_EQ(pair->server.state(), State::ended);
    pair->server.write("answer", pair->to_client); // The other half is still open.
    pair->server.end(pair->to_client);
    pair->run();
    EXPECT_EQ(pair->at_client, "answer");
    EXPECT_EQ(pair->client.state(), State::ended);

    auto const cut = meet();
    cut->client.write("all", cut->to_server);
    cut->run();
    EXPECT_EQ(cut->server.state(), State::open) << "nobody said that it was all";
}

TEST_F(TlsSessionTest, knows_plain_http_and_refuses_garbage)
{
    auto const answer_to = [&](std::string_view bytes) {
        Pair pair(contexts(), profile(), "one.example");
        pair.server.receive(bytes, pair.at_server, pair.to_client);
        EXPECT_EQ(pair.server.state(), State::failed) << bytes;
        EXPECT_EQ(pair.at_server, "");
        return pair.server.is_plain_http();
    };
    EXPECT_TRUE(answer_to("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_FALSE(answer_to(std::string(1000, '\0')));
    EXPECT_FALSE(answer_to("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"));
    EXPECT_FALSE(answer_to(std::string("\x16\x03\x01\xff\xff\x01", 6)));
}

TEST_F(TlsSessionTest, fails_where_a_record_was_changed_on_its_way)
{
    auto const pair = meet();
    pair->client.write("pay 10", pair->to_server);
    pair->to_server.back() ^= 1;
    pair->run();
    EXPECT_EQ(pair->server.state(), State::failed);
    EXPECT_EQ(pair->at_server, "");
}

// ---- What only a client can do that is no TlsSession

struct RawClient {
    explicit RawClient(TlsProfile const& profile, SSL_SESSION* ticket = nullptr)
        : ssl(SSL_new(profile.context()))
        , in(BIO_new(BIO_s_mem()))
        , out(BIO_new(BIO_s_mem()))
    {
        SSL_set_bio(ssl.get(), in, out);
        SSL_set_tlsext_host_name(ssl.get(), "one.example");
        SSL_set_connect_state(ssl.get());
        if (ticket)
            SSL_set_session(ssl.get(), ticket);
    }

    // Says what there is to say, and hears the answer.
    void talk(TlsSession& server)
    {
        char byte = 0;
        if (SSL_do_handshake(ssl.get()) == 1)
            SSL_read(ssl.get(), &byte, 1);
        char* bytes = nullptr;
        auto const size = BIO_get_mem_data(out, &bytes);
        std::string plain, answer;
        server.receive({bytes, static_cast<std::size_t>(size)}, plain, answer);
        BIO_reset(out);
        BIO_write(in, answer.data(), static_cast<int>(answer.size()));
        if (SSL_is_init_finished(ssl.get()))
            SSL_read(ssl.get(), &byte, 1);
    }

    Ssl ssl;
    BIO* in;
    BIO* out;
};

TEST_F(TlsSessionTest, refuses_renegotiation)
{
    auto const old = profile();
    SSL_CTX_set_max_proto_version(old->context(), TLS1_2_VERSION);
    SSL_CTX_clear_options(old->context(), SSL_OP_NO_RENEGOTIATION);
    RawClient client(*old);
    TlsSession server(contexts(), TicketKeys::fresh());
    for (int i = 0; i < 4; i++)
        client.talk(server);
    ASSERT_EQ(server.state(), State::open);
    ASSERT_TRUE(SSL_is_init_finished(client.ssl.get()));
    ASSERT_EQ(SSL_renegotiate(client.ssl.get()), 1);
    for (int i = 0; i < 4; i++)
        client.talk(server);
    EXPECT_FALSE(SSL_is_init_finished(client.ssl.get())) << "it is alone with its handshake";
}

TEST_F(TlsSessionTest, a_ticket_is_good_on_every_shard_until_its_key_has_rotated_out)
{
    auto const ours = contexts();
    auto const theirs = profile();
    auto const keys = TicketKeys::fresh();
    SSL_CTX_set_verify(theirs->context(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_session_cache_mode(theirs->context(), SSL_SESS_CACHE_CLIENT);
    static int tickets;
    tickets = 0;
    SSL_CTX_sess_set_new_cb(theirs->context(), [](SSL*, SSL_SESSION*) {
        tickets++;
        return 0;
    });
    // Whether one who was here comes back to such contexts and keys without a full handshake.
    auto const comes_back = [&](auto const& contexts_then, auto const& keys_then) {
        RawClient first(*theirs);
        TlsSession met(ours, keys);
        for (int i = 0; i < 3; i++)
            first.talk(met);
        EXPECT_EQ(met.state(), State::open);
        EXPECT_FALSE(met.established().is_resumed);
        Owned<SSL_SESSION, SSL_SESSION_free> const ticket(SSL_get1_session(first.ssl.get()));
        EXPECT_EQ(SSL_SESSION_is_resumable(ticket.get()), 1);
        tickets = 0;
        RawClient again(*theirs, ticket.get());
        TlsSession other(contexts_then, keys_then);
        for (int i = 0; i < 3; i++)
            again.talk(other);
        EXPECT_EQ(other.state(), State::open) << other.failure();
        EXPECT_GT(tickets, 0) << "for the next time";
        return other.established().is_resumed;
    };
    EXPECT_TRUE(comes_back(ours, keys));
    EXPECT_TRUE(comes_back(contexts(), keys)) << "after a reload, or on another shard";
    auto const next = TicketKeys::rotated(*keys);
    EXPECT_TRUE(comes_back(ours, next));
    EXPECT_FALSE(comes_back(ours, TicketKeys::rotated(*next)));

    options.client = ClientCheck::optional;
    options.client_ca = authority.ca();
    EXPECT_FALSE(comes_back(contexts(), keys)) << "who may come has changed";
}

} // namespace
} // namespace gatehouse::net
