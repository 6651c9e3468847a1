// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_protocol.hpp"

#include <algorithm>
#include <cstring>
#include <sys/socket.h>

namespace gatehouse::net {
namespace {

using namespace std::string_view_literals;

constexpr auto signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t fixed_bytes = 16;
constexpr unsigned char local = 0x20; // Version 2 and its command.
constexpr unsigned char proxied = 0x21;
constexpr unsigned char tcp_over_v4 = 0x11;
constexpr unsigned char tcp_over_v6 = 0x21;

std::unexpected<Error> malformed(std::string_view why)
{
    return fail(ErrorCode::bad_request, std::string(why));
}

unsigned char at(std::string_view bytes, std::size_t index)
{
    return static_cast<unsigned char>(bytes[index]);
}

// The client's address, the server's, then the port of each.
Address v4_of(std::string_view body)
{
    sockaddr_in raw{};
    raw.sin_family = AF_INET;
    std::memcpy(&raw.sin_addr, body.data(), 4);
    std::memcpy(&raw.sin_port, body.data() + 8, 2);
    return Address(reinterpret_cast<sockaddr const*>(&raw));
}

Address v6_of(std::string_view body)
{
    sockaddr_in6 raw{};
    raw.sin6_family = AF_INET6;
    std::memcpy(&raw.sin6_addr, body.data(), 16);
    std::memcpy(&raw.sin6_port, body.data() + 32, 2);
    return Address(reinterpret_cast<sockaddr const*>(&raw));
}

template <typename Raw>
Raw raw_of(Address const& address)
{
    Raw raw;
    std::memcpy(&raw, address.raw(), sizeof raw);
    return raw;
}

std::string bytes_of(auto const& value)
{
    return {reinterpret_cast<char const*>(&value), sizeof value};
}

std::string header(unsigned char command, unsigned char family, std::string const& body)
{
    std::string out(signature);
    out += static_cast<char>(command);
    out += static_cast<char>(family);
    out += static_cast<char>(body.size() >> 8);
    out += static_cast<char>(body.size() & 0xff);
    return out + body;
}

} // namespace

Result<std::optional<ProxyHeader>> read_proxy_header(std::string_view bytes)
{
    auto const compared = std::min(bytes.size(), signature.size());
    if (bytes.substr(0, compared) != signature.substr(0, compared))
        return malformed("no PROXY header of version 2");
    if (bytes.size() < fixed_bytes)
        return std::nullopt;
    auto const command = at(bytes, 12);
    auto const family = at(bytes, 13);
    std::size_t const body_bytes = at(bytes, 14) * 256u + at(bytes, 15);
    if (command != local && command != proxied)
        return malformed("a PROXY header of another version or command");
    if (fixed_bytes + body_bytes > proxy_header_bytes_max)
        return malformed("a PROXY header that is too long");
    if (bytes.size() < fixed_bytes + body_bytes)
        return std::nullopt;
    ProxyHeader read{.bytes = fixed_bytes + body_bytes};
    if (command == local)
        return read;
    auto const body = bytes.substr(fixed_bytes, body_bytes);
    if (family == tcp_over_v4 && body_bytes >= 12)
        read.source = v4_of(body);
    else if (family == tcp_over_v6 && body_bytes >= 36)
        read.source = v6_of(body);
    else
        return malformed("a PROXY header without the address of a TCP client");
    return read;
}

std::string write_proxy_header(Address const& source, Address const& destination)
{
    if (source.family() != destination.family())
        return header(local, 0, {});
    if (source.family() == AF_INET) {
        auto const from = raw_of<sockaddr_in>(source);
        auto const to = raw_of<sockaddr_in>(destination);
        return header(proxied, tcp_over_v4,
            bytes_of(from.sin_addr) + bytes_of(to.sin_addr) + bytes_of(from.sin_port)
                + bytes_of(to.sin_port));
    }
    auto const from = raw_of<sockaddr_in6>(source);
    auto const to = raw_of<sockaddr_in6>(destination);
    return header(proxied, tcp_over_v6,
        bytes_of(from.sin6_addr) + bytes_of(to.sin6_addr) + bytes_of(from.sin6_port)
            + bytes_of(to.sin6_port));
}

} // namespace gatehouse::net
