// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_values.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config {

// Which requests a route takes. The most specific match wins, whatever the order.
struct Match {
    std::string host {};                 // Lower case. Empty: any; "*.example.com": any below it.
    std::string path {};                 // "/a/b", "/a/:id", "/a/**"
    std::vector<std::string> methods {}; // Empty: any.
    Named<std::string> headers {};       // By name: the value, or "*" for any.
    Named<std::string> query {};

    bool operator==(Match const&) const = default;
};

// Where a route leads.
struct Target {
    enum class Kind : std::uint8_t { service, rooms, files };

    Kind kind = Kind::service;
    std::string service {}; // Its name.
    Path folder {};         // Of files.

    bool operator==(Target const&) const = default;
};

enum class ErrorBodies : std::uint8_t { pass, normalize };
constexpr std::array<std::string_view, 2> enum_names(ErrorBodies)
{
    return {"pass", "normalize"};
}

struct Route {
    Match match {};
    Target to {};
    // Names of `auth`; any of them will do. Empty: anyone. On a route to `rooms` the room API
    // itself asks for it: POST /v1/sessions hands tokens out, so it needs none, and /v1/connect
    // takes the token in `hello`, because a browser's WebSocket can't send an Authorization header.
    std::vector<std::string> auth {};
    std::string limit {};               // A name of `limits`. Empty: none.
    std::optional<Duration> timeout {}; // Empty: the service's.
    Size max_body {1024 * 1024};
    ErrorBodies errors = ErrorBodies::pass;

    bool operator==(Route const&) const = default;
};

} // namespace gatehouse::config
