// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "gateway/shape_options.hpp"
#include "gateway/validation_options.hpp"
#include "routing/pattern.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::gateway {

enum class Target : std::uint8_t { service, files, redirect, rooms, admin, health, metrics };

struct RouteOptions {
    std::string id{};                   // The label of its metrics; empty: made of what it matches.
    std::string host{};                 // Empty: any.
    std::string path{};                 // "/a/b", "/a/:id", "/a/**"
    std::vector<std::string> methods{}; // Empty: any.
    std::vector<routing::FieldPattern> headers{};
    std::vector<routing::FieldPattern> query{};
    Target target = Target::service;
    std::string to{}; // The service or the set of files, by name.
    // Accepted ways to authenticate, any of them will do; empty: no token is looked at. Routes to
    // rooms let requests without a token pass: the room API itself asks for it.
    std::vector<std::string> auth{};
    std::string require{};                   // See identity/require.hpp. Empty: nothing.
    std::vector<std::string> limits{};       // By name; all of them let it pass, or none counts.
    std::optional<Duration> timeout{};       // Instead of the service's.
    std::optional<std::uint64_t> max_body{}; // Default: body_max_service, body_max_local.
    bool normalize_errors = false; // Upstreams' error bodies give way to the one error body.
    ShapeOptions shape{};
    ValidationOptions validation{};
};

constexpr std::uint64_t body_max_service = 1024 * 1024;
constexpr std::uint64_t body_max_local = 64 * 1024;

} // namespace gatehouse::gateway
