// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::limits {

// An IPv6 address, or an IPv4 one as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2).
using Address = std::array<std::uint8_t, 16>;

// "10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1"; no zone, no brackets. Nothing for all else, such as
// "010.0.0.1", which some read as octal.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);

// All addresses with the same first bits (RFC 4632): the others are zero. `bits` counts from the
// front of the sixteen bytes, so that of IPv4's /8 is 104.
struct Block {
    Address address{};
    unsigned bits = 128;

    auto operator<=>(Block const&) const = default;
};

// "10.0.0.0/8", "fd00::/8"; an address alone is a block of one. Nothing where bits behind the
// prefix are set, for somebody meant something else ("10.0.0.1/8").
[[nodiscard]] std::optional<Block> parse_block(std::string_view text);
// As parse_block reads it: RFC 5952 for IPv6, and a single address without its length.
[[nodiscard]] std::string print_block(Block const& block);

[[nodiscard]] Block block_of(Address const& address, unsigned bits);
[[nodiscard]] bool contains(Block const& block, Address const& address);
[[nodiscard]] bool contains(Block const& outer, Block const& inner);

// Who counts as one: an IPv4 address; of IPv6 the /64, for each household has as many addresses.
[[nodiscard]] Block client_of(Address const& address);

} // namespace gatehouse::limits
