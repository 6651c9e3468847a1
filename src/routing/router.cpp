// SPDX-License-Identifier: Apache-2.0
#include "routing/router.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::routing {
namespace {

constexpr std::size_t host_bytes_max = 255; // Of a name (RFC 1035 §2.3.4): longer ones are none.

std::unexpected<Error> refuse(RoutePattern const& pattern, std::string_view why)
{
    return fail(ErrorCode::bad_request, fmt::format("The route {} {}.", text_of(pattern), why));
}

}  // namespace

Result<Routes> Routes::compile(std::span<RoutePattern const> patterns)
{
    Routes routes;
    routes.patterns_.assign(patterns.begin(), patterns.end());
    for (std::size_t i = 0; i < patterns.size(); i++)
        GH_CHECK(routes.add(i));
    return routes;
}

std::uint32_t Routes::root_of(std::string_view host)
{
    auto const fresh = static_cast<std::uint32_t>(nodes_.size());
    auto root = fresh;
    if (host.empty())
        root = any_host_ ? *any_host_ : any_host_.emplace(fresh);
    else if (host.starts_with("*."))
        root = below_.try_emplace(host_of(host.substr(1)), fresh).first->second;
    else
        root = hosts_.try_emplace(host_of(host), fresh).first->second;
    if (root == fresh)
        nodes_.emplace_back();
    return root;
}

Result<void> Routes::add(std::size_t route)
{
    auto const& pattern = patterns_[route];
    if (!pattern.path.starts_with('/'))
        return refuse(pattern, "has a path that does not begin with a slash");
    auto node = root_of(pattern.host);
    bool takes_rest = false;
    for (std::string_view path = pattern.path; !is_at_end(path);) {
        auto const segment = take_segment(path);
        takes_rest = segment == "**";
        if (segment.empty() || segment == ":" || (takes_rest && !is_at_end(path)))
            return refuse(
                pattern, segment == "**" ? "has ** before its end" : "has an empty segment");
        if (!takes_rest)
            node = child_of(node, segment);
    }
    return add_candidate(takes_rest ? nodes_[node].rest : nodes_[node].here, route);
}

Result<void> Routes::add_candidate(Candidates& candidates, std::size_t route)
{
    auto const& pattern = patterns_[route];
    for (auto const other : candidates)
        if (is_tie(patterns_[other], pattern))
            return refuse(pattern, "matches the same as " + text_of(patterns_[other]));
    auto const place = std::ranges::find_if(candidates,
        [&](auto const other) { return compare_rest(pattern, patterns_[other]) < 0; });
    candidates.insert(place, route);
    return {};
}

std::uint32_t Routes::child_of(std::uint32_t node, std::string_view segment)
{
    auto const fresh = static_cast<std::uint32_t>(nodes_.size());
    bool const is_any = segment == "*" || segment.starts_with(':');
    std::uint32_t child = fresh;
    if (!is_any)
        child = nodes_[node].literals.try_emplace(std::string(segment), fresh).first->second;
    else if (nodes_[node].any_segment != 0)
        child = nodes_[node].any_segment;
    else
        nodes_[node].any_segment = fresh;
    if (child == fresh)
        nodes_.emplace_back();
    return child;
}

struct Routes::Search {
    Asked const& asked;
    Found found{};
};

// True once the search is over.
bool Routes::look_at(Candidates const& candidates, Search& search) const
{
    for (auto const route : candidates) {
        auto const& pattern = patterns_[route];
        bool const has_fields = !pattern.headers.empty() || !pattern.query.empty();
        if (has_fields && !takes_fields(pattern, search.asked))
            continue;
        if (takes_method(pattern, search.asked.method)) {
            search.found.route = route;
            return true;
        }
        auto& allowed = search.found.allowed;
        for (auto const& each : pattern.methods)
            if (allowed.find(each) == std::string::npos)
                allowed += (allowed.empty() ? "" : ", ") + each;
    }
    return false;
}

// Depth first, the more specific branch first. Each node has one way from the root, so none is
// visited twice, however long the path.
void Routes::search(std::uint32_t index, std::string_view path, Search& search) const
{
    auto const& node = nodes_[index];
    if (is_at_end(path)) {
        if (look_at(node.here, search))
            return;
    } else {
        auto rest = path;
        auto const segment = take_segment(rest);
        if (auto const literal = node.literals.find(segment); literal != node.literals.end())
            this->search(literal->second, rest, search);
        if (!search.found.route && node.any_segment != 0)
            this->search(node.any_segment, rest, search);
        if (search.found.route)
            return;
    }
    look_at(node.rest, search);
}

// Those that the host is named by, or lies below: the nearest first.
void Routes::search_hosts(Search& search) const
{
    if (search.asked.host.size() > host_bytes_max)
        return;
    auto const host = host_of(search.asked.host);
    if (auto const root = hosts_.find(host); root != hosts_.end())
        this->search(root->second, search.asked.path, search);
    if (below_.empty())
        return;
    for (auto dot = host.find('.'); dot != host.npos; dot = host.find('.', dot + 1)) {
        if (search.found.route)
            return;
        auto const root = below_.find(std::string_view(host).substr(dot));
        if (dot > 0 && root != below_.end())
            this->search(root->second, search.asked.path, search);
    }
}

Routes::Found Routes::find(Asked const& asked) const
{
    Search search{.asked = asked};
    if (!hosts_.empty() || !below_.empty())
        search_hosts(search);
    if (!search.found.route && any_host_)
        this->search(*any_host_, asked.path, search);
    if (search.found.route)
        search.found.allowed.clear();
    return std::move(search.found);
}

}  // namespace gatehouse::routing
