// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "gateway/files.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// What an operator may say about the gateway. server/ maps the settings to these; they are compiled
// once (gateway/config.hpp) into what all shards share.
namespace gatehouse::gateway {

enum class Balance : std::uint8_t { round_robin, least_requests, p2c_ewma };

struct HealthOptions {
    std::string path{}; // "/health"; empty: not probed, all endpoints count as healthy.
    Duration interval = std::chrono::seconds(5);
    Duration timeout = std::chrono::seconds(2);
    int up = 2;   // Answers in a row that make an endpoint healthy.
    int down = 3; // Failures in a row that make it unhealthy.

    bool operator==(HealthOptions const&) const = default;
};

struct ServiceOptions {
    std::string name{};
    std::vector<std::string> endpoints{}; // "host:port"
    Balance balance = Balance::p2c_ewma;
    Duration timeout = std::chrono::seconds(30); // Without a byte of progress of the upstream.
    Duration connect_timeout = std::chrono::seconds(2);
    Duration idle_timeout = std::chrono::seconds(50);
    std::size_t idle_max = 1024; // Kept connections per endpoint and shard.
    HealthOptions health{};

    bool operator==(ServiceOptions const&) const = default;
};

enum class LimitBy : std::uint8_t { ip, principal, route };

// `rate` requests per `per` in the long run, `burst` at once; `by` says who shares an account.
// Nobody authenticated: principal means ip.
struct LimitOptions {
    std::string name{};
    int rate = 1;
    Duration per = std::chrono::seconds(1);
    int burst = 0; // 0: as many as `rate`.
    LimitBy by = LimitBy::ip;

    bool operator==(LimitOptions const&) const = default;
};

enum class Target : std::uint8_t { service, files, rooms, admin, health, metrics };

struct RouteOptions {
    std::string id{};      // The label of its metrics; empty: made of what it matches.
    std::string host{};    // Empty: any.
    std::string path{};    // "/a/b", "/a/:id", "/a/**"
    std::vector<std::string> methods{}; // Empty: any.
    Target target = Target::service;
    std::string to{};                   // The service or the set of files, by name.
    // Accepted ways to authenticate, any of them will do; empty: no token is looked at. Routes to
    // rooms let requests without a token pass: the room API itself asks for it.
    std::vector<std::string> auth{};
    std::string limit{};               // By name; empty: none.
    std::optional<Duration> timeout{}; // Instead of the service's.
    std::optional<std::uint64_t> max_body{}; // Default: body_max_service, body_max_local.
    bool normalize_errors = false;     // Upstreams' error bodies give way to the one error body.
};

constexpr std::uint64_t body_max_service = 1024 * 1024;
constexpr std::uint64_t body_max_local = 64 * 1024;

struct FilesOptions {
    std::string name;
    std::shared_ptr<FileSet const> files;
};

struct TimeoutOptions {
    Duration head = std::chrono::seconds(10); // From a request's first byte to the end of its head.
    Duration idle = std::chrono::seconds(60); // Between requests.
    Duration body = std::chrono::seconds(30); // Without a byte of progress, in both directions.
    Duration tunnel = std::chrono::hours(1);  // Without a byte, after an upgrade.
};

struct GatewayOptions {
    std::vector<RouteOptions> routes{};
    std::vector<ServiceOptions> services{};
    std::vector<LimitOptions> limits{};
    std::vector<FilesOptions> files{};
    std::vector<std::string> trusted_proxies{}; // Addresses, or blocks such as "10.0.0.0/8".
    TimeoutOptions timeouts{};
    bool access_log = true;
};

}  // namespace gatehouse::gateway
