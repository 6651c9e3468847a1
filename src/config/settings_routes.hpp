// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_values.hpp"

#include <array>
#include <chrono>
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

// Where a client is sent instead: "/new/**" or "https://b.example/**".
struct Redirect {
    std::string to {};
    int status = 308;

    bool operator==(Redirect const&) const = default;
};

// In this order: what is removed, what is set in place of all of that name, what is added.
struct Edits {
    std::vector<std::string> remove {};
    Named<std::string> set {};
    Named<std::string> add {};

    bool operator==(Edits const&) const = default;
};

struct HeaderEdits {
    std::optional<Edits> request {};  // Towards the service.
    std::optional<Edits> response {}; // Towards the client.

    bool operator==(HeaderEdits const&) const = default;
};

// Which pages of other origins may read answers.
struct Cors {
    std::vector<std::string> origins {}; // "https://a.example", "https://*.a.example", or "*".
    std::vector<std::string> headers {}; // That may be sent; "*": any.
    std::vector<std::string> expose {};  // That may be read.
    bool credentials = false;
    Duration max_age = std::chrono::minutes(10);

    bool operator==(Cors const&) const = default;
};

enum class Frame : std::uint8_t { deny, sameorigin, off };
constexpr std::array<std::string_view, 3> enum_names(Frame)
{
    return {"deny", "sameorigin", "off"};
}

// What browsers are told about pages that do not say it themselves.
struct Security {
    bool nosniff = true;
    Frame frame = Frame::deny;
    std::string referrer = "strict-origin-when-cross-origin";
    std::string csp {}; // Empty: none.

    bool operator==(Security const&) const = default;
};

// What requests have to look like before a service gets them.
struct Validate {
    Path body {};              // A JSON Schema for bodies, or else
    Path openapi {};           // a document of OpenAPI 3.1. JSON, or YAML by its name.
    std::vector<Path> with {}; // More documents, that these refer to by name.
    std::string base {};       // What stands before the paths of the OpenAPI document.
    bool formats = false;      // "format" is asserted.
    std::optional<Size> max_body {}; // In place of the route's.
    Named<std::string> texts {};     // Of all the files, by path, as they were read.

    bool operator==(Validate const&) const = default;
};

struct Route {
    Match match {};
    Target to {}; // Unless it redirects.
    std::optional<Redirect> redirect {};
    std::string rewrite {}; // The path that the target sees. Empty: as it is.
    std::optional<HeaderEdits> headers {};
    std::optional<Cors> cors {};
    std::optional<Security> security {};
    // Names of `auth`; any of them will do. Empty: anyone. On a route to `rooms` the room API
    // itself asks for it: POST /v1/sessions hands tokens out, so it needs none, and /v1/connect
    // takes the token in `hello`, because a browser's WebSocket can't send an Authorization header.
    std::vector<std::string> auth {};
    std::string require {};             // Of whom it lets in (identity/require.hpp). Empty: all.
    std::vector<std::string> limit {};  // Names of `limits`, all of which must let it pass.
    std::optional<Duration> timeout {}; // Empty: the service's.
    Size max_body {1024 * 1024};
    ErrorBodies errors = ErrorBodies::pass;
    std::optional<Validate> validate {};

    bool operator==(Route const&) const = default;
};

} // namespace gatehouse::config
