// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <netinet/in.h>
#include <string>
#include <string_view>

namespace gatehouse::net {

// An IPv4 or IPv6 address with a port. IPv4 seen through an IPv6 socket (::ffff:a.b.c.d) is IPv4.
class Address {
public:
    Address() = default; // Any address, any port.
    explicit Address(sockaddr const* raw);

    // ":8080" (any address, of both families), "127.0.0.1:9901", "[::1]:80". Numbers only.
    [[nodiscard]] static Result<Address> parse(std::string_view text);
    // An address without its port, and without brackets: "127.0.0.1", "::1".
    [[nodiscard]] static Result<Address> of_host(std::string_view host, std::uint16_t port);

    [[nodiscard]] std::uint16_t port() const;
    void set_port(std::uint16_t port);
    [[nodiscard]] std::string host() const;      // "127.0.0.1", "::1"
    [[nodiscard]] std::string to_string() const; // "127.0.0.1:80", "[::1]:80"

    // Of both families.
    [[nodiscard]] bool is_any() const;
    [[nodiscard]] int family() const { return any_.sa_family; }
    [[nodiscard]] sockaddr const* raw() const { return &any_; }
    [[nodiscard]] socklen_t raw_bytes() const;

    bool operator==(Address const& other) const { return to_string() == other.to_string(); }

private:
    union {
        sockaddr_in6 v6_{.sin6_family = AF_INET6,
            .sin6_port = 0, .sin6_flowinfo = 0, .sin6_addr = {}, .sin6_scope_id = 0};
        sockaddr_in v4_;
        sockaddr any_;
    };
};

}  // namespace gatehouse::net
