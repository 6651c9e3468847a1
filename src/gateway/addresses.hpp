// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::gateway {

// An IPv6 address, or an IPv4 one as ::ffff:a.b.c.d.
using Address = std::array<std::uint8_t, 16>;

// "10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1"; the IPv6 ones also in brackets.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);

// Addresses and blocks of them (RFC 4632), such as the proxies that are trusted.
class AddressBlocks {
public:
    AddressBlocks() = default;
    // "10.0.0.0/8", "fd00::/8", "127.0.0.1". Fails with bad_request.
    static Result<AddressBlocks> parse(std::span<std::string const> texts);

    // False also for what is no address.
    [[nodiscard]] bool contain(std::string_view address) const;

private:
    struct Block {
        Address address;
        unsigned bits;
    };
    std::vector<Block> blocks_;
};

}  // namespace gatehouse::gateway
