// SPDX-License-Identifier: Apache-2.0
#include "net/address.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstring>

namespace gatehouse::net {

Address::Address(sockaddr const* raw) : Address()
{
    if (raw->sa_family == AF_INET) {
        std::memcpy(&v4_, raw, sizeof v4_);
        return;
    }
    sockaddr_in6 seen;
    std::memcpy(&seen, raw, sizeof seen);
    if (!IN6_IS_ADDR_V4MAPPED(&seen.sin6_addr)) {
        v6_ = seen;
        return;
    }
    v4_ = {.sin_family = AF_INET, .sin_port = seen.sin6_port, .sin_addr = {}, .sin_zero = {}};
    std::memcpy(&v4_.sin_addr, &seen.sin6_addr.s6_addr[12], sizeof v4_.sin_addr);
}

Result<Address> Address::parse(std::string_view text)
{
    auto const wrong = [&] {
        return fail(ErrorCode::bad_request,
            fmt::format(
                R"("{}" is no address: write ":8080", "127.0.0.1:8080" or "[::1]:8080")", text));
    };
    auto const colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return wrong();
    auto const digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size())
        return wrong();

    auto host = text.substr(0, colon);
    if (host.empty()) {
        Address any;
        any.v6_.sin6_port = htons(port);
        return any;
    }
    bool const bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed)
        host = host.substr(1, host.size() - 2);
    auto const address = of_host(host, port);
    if (!address || (address->family() == AF_INET6) != bracketed)
        return wrong();
    return *address;
}

Result<Address> Address::of_host(std::string_view host, std::uint16_t port)
{
    Address address;
    std::string const text(host);
    address.v6_.sin6_port = htons(port);
    if (inet_pton(AF_INET6, text.c_str(), &address.v6_.sin6_addr) == 1)
        return Address(&address.any_);
    sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
    if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) != 1)
        return fail(ErrorCode::bad_request, fmt::format("\"{}\" is no numeric address", host));
    address.v4_ = v4;
    return address;
}

std::uint16_t Address::port() const
{
    return ntohs(family() == AF_INET ? v4_.sin_port : v6_.sin6_port);
}

void Address::set_port(std::uint16_t port)
{
    (family() == AF_INET ? v4_.sin_port : v6_.sin6_port) = htons(port);
}

std::string Address::host() const
{
    std::array<char, INET6_ADDRSTRLEN> text;
    auto const* const bytes = family() == AF_INET ? static_cast<void const*>(&v4_.sin_addr)
                                                  : static_cast<void const*>(&v6_.sin6_addr);
    return inet_ntop(family(), bytes, text.data(), text.size());
}

std::string Address::to_string() const
{
    return family() == AF_INET ? fmt::format("{}:{}", host(), port())
                               : fmt::format("[{}]:{}", host(), port());
}

socklen_t Address::raw_bytes() const
{
    return family() == AF_INET ? sizeof v4_ : sizeof v6_;
}

bool Address::is_any() const
{
    return family() == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&v6_.sin6_addr);
}

}  // namespace gatehouse::net
