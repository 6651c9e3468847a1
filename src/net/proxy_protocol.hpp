// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "net/address.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// The PROXY protocol, version 2: what a balancer that passes TCP on says of its client, ahead of
// the client's own bytes (haproxy.org/download/2.9/doc/proxy-protocol.txt §2.2). Version 1, which
// is text, is refused.
namespace gatehouse::net {

struct ProxyHeader {
    std::size_t bytes = 0;
    // Whose connection it is. None: the balancer's own, such as its checks of health.
    std::optional<Address> source{};
};

inline constexpr std::size_t proxy_header_bytes_max = 2048; // Its TLVs may say much.

// Reads the header that `bytes` begin with. Nothing: it is not whole yet. Fails with bad_request
// where it is none: nothing behind it can be believed.
[[nodiscard]] Result<std::optional<ProxyHeader>> read_proxy_header(std::string_view bytes);

// What is said to an upstream of a client. Of different families, the balancer speaks for itself.
[[nodiscard]] std::string write_proxy_header(Address const& source, Address const& destination);

} // namespace gatehouse::net
