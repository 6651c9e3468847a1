// SPDX-License-Identifier: Apache-2.0
#include "node/private_host.hpp"

#include "base/text.hpp"
#include "limits/address.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::node {
namespace {

constexpr std::array<std::string_view, 5> private_tops{
    "localhost", "local", "internal", "svc", "home.arpa"};

bool is_under(std::string_view name, std::string_view top)
{
    return name.size() > top.size() && name[name.size() - top.size() - 1] == '.'
        && equal_ignoring_case(name.substr(name.size() - top.size()), top);
}

} // namespace

bool is_private_host(std::string_view host)
{
    if (host.starts_with('[')) { // RFC 3986 §3.2.2
        auto const end = host.find(']');
        return end != host.npos && limits::parse_address(host.substr(1, end - 1));
    }
    auto name = host.substr(0, host.find(':'));
    if (name.ends_with('.'))
        name.remove_suffix(1);
    if (limits::parse_address(name) || !name.contains('.'))
        return true;
    return std::ranges::any_of(private_tops, [&](auto top) { return is_under(name, top); });
}

} // namespace gatehouse::node
