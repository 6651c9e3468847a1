// SPDX-License-Identifier: Apache-2.0
#include "net/listener.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <system_error>

namespace gatehouse::net {
namespace {

using runtime::Descriptor;

void set_option(Descriptor const& socket, int level, int option, int value)
{
    setsockopt(socket.get(), level, option, &value, sizeof value);
}

// Sets errno where it fails.
Descriptor bound_socket(Address const& address, PortUse use)
{
    Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket)
        return socket;
    set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    if (use == PortUse::share)
        set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1);
    if (address.family() == AF_INET6)
        set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, address.is_any() ? 0 : 1);
    if (bind(socket.get(), address.raw(), address.raw_bytes()) != 0)
        return {};
    return socket;
}

std::unexpected<Error> refusal(Address const& address, int error)
{
    auto detail =
        fmt::format("{}: {}", address.to_string(), std::generic_category().message(error));
    auto const message = [&] {
        switch (error) {
        case EADDRINUSE: return fmt::format("port {} is in use", address.port());
        case EACCES:
            return fmt::format("permission denied for port {}: those below 1024 need root or "
                               "CAP_NET_BIND_SERVICE",
                address.port());
        case EADDRNOTAVAIL: return fmt::format("{} is no address of this machine", address.host());
        case EMFILE:
        case ENFILE: return std::string("no file descriptor is left: raise the limit (ulimit -n)");
        default: return fmt::format("can't listen on {}", address.to_string());
        }
    };
    return fail(ErrorCode::unavailable, message(), std::move(detail));
}

// Two processes of one user may both share a port, and would take each other's connections unseen:
// whoever claims it looks first whether anybody is there who does not mind being shared.
Result<Descriptor> open_at(Address const& address, PortUse use)
{
    if (use == PortUse::claim && address.port() != 0 && !bound_socket(address, PortUse::claim))
        return refusal(address, errno);
    auto socket = bound_socket(address, PortUse::share);
    if (!socket)
        return refusal(address, errno);
    set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1); // Accepted sockets inherit it, and this:
    // what a slow reader is behind waits with us, who can drop it, not in megabytes of the
    // kernel's.
    set_option(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 128 * 1024);
    if (::listen(socket.get(), SOMAXCONN) != 0)
        return refusal(address, errno);
    return socket;
}

}  // namespace

Result<Descriptor> open_listener(Address const& address, PortUse use)
{
    auto listener = open_at(address, use);
    if (listener || !address.is_any() || bound_socket(Address(), PortUse::share))
        return listener;
    // No IPv6 on this machine: any address then means any of IPv4.
    return open_at(*Address::of_host("0.0.0.0", address.port()), use);
}

Address address_of(Descriptor const& socket)
{
    sockaddr_storage raw{};
    socklen_t bytes = sizeof raw;
    getsockname(socket.get(), reinterpret_cast<sockaddr*>(&raw), &bytes);
    return Address(reinterpret_cast<sockaddr*>(&raw));
}

}  // namespace gatehouse::net
