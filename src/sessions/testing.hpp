// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of this folder share: sessions with nothing real around them, and their clients.

#include "sessions/sessions.hpp"

#include "websocket/frame.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <deque>
#include <map>
#include <memory>

namespace gatehouse::sessions::testing {

using Json = nlohmann::json;

// What a connection was sent, as its client understands it.
class TestWire final : public Wire {
public:
    struct Peer {
        websocket::Connection socket{websocket::Role::client, 1 << 24};
        bool reads_events = false;
        std::deque<Json> heard{};
        std::optional<int> close_code{};
        std::size_t pongs = 0;
        std::size_t binary_frames = 0;
        std::size_t backlog = 0;
        std::size_t drops = 0;
        bool is_closed = false;
        bool is_reset = false;
    };
    std::map<ConnectionId, Peer> peers{};

    void send(ConnectionId id, Frame frame) override { send(id, std::string_view(*frame)); }
    void send(ConnectionId id, std::string_view bytes) override
    {
        auto& peer = peers[id];
        if (peer.reads_events)
            return read_events(peer, bytes);
        std::string copy(bytes);
        std::span<char> input = copy;
        for (auto step = peer.socket.next(input); step != websocket::Step::need_more;
             step = peer.socket.next(input)) {
            peer.binary_frames
                += step == websocket::Step::message && !peer.socket.is_text();
            if (step == websocket::Step::message)
                hear(peer, peer.socket.is_text() ? Json::parse(peer.socket.payload())
                                                 : Json::from_cbor(peer.socket.payload()));
            else if (step == websocket::Step::close)
                peer.close_code = std::to_underlying(peer.socket.close_code());
            else
                peer.pongs++;
        }
    }
    void close(ConnectionId id) override { peers[id].is_closed = true; }
    void reset(ConnectionId id) override { peers[id].is_reset = true; }
    std::size_t backlog(ConnectionId id) const override { return peers.at(id).backlog; }
    void drop_waiting(ConnectionId id) override
    {
        peers[id].drops++;
        peers[id].backlog = 0;
    }

private:
    // Each send is whole events.
    static void read_events(Peer& peer, std::string_view text)
    {
        ASSERT_TRUE(text.ends_with("\n\n"));
        for (auto end = text.find("\n\n"); end != text.npos; end = text.find("\n\n")) {
            auto event = text.substr(0, end);
            text.remove_prefix(end + 2);
            bool const is_close = event.starts_with("event: close\n");
            if (is_close)
                event.remove_prefix(event.find('\n') + 1);
            ASSERT_TRUE(event.starts_with("data: ")) << event;
            auto const data = Json::parse(event.substr(6));
            if (is_close)
                peer.close_code = data["code"].get<int>();
            else
                hear(peer, data);
        }
    }
    static void hear(Peer& peer, Json const& message)
    {
        if (message.is_array())
            for (auto const& each : message)
                hear(peer, each);
        else
            peer.heard.push_back(message);
    }
};

struct TestRooms final : RoomDoor {
    std::vector<std::pair<std::string, rooms::Request>> asked{};
    std::vector<OnFound> searches{};

    void ask(std::string_view room, rooms::Request request) override
    {
        asked.emplace_back(room, std::move(request));
    }
    void find(Destination, OnFound done) override { searches.push_back(std::move(done)); }
    template <typename T>
    std::size_t count() const
    {
        return static_cast<std::size_t>(std::ranges::count_if(
            asked, [](auto const& each) { return std::holds_alternative<T>(each.second.what); }));
    }
};

struct TestLogin final : Login {
    WallTime expires_at{100'000'000};

    void verify(std::string_view token, Ways const*, OnVerified done) override
    {
        if (token == "late")
            late.push_back(std::move(done));
        else if (token.starts_with("for "))
            done(identity::Verified{{.id = std::string(token.substr(4))}, expires_at});
        else
            done(fail(ErrorCode::unauthenticated, "no such token"));
    }
    std::vector<OnVerified> late{};
    std::vector<std::pair<std::string, OnAdmitted>> tickets{};
    void redeem(std::string ticket, OnAdmitted done) override
    {
        tickets.emplace_back(std::move(ticket), std::move(done));
    }
};

struct TestClaims final : Claims {
    std::vector<std::pair<Claim, std::move_only_function<void(bool)>>> waiting{};

    void claim(Claim claim, std::move_only_function<void(bool)> done) override
    {
        waiting.emplace_back(std::move(claim), std::move(done));
    }
};

struct NoLog final : observe::LogSink {
    void write(observe::Level, std::string_view) override {}
};

struct CountingDice final : Dice {
    char last = 0;

    std::string bytes(std::size_t size) override { return std::string(size, ++last); }
};

struct SessionsTest : ::testing::Test {
    Now now{TimePoint(std::chrono::hours(1)), WallTime{1'000'000}};
    Options options{};
    TestWire wire{};
    TestRooms door{};
    TestLogin login{};
    TestClaims claims{};
    CountingDice dice{};
    NoLog sink{};
    observe::Log log{sink, observe::Level::error, 0};
    observe::Metrics metrics{};
    Timers timers{now.steady};
    std::unique_ptr<Sessions> sessions{};
    std::uint64_t last = 0;

    void SetUp() override { build(); }
    void build()
    {
        sessions = std::make_unique<Sessions>(options,
            Sessions::Ports{.wire = wire, .rooms = door, .login = login, .claims = claims,
                .timers = timers, .dice = dice, .now = now, .metrics = metrics, .log = log,
                .shard = 3});
    }
    ConnectionId open(Dialect dialect = {})
    {
        ConnectionId const id{++last};
        wire.peers[id].reads_events = dialect.carrier == Carrier::events;
        sessions->opened(id, "1.2.3.4", "r1", dialect);
        return id;
    }
    void frame(ConnectionId id, std::string_view text,
        websocket::Opcode opcode = websocket::Opcode::text)
    {
        std::string bytes;
        websocket::append_frame(bytes, opcode, text, websocket::MaskKey{'a', 'b', 'c', 'd'});
        sessions->received(id, bytes);
    }
    void say(ConnectionId id, Json const& message) { frame(id, message.dump()); }
    ConnectionId greet(std::string const& principal = "ann")
    {
        auto const id = open();
        say(id, {{"t", "hello"}, {"v", 1}, {"auth", "for " + principal}});
        return id;
    }
    ConnectionId enter(std::string const& room = "r.1")
    {
        auto const id = greet();
        say(id, {{"t", "join"}, {"id", 1}, {"room", room}});
        return id;
    }
    std::uint32_t ticket() { return door.asked.back().second.from.ticket; }
    void deliver(ConnectionId id, std::uint32_t ticket, Json const& message,
        rooms::Delivery::Effect effect = rooms::Delivery::Effect::none, std::uint16_t answered = 0,
        Json const& keeps = {})
    {
        auto const frame = [](Json const& each) {
            return each.is_null() ? Frame{} : make_frame(websocket::encode_text(each.dump()));
        };
        sessions->deliver({.to = {3, id, ticket}, .frame = frame(message), .effect = effect,
            .answered = answered, .keeps = frame(keeps)});
    }
    void after(Milliseconds span)
    {
        now.steady += span;
        now.wall = now.wall + span;
        timers.run(now.steady);
    }
    Json last_heard(ConnectionId id) { return wire.peers[id].heard.back(); }
    std::string code(ConnectionId id) { return last_heard(id)["code"]; }
};

}  // namespace gatehouse::sessions::testing
