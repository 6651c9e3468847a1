// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/gateway.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <string>
#include <vector>

// The rest of the process, for tests: peers that read when told to, a clock that stands still,
// local handlers that answer when told to.
namespace gatehouse::gateway {

using namespace std::chrono_literals;

struct RecordingWire final : Wire {
    struct Link {
        std::string queued; // Not read by the peer yet.
        std::string address; // Where it was dialled.
        bool is_finished = false;
        bool is_closed = false;
        bool is_reset = false;
        bool is_paused = false;
    };
    std::map<ConnectionId, Link> links;
    std::vector<ConnectionId> dialled;
    std::uint64_t last_id = 0;

    ConnectionId open()
    {
        ConnectionId const id{++last_id};
        links[id] = {};
        return id;
    }
    bool is_open(ConnectionId id) { return !links[id].is_closed && !links[id].is_reset; }

    void send(ConnectionId id, std::string_view bytes) override
    {
        if (is_open(id))
            links[id].queued += bytes;
    }
    void send(ConnectionId id, Frame frame) override { send(id, std::string_view(*frame)); }
    void finish(ConnectionId id) override { links[id].is_finished = true; }
    void close(ConnectionId id) override
    {
        if (is_open(id))
            links[id].is_closed = true;
    }
    void reset(ConnectionId id) override
    {
        if (is_open(id))
            links[id].is_reset = true;
    }
    void pause(ConnectionId id) override { links[id].is_paused = true; }
    void resume(ConnectionId id) override { links[id].is_paused = false; }
    std::size_t backlog(ConnectionId id) const override
    {
        auto const found = links.find(id);
        return found == links.end() ? 0 : found->second.queued.size();
    }
    ConnectionId dial(std::string_view address) override
    {
        auto const id = open();
        links[id].address = address;
        dialled.push_back(id);
        return id;
    }
};

struct RecordingLocal final : Local {
    struct Question {
        Target target;
        std::string path, body, principal, request_id, peer;
        Done done;
    };
    std::vector<Question> questions;
    std::optional<http::Response> prompt; // Answer at once with this.
    ConnectionId upgraded{};
    std::string leftover;

    void answer(LocalRequest const& request, Done done) override
    {
        if (prompt)
            return done(*prompt);
        questions.push_back({.target = request.target,
            .path = std::string(request.head.path),
            .body = std::string(request.body),
            .principal = request.asker.principal ? request.asker.principal->id : "",
            .request_id = std::string(request.asker.request_id),
            .peer = std::string(request.asker.peer),
            .done = std::move(done)});
    }
    void upgrade(ConnectionId id, http::RequestHead const&, Asker const&,
        std::string_view rest) override
    {
        upgraded = id;
        leftover = rest;
    }
};

// Knows Ann, a designer; and those whose token names a key that is on its way, when it has come.
struct OnlyAnn final : Authenticator {
    identity::Answer verify(
        identity::Evidence const& evidence, std::span<std::string const>) override
    {
        if (evidence.certificate)
            return identity::Verified{{.id = evidence.certificate->subject}, {2'000'000'000'000}};
        auto const shown = evidence.bearer ? evidence.bearer : evidence.api_key;
        if (!shown)
            return identity::Absent{};
        if (*shown == "late")
            return Error{ErrorCode::token_expired, "The token has expired."};
        if (*shown == "ann-token" || (*shown == "new-key" && has_new_key))
            return identity::Verified{{.id = "ann", .roles = {"designer"}}, {2'000'000'000'000}};
        if (*shown == "new-key" && !is_issuer_away)
            return identity::Later{};
        return Error{ErrorCode::unauthenticated, "The token is not valid.", "it is forged"};
    }
    void await(std::move_only_function<void()> again) override
    {
        waiting.push_back(std::move(again));
    }
    void wake()
    {
        for (auto& each : std::exchange(waiting, {}))
            each();
    }
    bool has_new_key = false;
    bool is_issuer_away = false;
    std::vector<std::move_only_function<void()>> waiting{};
};

struct FixedDice final : Dice {
    std::string bytes(std::size_t size) override
    {
        std::string out;
        while (out.size() < size)
            out += static_cast<char>(next++ * 37);
        return out;
    }
    unsigned next = 1;
};

// The shard that owns the accounts which this one does not: all or none.
struct OtherShard final : Accounts {
    bool is_own(std::string_view account) const override
    {
        return !owns_all && account != others;
    }
    ShardIndex owner_of(std::string_view account) const override { return is_own(account) ? 0 : 1; }
    void ask(std::string_view limit, std::string_view account,
        std::move_only_function<void(limits::Verdict)> done) override
    {
        asked.push_back(std::string(limit) + " " + std::string(account));
        answer = std::move(done);
    }
    void ask_all(ShardIndex, std::vector<LimitAccount> accounts,
        std::move_only_function<void(Verdicts)> done) override
    {
        for (auto const& [limit, account] : accounts)
            asked.push_back(limit + " " + account);
        answer_all = std::move(done);
    }
    void give_back(ShardIndex, std::vector<LimitAccount> accounts, TimePoint) override
    {
        for (auto const& [limit, account] : accounts)
            given_back.push_back(limit + " " + account);
    }
    bool owns_all = false;
    std::string others; // An account that it owns all the same.
    std::vector<std::string> asked;
    std::vector<std::string> given_back;
    std::move_only_function<void(limits::Verdict)> answer;
    std::move_only_function<void(Verdicts)> answer_all;
};

// The store of limits that nodes share: answers as it is prompted, or later.
struct OtherNodes final : limits::SharedLimits {
    void ask(std::span<limits::Question const> questions, int, OnVerdict done) override
    {
        for (auto const& each : questions)
            asked.push_back(each.key + " " + std::to_string(each.limit.burst));
        if (prompt)
            done(*prompt);
        else
            answer = std::move(done);
    }
    std::vector<std::string> asked;
    std::optional<Result<limits::SharedVerdict>> prompt;
    OnVerdict answer;
};

// The other shards' part of bans: everything is counted here.
struct ThisShardsBans final : BanBook {
    void note_refusal(std::string_view address) override { gateway->note_refusal(address); }
    void tell_all(limits::Ban const& ban) override
    {
        told.push_back(limits::print_block(ban.block));
    }
    Gateway* gateway = nullptr;
    std::vector<std::string> told;
};

struct KeptLines final : observe::LogSink {
    void write(observe::Level, std::string_view line) override { lines.emplace_back(line); }
    std::vector<std::string> lines;
};

struct World {
    explicit World(GatewayOptions options, Gateway::Probing probing = Gateway::Probing::off)
        : gateway(ports(), gatehouse::gateway::compile(std::move(options)).value(), probing)
    {
        bans.gateway = &gateway;
    }

    Ports ports()
    {
        return {.wire = wire,
            .local = local,
            .authenticator = authenticator,
            .accounts = other_shard,
            .timers = timers,
            .now = now,
            .dice = dice,
            .metrics = metrics,
            .log = log,
            .ban_book = &bans,
            .shared_limits = &other_nodes};
    }

    ConnectionId connect(std::string_view ip = "192.0.2.7")
    {
        auto const id = wire.open();
        gateway.opened(id, {.ip = ip});
        return id;
    }
    // What a peer sends. A paused connection delivers nothing, so tests must not.
    void say(ConnectionId id, std::string_view bytes)
    {
        gateway.received(id, std::span(bytes.data(), bytes.size()));
    }
    // What a peer has been sent since it was last asked.
    std::string hear(ConnectionId id)
    {
        auto heard = std::exchange(wire.links[id].queued, {});
        if (heard.size() > Gateway::backlog_low)
            gateway.drained(id);
        return heard;
    }
    std::string ask(ConnectionId id, std::string_view request)
    {
        say(id, request);
        return hear(id);
    }
    // The connection that was dialled last, established.
    ConnectionId upstream()
    {
        auto const id = wire.dialled.back();
        gateway.connected(id);
        return id;
    }
    void advance(Duration time)
    {
        for (auto const end = now.steady + time; now.steady < end;) {
            auto const step = std::min<Duration>(100ms, end - now.steady);
            now.steady += step;
            now.wall.ms += step / 1ms;
            timers.run(now.steady);
        }
    }
    std::uint64_t counted(std::string_view route, std::string_view status)
    {
        return metrics
            .counter("gatehouse_http_requests", "",
                {{"route", std::string(route)}, {"status", std::string(status)}})
            .count();
    }

    Now now{TimePoint{1h}, {1'763'733'787'000}};
    Timers timers{now.steady};
    RecordingWire wire;
    RecordingLocal local;
    OnlyAnn authenticator;
    OtherShard other_shard;
    OtherNodes other_nodes;
    ThisShardsBans bans;
    FixedDice dice;
    observe::Metrics metrics;
    KeptLines sink;
    observe::Log log{sink, observe::Level::info, 0};
    Gateway gateway;
};

// One service behind /api/**, rooms at /v1/**.
inline GatewayOptions one_service(std::vector<std::string> endpoints = {"10.0.0.1:80"})
{
    return {.routes = {{.id = "api", .path = "/api/**", .to = "users", .timeout = 10s,
                           .max_body = 100'000'000},
                {.id = "rooms", .path = "/v1/**", .target = Target::rooms, .auth = {"guests"}}},
        .services = {{.name = "users", .endpoints = std::move(endpoints),
            .balance = Balance::round_robin}}};
}

inline bool has(std::string_view text, std::string_view part)
{
    return text.find(part) != text.npos;
}

constexpr std::string_view plain_get = "GET /api/x HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view plain_answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

}  // namespace gatehouse::gateway
