// SPDX-License-Identifier: Apache-2.0
#include "routing/why.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::routing {
namespace {

bool takes_host(std::string_view pattern, std::string_view host)
{
    if (!pattern.starts_with("*."))
        return pattern.empty() || host_of(pattern) == host;
    auto const below = host_of(pattern.substr(1));
    return host.size() > below.size() && host.ends_with(below);
}

bool takes_path(std::string_view pattern, std::string_view path)
{
    while (!is_at_end(pattern)) {
        auto const wanted = take_segment(pattern);
        if (wanted == "**")
            return true;
        if (is_at_end(path))
            return false;
        bool const is_any = wanted == "*" || wanted.starts_with(':');
        if (auto const segment = take_segment(path); !is_any && segment != wanted)
            return false;
    }
    return is_at_end(path);
}

} // namespace

Misfit misfit_of(RoutePattern const& pattern, Asked const& asked)
{
    if (!takes_host(pattern.host, host_of(asked.host)))
        return Misfit::host;
    if (!takes_path(pattern.path, asked.path))
        return Misfit::path;
    if (!takes_fields(pattern, asked))
        return Misfit::fields;
    return takes_method(pattern, asked.method) ? Misfit::none : Misfit::method;
}

std::string why_before(RoutePattern const& winner, RoutePattern const& other)
{
    if (host_of(winner.host) != host_of(other.host))
        return "names the host more exactly";
    std::string_view a = winner.path;
    std::string_view b = other.path;
    while (!is_at_end(a) && !is_at_end(b)) {
        auto const of_winner = take_segment(a);
        auto const of_other = take_segment(b);
        bool const is_rest = of_other == "**" && of_winner != "**";
        bool const is_any = of_other.starts_with(':') || of_other == "*";
        bool const is_name = of_winner.starts_with(':') || of_winner == "*";
        if (is_rest || (is_any && !is_name))
            return fmt::format("has {} where this one has {}", of_winner, of_other);
    }
    if (is_at_end(a) != is_at_end(b))
        return "has a path that ends there";
    if (winner.methods.empty() != other.methods.empty())
        return "names the method";
    if (winner.headers.size() + winner.query.size() != other.headers.size() + other.query.size())
        return "wants more fields";
    return "names the values of more fields";
}

} // namespace gatehouse::routing
