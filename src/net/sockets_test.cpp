// SPDX-License-Identifier: Apache-2.0
#include "net/sockets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <sys/resource.h>
#include <sys/socket.h>

namespace gatehouse::net {
namespace {

using namespace std::chrono_literals;

constexpr ListenerTag front{1};

// Both ends of each connection live in one table and are turned in one thread, so a test says only
// what must come to pass. What each connection was told is kept.
struct SocketsTest : testing::Test, Sockets::Events {
    struct Seen {
        bool opened = false, connected = false, ended = false;
        std::string received;
        int drained = 0;
        std::optional<CloseReason> closed;
    };

    void start(Sockets::Options options = {})
    {
        reactor.at_end_of_turn([this] { sockets->flush(); });
        sockets = std::make_unique<Sockets>(reactor, *this, options);
        address = sockets->listen(*Address::parse("127.0.0.1:0"), front)->address;
    }

    template <typename Condition>
    [[nodiscard]] bool comes_to_pass(Condition condition)
    {
        auto const limit = clock.read().steady + 20s;
        while (!condition() && clock.read().steady < limit)
            reactor.turn(1ms);
        return condition();
    }

    // A dialled connection, and the accepted one at its other end.
    std::pair<ConnectionId, ConnectionId> connect()
    {
        auto const before = accepted.size();
        auto const id = sockets->dial(address);
        EXPECT_TRUE(comes_to_pass([&] { return accepted.size() > before && seen[id].connected; }));
        return {id, accepted.back()};
    }

    void opened(ConnectionId id, ListenerTag tag, Address const& peer) override
    {
        outside();
        EXPECT_EQ(tag, front);
        EXPECT_EQ(peer.host(), "127.0.0.1");
        EXPECT_FALSE(seen.contains(id));
        seen[id].opened = true;
        accepted.push_back(id);
    }
    void connected(ConnectionId id) override { alive(id).connected = true; }
    void received(ConnectionId id, std::span<char> bytes) override
    {
        alive(id).received.append(bytes.data(), bytes.size());
        if (echo && seen[id].opened)
            sockets->send(id, std::string_view(bytes.data(), bytes.size()));
        if (on_received)
            on_received(id);
    }
    void drained(ConnectionId id) override { alive(id).drained++; }
    void ended(ConnectionId id) override { alive(id).ended = true; }
    void closed(ConnectionId id, CloseReason reason) override { alive(id).closed = reason; }

    Seen& alive(ConnectionId id)
    {
        outside();
        EXPECT_FALSE(seen[id].closed) << "an event after closed";
        return seen[id];
    }
    void outside() const { EXPECT_FALSE(inside) << "an event from inside a call"; }

    runtime::Clock clock;
    runtime::Reactor reactor{clock};
    std::unique_ptr<Sockets> sockets;
    Address address;
    std::map<ConnectionId, Seen> seen;
    std::vector<ConnectionId> accepted;
    std::move_only_function<void(ConnectionId)> on_received;
    bool echo = false;
    bool inside = false;
};

TEST_F(SocketsTest, what_is_sent_in_a_turn_leaves_at_its_end_and_comes_back)
{
    start();
    echo = true;
    auto const [ours, theirs] = connect();
    sockets->send(ours, "hello ");
    sockets->send(ours, make_frame("world"));
    EXPECT_EQ(sockets->backlog(ours), 11u);
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].received == "hello world"; }));
    EXPECT_EQ(seen[theirs].received, "hello world");
    EXPECT_EQ(sockets->backlog(ours), 0u);
}

TEST_F(SocketsTest, a_thousand_connections_echo)
{
    start();
    echo = true;
    std::vector<ConnectionId> ids;
    for (int i = 0; i < 1000; i++) {
        ids.push_back(sockets->dial(address));
        sockets->send(ids.back(), "early " + std::to_string(i)); // Waits until it is connected.
    }
    EXPECT_TRUE(comes_to_pass([&] {
        int i = 0;
        return std::ranges::all_of(
            ids, [&](auto id) { return seen[id].received == "early " + std::to_string(i++); });
    }));
    EXPECT_EQ(sockets->open(), 2000u);
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

TEST_F(SocketsTest, a_slow_reader_is_a_backlog_and_then_drained)
{
    start();
    auto const [ours, theirs] = connect();
    sockets->pause(theirs);
    std::string expected;
    for (int i = 0; i < 300; i++) { // More slices than one write takes.
        auto const frame = make_frame(std::string(100'000, static_cast<char>('a' + i % 26)));
        sockets->send(ours, frame);
        sockets->send(ours, "between");
        expected += *frame + "between";
    }
    for (int i = 0; i < 10; i++)
        reactor.turn(1ms);
    EXPECT_GT(sockets->backlog(ours), 10'000'000u);
    EXPECT_EQ(seen[theirs].received, "");
    EXPECT_EQ(seen[ours].drained, 0);

    sockets->resume(theirs);
    EXPECT_TRUE(comes_to_pass([&] { return seen[theirs].received.size() == expected.size(); }));
    EXPECT_TRUE(seen[theirs].received == expected);
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].drained > 0; }));
    EXPECT_EQ(sockets->backlog(ours), 0u);
}

// Whoever holds back what it has to say because of the backlog must hear that it is gone.
TEST_F(SocketsTest, a_backlog_that_the_kernel_takes_at_the_end_of_the_turn_is_drained_too)
{
    start({.low_water_bytes = 1'000});
    auto const [ours, theirs] = connect();
    sockets->send(ours, std::string(1'000, 'x'));
    for (int i = 0; i < 3; i++)
        reactor.turn(1ms);
    EXPECT_EQ(seen[ours].drained, 0) << "it was never high";
    sockets->send(ours, std::string(1'001, 'x'));
    EXPECT_TRUE(comes_to_pass([&] { return seen[theirs].received.size() == 2'001; }));
    for (int i = 0; i < 3; i++)
        reactor.turn(1ms);
    EXPECT_EQ(seen[ours].drained, 1);
}

TEST_F(SocketsTest, pausing_holds_from_the_next_event_on)
{
    start();
    auto const [ours, theirs] = connect();
    on_received = [&](ConnectionId id) { sockets->pause(id); };
    sockets->send(ours, std::string(1'000'000, 'x'));
    ASSERT_TRUE(comes_to_pass([&] { return !seen[theirs].received.empty(); }));
    auto const first = seen[theirs].received.size();
    EXPECT_LE(first, 65'536u);
    for (int i = 0; i < 5; i++)
        reactor.turn(1ms);
    EXPECT_EQ(seen[theirs].received.size(), first);
    on_received = nullptr;
    sockets->resume(theirs);
    EXPECT_TRUE(comes_to_pass([&] { return seen[theirs].received.size() == 1'000'000; }));
}

TEST_F(SocketsTest, closing_first_sends_all_that_was_sent)
{
    start();
    auto const [ours, theirs] = connect();
    sockets->pause(theirs);
    sockets->send(theirs, "never read, for the other end is closing");
    sockets->send(ours, std::string(20'000'000, 'x'));
    sockets->close(ours);
    sockets->send(ours, "too late");
    for (int i = 0; i < 5; i++)
        reactor.turn(1ms);
    EXPECT_FALSE(seen[ours].closed);

    sockets->resume(theirs);
    EXPECT_TRUE(comes_to_pass([&] { return seen[theirs].ended; }));
    EXPECT_EQ(seen[theirs].received.size(), 20'000'000u);
    sockets->close(theirs);
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].closed && seen[theirs].closed; }));
    EXPECT_EQ(seen[ours].closed, CloseReason::finished);
    EXPECT_EQ(seen[theirs].closed, CloseReason::finished);
    EXPECT_EQ(seen[ours].received, "");
}

TEST_F(SocketsTest, closing_gives_up_on_a_peer_that_does_not_read)
{
    start({.closing_max = 20ms});
    auto const [ours, theirs] = connect();
    sockets->pause(theirs);
    sockets->send(ours, std::string(20'000'000, 'x'));
    sockets->close(ours);
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].closed.has_value(); }));
    EXPECT_EQ(seen[ours].closed, CloseReason::timed_out);
}

TEST_F(SocketsTest, a_half_closed_connection_still_carries_the_answer)
{
    start();
    auto const [ours, theirs] = connect();
    on_received = [&, accepted_id = theirs](ConnectionId id) {
        if (id == accepted_id)
            sockets->close(id);
    };
    sockets->send(theirs, "answer");
    sockets->send(ours, "question");
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].ended; }));
    EXPECT_EQ(seen[ours].received, "answer");
    EXPECT_FALSE(seen[ours].closed);
    for (int i = 0; i < 5; i++)
        reactor.turn(1ms);
    EXPECT_FALSE(seen[ours].closed); // Until its owner closes it.
    sockets->close(ours);
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].closed && seen[theirs].closed; }));
}

TEST_F(SocketsTest, a_connection_ends_by_halves)
{
    start();
    auto const [ours, theirs] = connect();
    sockets->send(ours, std::string(1'000'000, 'x'));
    sockets->end(ours);
    sockets->send(ours, "too late");
    EXPECT_TRUE(comes_to_pass([&] { return seen[theirs].ended; }));
    EXPECT_EQ(seen[theirs].received.size(), 1'000'000u);

    sockets->pause(ours); // Does not hold where nothing else is to come.
    sockets->send(theirs, "answer");
    sockets->end(theirs);
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].closed && seen[theirs].closed; }));
    EXPECT_EQ(seen[ours].received, "answer");
    EXPECT_TRUE(seen[ours].ended);
    EXPECT_EQ(seen[ours].closed, CloseReason::finished);
    EXPECT_EQ(seen[theirs].closed, CloseReason::finished);
}

TEST_F(SocketsTest, a_reset_amid_a_transfer_ends_both)
{
    start();
    auto const [ours, theirs] = connect();
    sockets->send(ours, std::string(20'000'000, 'x'));
    on_received = [&](ConnectionId id) {
        inside = true;
        sockets->reset(id);
        sockets->reset(id);
        inside = false;
        sockets->send(id, "nobody is there");
        EXPECT_EQ(sockets->backlog(id), 0u);
    };
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].closed && seen[theirs].closed; }));
    EXPECT_EQ(seen[theirs].closed, CloseReason::reset_by_us);
    EXPECT_EQ(seen[ours].closed, CloseReason::reset_by_peer);
    EXPECT_EQ(sockets->open(), 0u);
}

TEST_F(SocketsTest, a_paused_connection_still_hears_of_a_reset)
{
    start();
    auto const [ours, theirs] = connect();
    sockets->pause(ours);
    reactor.turn(0ms);
    sockets->reset(theirs);
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].closed.has_value(); }));
    EXPECT_EQ(seen[ours].closed, CloseReason::reset_by_peer);
}

TEST_F(SocketsTest, dialling_where_nobody_listens_is_refused)
{
    start();
    sockets->unlisten(front);
    auto const id = sockets->dial(address);
    EXPECT_TRUE(comes_to_pass([&] { return seen[id].closed.has_value(); }));
    EXPECT_EQ(seen[id].closed, CloseReason::refused);
    EXPECT_FALSE(seen[id].connected);
}

TEST_F(SocketsTest, an_id_is_never_used_again)
{
    start();
    auto const first = sockets->dial(address);
    sockets->reset(first);
    ASSERT_TRUE(comes_to_pass([&] { return seen[first].closed.has_value(); }));
    std::vector<ConnectionId> later;
    for (int i = 0; i < 5; i++)
        later.push_back(connect().first);
    EXPECT_FALSE(std::ranges::count(later, first) > 0);
    sockets->reset(first);
    sockets->send(first, "nobody");
    reactor.turn(0ms);
    for (auto const id : later)
        EXPECT_FALSE(seen[id].closed);
}

TEST_F(SocketsTest, more_connections_than_the_bound_are_turned_away_at_once)
{
    start({.connections_max = 3});
    auto const [ours, theirs] = connect();
    auto const last = sockets->dial(address); // Its other end finds no place.
    EXPECT_FALSE(sockets->dial(address));
    EXPECT_TRUE(comes_to_pass([&] { return seen[last].closed.has_value(); }));
    EXPECT_EQ(sockets->turned_away(), 1u);
    EXPECT_FALSE(seen[ours].closed);
    sockets->reset(ours);
    EXPECT_TRUE(comes_to_pass([&] { return sockets->open() == 0; }));
    connect(); // There is room again.
}

TEST_F(SocketsTest, a_backlog_beyond_the_bound_resets_the_connection)
{
    start({.backlog_bytes_max = 1'000'000});
    auto const [ours, theirs] = connect();
    inside = true;
    sockets->send(ours, std::string(1'000'001, 'x'));
    inside = false;
    EXPECT_TRUE(comes_to_pass([&] { return seen[ours].closed && seen[theirs].closed; }));
    EXPECT_EQ(seen[ours].closed, CloseReason::overrun);
}

TEST_F(SocketsTest, without_descriptors_it_turns_away_and_lives_on)
{
    start();
    auto const [ours, theirs] = connect();
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    // Room for exactly one more: the dialling end, not the accepted one.
    runtime::Descriptor last(dup(0));
    rlimit const tight{static_cast<rlim_t>(last.get()) + 1, before.rlim_max};
    last.reset();
    setrlimit(RLIMIT_NOFILE, &tight);
    auto const one = sockets->dial(address);
    auto const none = sockets->dial(address);
    bool const both = comes_to_pass([&] { return seen[one].closed && seen[none].closed; });
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_TRUE(both);
    EXPECT_EQ(seen[none].closed, CloseReason::no_descriptors);
    EXPECT_EQ(sockets->turned_away(), 1u);
    connect();
    EXPECT_FALSE(seen[ours].closed);
}

TEST_F(SocketsTest, says_that_a_port_is_in_use_unless_it_is_shared)
{
    start();
    auto const port = std::to_string(address.port());
    auto const claimed = sockets->listen(address, front);
    ASSERT_FALSE(claimed);
    EXPECT_EQ(claimed.error().message, "port " + port + " is in use");
    EXPECT_FALSE(sockets->listen(*Address::parse(":" + port), front));
    EXPECT_TRUE(sockets->listen(address, front, PortUse::share));
    auto const elsewhere = sockets->listen(*Address::parse("192.0.2.1:0"), front);
    ASSERT_FALSE(elsewhere);
    EXPECT_EQ(elsewhere.error().message, "192.0.2.1 is no address of this machine");
}

TEST_F(SocketsTest, a_bare_port_is_open_to_ipv4)
{
    start();
    auto const any = sockets->listen(*Address::parse(":0"), front);
    ASSERT_TRUE(any);
    address = *Address::of_host("127.0.0.1", any->address.port());
    connect();
}

}  // namespace
}  // namespace gatehouse::net
