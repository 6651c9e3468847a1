// SPDX-License-Identifier: Apache-2.0
#include "gateway/router.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::gateway {
namespace {

std::string lower(std::string_view text)
{
    std::string out(text);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c | 0x20);
    return out;
}

std::string_view without_port(std::string_view host)
{
    auto const colon = host.rfind(':');
    bool const is_port = colon != host.npos && host.find(']', colon) == host.npos;
    return is_port ? host.substr(0, colon) : host;
}

// Takes the next segment off the front of "/a/b/c"; a slash at the end begins none.
std::string_view take_segment(std::string_view& path)
{
    path.remove_prefix(1);
    auto const segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

bool is_at_end(std::string_view path) { return path.empty() || path == "/"; }

std::string text_of(RoutePattern const& pattern)
{
    return pattern.methods.empty()
        ? pattern.host + pattern.path
        : fmt::format("{} {}{}", fmt::join(pattern.methods, ","), pattern.host, pattern.path);
}

// Equally specific on one place of the trie: both take any method, or both name this one.
bool tie(std::vector<std::string> const& a, std::vector<std::string> const& b)
{
    if (a.empty() || b.empty())
        return a.empty() && b.empty();
    return std::ranges::find_first_of(a, b) != a.end();
}

}  // namespace

Result<Routes> Routes::compile(std::span<RoutePattern const> patterns)
{
    Routes routes;
    for (std::size_t i = 0; i < patterns.size(); i++)
        GH_CHECK(routes.add(patterns[i], i, patterns));
    return routes;
}

Result<void> Routes::add(
    RoutePattern const& pattern, std::size_t route, std::span<RoutePattern const> patterns)
{
    auto const refuse = [&pattern](std::string_view why) {
        return fail(ErrorCode::bad_request, fmt::format("The route {} {}.", text_of(pattern), why));
    };
    if (!pattern.path.starts_with('/'))
        return refuse("has a path that does not begin with a slash");
    auto const [root, is_new]
        = roots_.try_emplace(lower(pattern.host), static_cast<std::uint32_t>(nodes_.size()));
    if (is_new)
        nodes_.emplace_back();

    auto node = root->second;
    bool takes_rest = false;
    for (std::string_view path = pattern.path; !is_at_end(path);) {
        auto const segment = take_segment(path);
        takes_rest = segment == "**";
        if (segment.empty() || segment == ":" || (takes_rest && !is_at_end(path)))
            return refuse(segment == "**" ? "has ** before its end" : "has an empty segment");
        if (!takes_rest)
            node = child_of(node, segment);
    }
    auto& candidates = takes_rest ? nodes_[node].rest : nodes_[node].here;
    for (auto const& other : candidates)
        if (tie(other.methods, pattern.methods))
            return refuse("matches the same as " + text_of(patterns[other.route]));
    auto const place = pattern.methods.empty() ? candidates.end() : candidates.begin();
    candidates.insert(place, {pattern.methods, route});
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
    std::string_view method;
    Found found{};

    // True once the search is over.
    bool look_at(std::vector<Candidate> const& candidates)
    {
        for (auto const& candidate : candidates) {
            if (candidate.methods.empty() || std::ranges::count(candidate.methods, method) > 0) {
                found.route = candidate.route;
                return true;
            }
            for (auto const& each : candidate.methods)
                if (found.allowed.find(each) == std::string::npos)
                    found.allowed += (found.allowed.empty() ? "" : ", ") + each;
        }
        return false;
    }
};

// Depth first, the more specific branch first. Each node has one way from the root, so none is
// visited twice, however long the path.
void Routes::search(std::uint32_t index, std::string_view path, Search& search) const
{
    auto const& node = nodes_[index];
    if (is_at_end(path)) {
        if (search.look_at(node.here))
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
    search.look_at(node.rest);
}

Routes::Found Routes::find(
    std::string_view host, std::string_view method, std::string_view path) const
{
    Search search{.method = method};
    auto const any_host = roots_.find("");
    if (roots_.size() > (any_host == roots_.end() ? 0U : 1U))
        if (auto const root = roots_.find(lower(without_port(host)));
            root != roots_.end() && root != any_host)
            this->search(root->second, path, search);
    if (!search.found.route && any_host != roots_.end())
        this->search(any_host->second, path, search);
    if (search.found.route)
        search.found.allowed.clear();
    return std::move(search.found);
}

}  // namespace gatehouse::gateway
