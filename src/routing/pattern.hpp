// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Which requests a route takes, and what they become: shared by the gateway, which follows it, and
// the configuration, which tells an operator what is wrong with it.
namespace gatehouse::routing {

// A header or a parameter of the query that a request must have.
struct FieldPattern {
    std::string name{};
    std::optional<std::string> value{}; // None: whatever it is.

    bool operator==(FieldPattern const&) const = default;
};

struct RoutePattern {
    std::string host{}; // Without a port; empty: any; "*.example.com": any below that one.
    std::string path{}; // "/a/b", "/a/:id", "/a/*", "/a/**"
    std::vector<std::string> methods{};  // Empty: any.
    std::vector<FieldPattern> headers{}; // All of them. Names without regard to case.
    std::vector<FieldPattern> query{};   // All of them.
};

// A request, as far as routes look at it. Lent.
struct Asked {
    std::string_view host{}; // May have a port.
    std::string_view method{};
    std::string_view path{}; // Normalised (http/target.hpp).
    std::string_view query{};
    http::Headers const* headers = nullptr; // Null: none.
};

// The path without the names in it: "/a/:id/b" and "/a/:name/b" take the same requests. Neither a
// slash at the end makes a difference.
[[nodiscard]] std::string shape_of(std::string_view path);

// What beside host and path tells routes apart, from the more to the less specific: a named method
// before any; then more fields before fewer; then more of them with a value. Below 0: `a` goes
// first.
[[nodiscard]] int compare_rest(RoutePattern const& a, RoutePattern const& b);

// Are both equally specific, and is there a request that both take? Then nobody could say whose it
// is: two such routes are an error.
[[nodiscard]] bool is_tie(RoutePattern const& a, RoutePattern const& b);

[[nodiscard]] bool takes_method(RoutePattern const& pattern, std::string_view method);
[[nodiscard]] bool takes_fields(RoutePattern const& pattern, Asked const& asked);

// "GET,PUT app.example.com/api/** with header x-beta=1", for people.
[[nodiscard]] std::string text_of(RoutePattern const& pattern);

// Lower case, without the port.
[[nodiscard]] std::string host_of(std::string_view host);

// Takes the next segment off the front of "/a/b/c"; a slash at the end begins none.
[[nodiscard]] std::string_view take_segment(std::string_view& path);
[[nodiscard]] inline bool is_at_end(std::string_view path)
{
    return path.empty() || path == "/";
}

} // namespace gatehouse::routing
