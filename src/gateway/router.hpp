// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::gateway {

struct RoutePattern {
    std::string host{}; // Without a port; empty: any.
    std::string path{}; // "/a/b", "/a/:id", "/a/*", "/a/**"
    std::vector<std::string> methods{}; // Empty: any.
};

// Which route takes a request: the most specific one that matches, whatever their order. A named
// host beats any host; then, segment by segment from the left, a literal beats ":id", which beats
// "**" (the rest of the path, also none of it); then a named method beats any method. A trailing
// slash makes no difference. Two routes that are equally specific and have a request in common are
// an error, so the winner is always one.
//
// Compiled into a trie of segments per host. A lookup visits no node twice and allocates nothing.
// Immutable, shared by all shards.
class Routes {
public:
    Routes() = default;
    // Fails with bad_request: a malformed pattern, or two that tie.
    static Result<Routes> compile(std::span<RoutePattern const> patterns);

    struct Found {
        std::optional<std::size_t> route; // Its index.
        std::string allowed;              // "GET, POST" where routes match but for the method: 405.
    };
    // `path` is normalised (http/target.hpp); `host` may have a port.
    [[nodiscard]] Found find(
        std::string_view host, std::string_view method, std::string_view path) const;

private:
    struct Candidate {
        std::vector<std::string> methods;
        std::size_t route;
    };
    struct Node {
        std::map<std::string, std::uint32_t, std::less<>> literals;
        std::uint32_t any_segment = 0; // 0: none; the root is nobody's child.
        std::vector<Candidate> here;   // Those with named methods first.
        std::vector<Candidate> rest;   // Of "**".
    };
    struct Search;

    std::uint32_t child_of(std::uint32_t node, std::string_view segment);
    Result<void> add(RoutePattern const& pattern, std::size_t route,
        std::span<RoutePattern const> patterns);
    void search(std::uint32_t node, std::string_view path, Search& search) const;

    std::vector<Node> nodes_;
    std::map<std::string, std::uint32_t, std::less<>> roots_; // By host, in lower case.
};

}  // namespace gatehouse::gateway
