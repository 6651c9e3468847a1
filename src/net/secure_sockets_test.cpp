// SPDX-License-Identifier: Apache-2.0
#include "net/secure_sockets.hpp"

#include "net/testing_certificates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sys/socket.h>

namespace gatehouse::net {
namespace {

using namespace std::chrono_literals;

constexpr ListenerTag secure_tag{1};
constexpr ListenerTag plain_tag{2};
constexpr ListenerTag proxied_tag{3};
constexpr ListenerTag both_tag{4};

// Both ends of each connection live in one table and are turned in one thread.
struct SecureSocketsTest : testing::Test, SecureSockets::Events {
    struct Seen {
        bool opened = false, connected = false, ended = false;
        std::string received;
        int drained = 0;
        std::optional<CloseReason> closed;
    };

    SecureSocketsTest()
    {
        tls.certificates = {authority.issue("one", {.names = {"one.example"}})};
        tls.client_ca = authority.ca();
        tls.client = ClientCheck::optional;
    }

    void start(SecureSockets::Options options = {})
    {
        reactor.at_end_of_turn([this] {
            most_handshakes = std::max(
                most_handshakes, sockets->tally().handshakes - std::exchange(handshakes_before, 0));
            handshakes_before = sockets->tally().handshakes;
            sockets->flush();
        });
        sockets = std::make_unique<SecureSockets>(reactor, *this, options);
        sockets->use(TlsContexts::load(tls).value());
        sockets->use(TicketKeys::fresh());
        profile = TlsProfile::load({.ca = authority.ca()}).value();
        auto const listen = [&](ListenerTag tag, SecureSockets::Demands demands) {
            return sockets->listen(*Address::parse("127.0.0.1:0"), tag, PortUse::claim, demands)
                ->address;
        };
        secure = listen(secure_tag, {.tls = true});
        plain = listen(plain_tag, {});
        proxied = listen(proxied_tag, {.proxy_header = true});
        both = listen(both_tag, {.tls = true, .proxy_header = true});
    }

    template <typename Condition>
    [[nodiscard]] bool comes_to_pass(Condition condition)
    {
        auto const limit = clock.read().steady + 20s;
        while (!condition() && clock.read().steady < limit)
            reactor.turn(1ms);
        return condition();
    }

    ConnectionId dial(std::string const& name = "one.example")
    {
        return sockets->dial(secure, profile, name);
    }
    // A dialled connection, and the accepted one at its other end.
    std::pair<ConnectionId, ConnectionId> connect()
    {
        auto const before = accepted.size();
        auto const id = dial();
        EXPECT_TRUE(comes_to_pass([&] { return accepted.size() > before && seen[id].connected; }));
        return {id, accepted.back()};
    }

    void opened(ConnectionId id, SecureSockets::Accepted const& how) override
    {
        EXPECT_FALSE(seen.contains(id));
        seen[id].opened = true;
        accepted.push_back(id);
        last_peer = how.peer.to_string();
        last_tag = how.tag;
        last_tls = how.tls ? std::optional(*how.tls) : std::nullopt;
        if (on_opened)
            on_opened(id);
    }
    void connected(ConnectionId id) override { alive(id).connected = true; }
    void received(ConnectionId id, std::span<char> bytes) override
    {
        alive(id).received.append(bytes.data(), bytes.size());
        if (echo && seen[id].opened)
            sockets->send(id, std::string_view(bytes.data(), bytes.size()));
    }
    void drained(ConnectionId id) override { alive(id).drained++; }
    void ended(ConnectionId id) override
    {
        alive(id).ended = true;
        ends++;
    }
    void closed(ConnectionId id, CloseReason reason) override { alive(id).closed = reason; }
    Seen& alive(ConnectionId id)
    {
        EXPECT_FALSE(seen[id].closed) << "an event after closed";
        return seen[id];
    }

    TestAuthority authority;
    TlsOptions tls;
    runtime::Clock clock;
    runtime::Reactor reactor{clock};
    std::unique_ptr<SecureSockets> sockets;
    std::shared_ptr<TlsProfile const> profile;
    Address secure, plain, proxied, both;
    std::map<ConnectionId, Seen> seen;
    std::vector<ConnectionId> accepted;
    std::move_only_function<void(ConnectionId)> on_opened;
    std::string last_peer;
    ListenerTag last_tag{};
    std::optional<TlsSession::Established> last_tls;
    std::uint64_t handshakes_before = 0, most_handshakes = 0;
    bool echo = false;
    int ends = 0;
};

TEST_F(SecureSocketsTest, what_is_said_in_plain_text_arrives_in_plain_text)
{
    start();
    echo = true;
    auto const [ours, theirs] = connect();
    EXPECT_EQ(last_tag, secure_tag);
    ASSERT_TRUE(last_tls);
    EXPECT_EQ(last_tls->server_name, "one.example");
    EXPECT_EQ(last_tls->protocol, "http/1.1");
    sockets->send(ours, "hello ");
    sockets->send(ours, make_frame("world" + std::string(1000, '!')));
    EXPECT_EQ(sockets->backlog(ours), 1011u);
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].received.size() == 1011; }));
    EXPECT_TRUE(seen[theirs].received.starts_with("hello world!"));
    EXPECT_EQ(sockets->backlog(ours), 0u);
    EXPECT_EQ(sockets->tally().handshakes, 1u);
}

TEST_F(SecureSocketsTest, what_is_sent_before_the_handshake_waits_for_it)
{
    start();
    echo = true;
    auto const ours = dial();
    sockets->send(ours, "early");
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].received == "early"; }));
}

TEST_F(SecureSocketsTest, plain_listeners_stay_plain)
{
    start();
    echo = true;
    auto const ours = sockets->dial(plain);
    sockets->send(ours, "hello");
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].received == "hello"; }));
    EXPECT_EQ(last_tag, plain_tag);
    EXPECT_FALSE(last_tls);
    sockets->end(ours);
    EXPECT_TRUE(comes_to_pass([&] { return seen[accepted.back()].ended; }));
}

TEST_F(SecureSocketsTest, two_hundred_at_once_shake_hands_four_a_turn_and_echo)
{
    start();
    echo = true;
    std::vector<ConnectionId> ids;
    for (int i = 0; i < 200; i++) {
        ids.push_back(dial());
        sockets->send(ids.back(), "early " + std::to_string(i));
    }
    EXPECT_TRUE(comes_to_pass([&] {
        int i = 0;
        return std::ranges::all_of(
            ids, [&](auto id) { return seen[id].received == "early " + std::to_string(i++); });
    }));
    EXPECT_LE(most_handshakes, 4u);
    EXPECT_EQ(sockets->tally().handshakes, 200u);
    for (auto const id : ids)
        sockets->close(id);
    EXPECT_TRUE(comes_to_pass(
        [&] { return std::ranges::all_of(accepted, [&](auto id) { return seen[id].ended; }); }));
    for (auto const id : accepted)
        sockets->close(id);
    EXPECT_TRUE(comes_to_pass([&] { return sockets->open() == 0; }));
    for (auto const& [id, what] : seen)
        EXPECT_EQ(what.closed, CloseReason::finished);
}

TEST_F(SecureSocketsTest, a_slow_reader_is_a_backlog_that_is_not_encrypted_ahead)
{
    start();
    auto const [ours, theirs] = connect();
    sockets->pause(theirs);
    std::string expected;
    for (int i = 0; i < 300; i++) {
        auto const frame = make_frame(std::string(100'000, static_cast<char>('a' + i % 26)));
        sockets->send(ours, frame);
        sockets->send(ours, "between");
        expected += *frame + "between";
    }
    for (int i = 0; i < 10; i++)
        reactor.turn(1ms);
    EXPECT_GT(sockets->backlog(ours), 10'000'000u);
    EXPECT_EQ(seen[ours].drained, 0);
    sockets->resume(theirs);
    EXPECT_TRUE(comes_to_pass([&] { return seen[theirs].received.size() == expected.size(); }));
    EXPECT_EQ(seen[theirs].received, expected);
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].drained > 0; }));
    EXPECT_EQ(sockets->backlog(ours), 0u);
}

TEST_F(SecureSocketsTest, what_is_not_begun_can_be_dropped)
{
    start();
    auto const [ours, theirs] = connect();
    sockets->pause(theirs);
    for (int i = 0; i < 100; i++)
        sockets->send(ours, make_frame(std::string(100'000, 'a')));
    for (int i = 0; i < 10; i++)
        reactor.turn(1ms);
    EXPECT_GT(sockets->backlog(ours), 5'000'000u);
    sockets->drop_waiting(ours);
    EXPECT_LT(sockets->backlog(ours), 400'000u);
    sockets->send(ours, "the end");
    sockets->resume(theirs);
    EXPECT_TRUE(comes_to_pass([&] { return seen[theirs].received.ends_with("the end"); }));
    EXPECT_EQ(seen[theirs].received.size() % 100'000, 7u) << "in whole frames";
}

TEST_F(SecureSocketsTest, too_long_a_backlog_ends_the_connection)
{
    start({.sockets = {.backlog_bytes_max = 1'000'000}});
    auto const [ours, theirs] = connect();
    sockets->pause(theirs);
    for (int i = 0; i < 100; i++) {
        sockets->send(ours, std::string(100'000, 'a'));
        reactor.turn(0ms);
    }
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].closed.has_value(); }));
    EXPECT_EQ(seen[ours].closed, CloseReason::overrun);
}

TEST_F(SecureSocketsTest, each_half_ends_by_itself_and_all_that_was_sent_arrives)
{
    start();
    auto const [ours, theirs] = connect();
    std::string const large(1'000'000, 'x');
    sockets->send(ours, large);
    sockets->end(ours);
    EXPECT_TRUE(comes_to_pass([&] { return seen[theirs].ended; }));
    EXPECT_EQ(seen[theirs].received, large);
    sockets->send(theirs, large);
    sockets->close(theirs);
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].closed.has_value(); }));
    EXPECT_EQ(seen[ours].received, large);
    EXPECT_TRUE(comes_to_pass([&] { return seen[theirs].closed.has_value(); }));
    EXPECT_EQ(seen[theirs].closed, CloseReason::finished);
}

TEST_F(SecureSocketsTest, closes_after_it_has_ended)
{
    start();
    auto const [ours, theirs] = connect();
    sockets->end(ours);
    EXPECT_TRUE(comes_to_pass([&] { return seen[theirs].ended; }));
    sockets->close(ours);
    sockets->close(theirs);
    EXPECT_TRUE(comes_to_pass([&] { return sockets->open() == 0; }));
    EXPECT_EQ(seen[ours].closed, CloseReason::finished);
}

TEST_F(SecureSocketsTest, whoever_does_not_read_is_not_waited_for_when_closing)
{
    start({.sockets = {.closing_max = 50ms}});
    auto const [ours, theirs] = connect();
    sockets->pause(theirs);
    sockets->send(ours, std::string(20'000'000, 'x'));
    sockets->close(ours);
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].closed.has_value(); }));
    EXPECT_EQ(seen[ours].closed, CloseReason::timed_out);
}

TEST_F(SecureSocketsTest, may_be_closed_as_it_is_opened)
{
    start();
    on_opened = [&](ConnectionId id) {
        sockets->send(id, "go away");
        sockets->close(id);
    };
    auto const ours = dial();
    sockets->send(ours, "hello");
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].ended; }));
    EXPECT_EQ(seen[ours].received, "go away");
    EXPECT_EQ(seen[accepted.back()].received, "");
}

// ---- Peers that are not as they should be

// A client of plain TCP.
struct Crude {
    explicit Crude(Address const& to)
        : socket(::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK, 0))
    {
        ::connect(socket.get(), to.raw(), to.raw_bytes());
    }
    void say(std::string_view bytes)
    {
        EXPECT_EQ(::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
    }
    // True once the other end is gone.
    bool hears_the_end()
    {
        std::array<char, 4096> buffer;
        for (;;) {
            auto const got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
            if (got < 0)
                return errno == ECONNRESET;
            if (got == 0)
                return true;
            heard.append(buffer.data(), static_cast<std::size_t>(got));
        }
    }

    runtime::Descriptor socket;
    std::string heard;
};

TEST_F(SecureSocketsTest, tells_a_cut_from_an_end)
{
    start();
    auto const [ours, theirs] = connect();
    sockets->send(ours, "half of");
    EXPECT_TRUE(comes_to_pass([&] { return seen[theirs].received == "half of"; }));
    sockets->reset(ours);
    EXPECT_TRUE(comes_to_pass([&] { return seen[theirs].closed.has_value(); }));
    EXPECT_EQ(seen[theirs].closed, CloseReason::reset_by_peer);
    EXPECT_FALSE(seen[theirs].ended);
}

TEST_F(SecureSocketsTest, says_where_to_go_to_who_speaks_plain_http)
{
    start();
    Crude client(secure);
    client.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(comes_to_pass([&] { return client.hears_the_end(); }));
    EXPECT_TRUE(client.heard.contains("400 Bad Request")) << client.heard;
    EXPECT_TRUE(client.heard.ends_with("write https:// in place of http\n")) << client.heard;
    EXPECT_TRUE(accepted.empty());
    EXPECT_EQ(sockets->tally().failed, 1u);
}

TEST_F(SecureSocketsTest, waits_for_no_handshake_longer_than_it_may)
{
    start({.handshake_max = 50ms});
    Crude silent(secure);
    Crude slow(secure);
    slow.say("\x16\x03\x01");
    EXPECT_TRUE(comes_to_pass([&] { return silent.hears_the_end() && slow.hears_the_end(); }));
    EXPECT_TRUE(accepted.empty());
    EXPECT_EQ(sockets->tally().failed, 2u);
}

TEST_F(SecureSocketsTest, lets_the_first_of_too_many_go)
{
    start({.unfinished_max = 3});
    std::vector<std::unique_ptr<Crude>> slow;
    for (int i = 0; i < 3; i++) {
        slow.push_back(std::make_unique<Crude>(secure));
        slow.back()->say("\x16\x03\x01");
        for (int turns = 0; turns < 20; turns++)
            reactor.turn(1ms);
    }
    EXPECT_FALSE(slow[0]->hears_the_end());
    connect();
    EXPECT_TRUE(comes_to_pass([&] { return slow[0]->hears_the_end(); }));
    EXPECT_FALSE(slow[1]->hears_the_end());
    EXPECT_EQ(sockets->tally().crowded_out, 1u);
    connect(); // Those that are through count no more.
    EXPECT_FALSE(slow[1]->hears_the_end());
}

TEST_F(SecureSocketsTest, a_server_of_another_name_is_no_connection)
{
    start();
    auto const ours = dial("two.example");
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].closed.has_value(); }));
    EXPECT_FALSE(seen[ours].connected);
    auto const nobody = sockets->dial(*Address::parse("127.0.0.1:1"), profile, "one.example");
    EXPECT_TRUE(comes_to_pass([&] { return seen[nobody].closed.has_value(); }));
    EXPECT_EQ(seen[nobody].closed, CloseReason::refused);
}

TEST_F(SecureSocketsTest, what_comes_behind_the_end_is_nothing)
{
    start();
    Crude client(secure);
    TlsSession session(profile, "one.example");
    std::string heard, out;
    session.receive({}, heard, out);
    EXPECT_TRUE(comes_to_pass([&] {
        if (!out.empty())
            client.say(std::exchange(out, {}));
        client.hears_the_end();
        session.receive(std::exchange(client.heard, {}), heard, out);
        return !accepted.empty();
    }));
    session.write("all", out);
    session.end(out);
    client.say(out + std::string(20, 'x'));
    EXPECT_TRUE(comes_to_pass([&] { return ends == 1; }));
    client.say("more");
    for (int i = 0; i < 20; i++)
        reactor.turn(1ms);
    EXPECT_EQ(ends, 1);
    EXPECT_EQ(seen[accepted.back()].received, "all");
    sockets->send(accepted.back(), "answer");
    sockets->close(accepted.back());
    EXPECT_TRUE(comes_to_pass([&] { return client.hears_the_end(); }));
    session.receive(client.heard, heard, out);
    EXPECT_EQ(heard, "answer");
    EXPECT_EQ(session.state(), TlsSession::State::ended);
}

// ---- New certificates

TEST_F(SecureSocketsTest, new_contexts_are_for_new_connections)
{
    start();
    echo = true;
    auto const [old, theirs] = connect();
    TestAuthority other;
    TlsOptions const anew{.certificates = {other.issue("one", {.names = {"one.example"}})}};
    sockets->use(TlsContexts::load(anew).value());
    sockets->send(old, "still here");
    EXPECT_TRUE(comes_to_pass([&] { return seen[old].received == "still here"; }));
    auto const untrusting = dial();
    EXPECT_TRUE(comes_to_pass([&] { return seen[untrusting].closed.has_value(); }));
    profile = TlsProfile::load({.ca = other.ca()}).value();
    connect();
}

// ---- Balancers in front

std::string const from_client
    = write_proxy_header(*Address::parse("192.0.2.1:56324"), *Address::parse("198.51.100.2:443"));

TEST_F(SecureSocketsTest, believes_the_balancers_that_it_trusts)
{
    start();
    echo = true;
    sockets->trust([](Address const& peer) { return peer.host() == "127.0.0.1"; });
    auto const ours = sockets->dial(proxied);
    sockets->send(ours, from_client.substr(0, 20));
    for (int i = 0; i < 20; i++)
        reactor.turn(1ms);
    EXPECT_TRUE(accepted.empty());
    sockets->send(ours, from_client.substr(20) + "hello");
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].received == "hello"; }));
    EXPECT_EQ(last_peer, "192.0.2.1:56324");
    EXPECT_EQ(last_tag, proxied_tag);
    sockets->send(ours, " again");
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].received == "hello again"; }));
}

TEST_F(SecureSocketsTest, reads_their_header_before_tls)
{
    start();
    sockets->trust([](Address const&) { return true; });
    Crude client(both);
    TlsSession session(profile, "one.example");
    std::string heard, out;
    session.receive({}, heard, out);
    client.say(from_client + out);
    out.clear();
    EXPECT_TRUE(comes_to_pass([&] {
        client.hears_the_end();
        session.receive(std::exchange(client.heard, {}), heard, out);
        if (!out.empty())
            client.say(std::exchange(out, {}));
        return !accepted.empty();
    }));
    EXPECT_EQ(last_peer, "192.0.2.1:56324");
    EXPECT_TRUE(last_tls);
}

TEST_F(SecureSocketsTest, believes_nobody_else)
{
    start();
    Crude unasked(proxied);
    EXPECT_TRUE(comes_to_pass([&] { return unasked.hears_the_end(); })) << "nobody is trusted";
    sockets->trust([](Address const& peer) { return peer.host() == "127.0.0.1"; });
    Crude direct(proxied);
    direct.say("GET / HTTP/1.1\r\n");
    EXPECT_TRUE(comes_to_pass([&] { return direct.hears_the_end(); }));
    EXPECT_TRUE(accepted.empty());
    EXPECT_EQ(sockets->tally().strangers, 2u);
}

} // namespace
} // namespace gatehouse::net
