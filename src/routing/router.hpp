// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "routing/pattern.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::routing {

// Which route takes a request: the most specific one that matches, whatever their order. A named
// host beats "*.below", of which the longer one beats the shorter, which beats any host; then,
// segment by segment from the left, a literal beats ":id", which beats "**" (the rest of the path,
// also none of it); then the rest of the pattern decides (compare_rest). A trailing slash makes no
// difference. Two routes that tie (is_tie) are an error, so the winner is always one.
//
// Compiled into a trie of segments per host. A lookup visits no node twice, and allocates nothing
// but a host in lower case, where hosts are named, and what it decodes of a query, where a route
// wants some. Immutable, shared by all shards.
class Routes {
public:
    Routes() = default;
    // Fails with bad_request: a malformed pattern, or two that tie.
    static Result<Routes> compile(std::span<RoutePattern const> patterns);

    struct Found {
        std::optional<std::size_t> route; // Its index.
        std::string allowed;              // "GET, POST" where routes match but for the method: 405.
    };
    [[nodiscard]] Found find(Asked const& asked) const;

    [[nodiscard]] RoutePattern const& pattern(std::size_t route) const { return patterns_[route]; }
    [[nodiscard]] std::size_t size() const { return patterns_.size(); }

private:
    using Candidates = std::vector<std::size_t>; // Routes, the most specific first.
    struct Node {
        std::map<std::string, std::uint32_t, std::less<>> literals;
        std::uint32_t any_segment = 0; // 0: none; the root is nobody's child.
        Candidates here;
        Candidates rest; // Of "**".
    };
    struct Search;
    using Roots = std::map<std::string, std::uint32_t, std::less<>>;

    std::uint32_t root_of(std::string_view host);
    std::uint32_t child_of(std::uint32_t node, std::string_view segment);
    Result<void> add(std::size_t route);
    Result<void> add_candidate(Candidates& candidates, std::size_t route);
    void search(std::uint32_t node, std::string_view path, Search& search) const;
    bool look_at(Candidates const& candidates, Search& search) const;
    void search_hosts(Search& search) const;

    std::vector<RoutePattern> patterns_;
    std::vector<Node> nodes_;
    Roots hosts_; // By name, in lower case.
    Roots below_; // By what follows the "*": ".example.com".
    std::optional<std::uint32_t> any_host_;
};

}  // namespace gatehouse::routing
