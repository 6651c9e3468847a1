// SPDX-License-Identifier: Apache-2.0

// Lines: the path of a route, a template, a request's path, its query. Whatever they say, a path
// that was rewritten is normalised, and a redirect within a host leads to no other one.

#include "base/assert.hpp"
#include "http/grammar.hpp"
#include "http/target.hpp"
#include "routing/rewrite.hpp"
#include "routing/router.hpp"
#include "routing/why.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

using namespace gatehouse;
using namespace gatehouse::routing;

namespace {

std::string_view take_line(std::string_view& rest)
{
    auto const line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<char const*>(data), size);
    std::vector<RoutePattern> const patterns{{.path = std::string(take_line(rest))}};
    auto const to = take_line(rest);
    auto const path = http::normalize_path(take_line(rest));
    auto const routes = Routes::compile(patterns);
    if (!routes || !path)
        return 0;
    Asked const asked{.host = "h", .method = "GET", .path = *path};
    bool const is_taken = routes->find(asked).route.has_value();
    GH_ASSERT(is_taken == (misfit_of(patterns[0], asked) == Misfit::none));
    if (!is_taken)
        return 0;
    if (auto const rewrite = Rewrite::compile(patterns[0].path, to)) {
        auto const out = rewrite->apply(*path);
        GH_ASSERT(http::normalize_path(out) == out);
    }
    if (auto const redirection = Redirection::compile(patterns[0].path, to)) {
        auto const location = redirection->location(*path, take_line(rest));
        GH_ASSERT(http::all_of(location, http::target_char));
        GH_ASSERT(location.find('\\') == location.npos);
        GH_ASSERT(to.find("://") != to.npos || !location.starts_with("//"));
    }
    return 0;
}
