// SPDX-License-Identifier: Apache-2.0
#include "target.hpp"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <netdb.h>

namespace gatehouse {

Result<Target> resolve_target(std::string_view url)
{
    auto const scheme = std::string_view(url.starts_with("ws://") ? "ws://" : "http://");
    auto const refuse = [url](std::string_view why) {
        return fail(ErrorCode::bad_request, fmt::format("{}: {}", url, why));
    };
    if (!url.starts_with(scheme))
        return refuse("expected http://HOST[:PORT][/PATH] (TLS ends before gatehouse)");
    auto rest = url.substr(scheme.size());
    auto const slash = std::min(rest.find('/'), rest.size());
    Target target{.address = {}, .host = std::string(rest.substr(0, slash)),
        .path = slash < rest.size() ? std::string(rest.substr(slash)) : std::string(1, '/')};

    std::string_view name = target.host;
    std::uint16_t port = 80;
    auto const colon = name.rfind(':');
    if (colon != std::string_view::npos && name.find(']', colon) == std::string_view::npos) {
        auto const digits = name.substr(colon + 1);
        auto const end = digits.data() + digits.size();
        auto const parsed = std::from_chars(digits.data(), end, port);
        if (parsed.ec != std::errc() || parsed.ptr != end || port == 0)
            return refuse("the port is no number from 1 to 65535");
        name = name.substr(0, colon);
    }
    if (name.starts_with('[') && name.ends_with(']'))
        name = name.substr(1, name.size() - 2);

    addrinfo const hints{.ai_flags = 0, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
        .ai_protocol = 0, .ai_addrlen = 0, .ai_addr = nullptr, .ai_canonname = nullptr,
        .ai_next = nullptr};
    addrinfo* found = nullptr;
    if (int const error = getaddrinfo(std::string(name).c_str(), nullptr, &hints, &found))
        return refuse(gai_strerror(error));
    std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> const owned(found, freeaddrinfo);
    // A name of both families, such as localhost: IPv4 first, which every server listens to.
    for (auto const* each = found; each; each = each->ai_next)
        if (each == found || each->ai_family == AF_INET)
            target.address = net::Address(each->ai_addr);
    target.address.set_port(port);
    return target;
}

}  // namespace gatehouse
