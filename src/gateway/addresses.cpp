// SPDX-License-Identifier: Apache-2.0
#include "gateway/addresses.hpp"

#include <algorithm>
#include <charconv>

namespace gatehouse::gateway {
namespace {

constexpr unsigned address_bits = 128;
constexpr unsigned mapped_bits = 96; // In front of an IPv4 address.

template <typename Number>
bool read_number(std::string_view text, Number& number, int base)
{
    auto const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, number, base);
    return !text.empty() && read.ec == std::errc() && read.ptr == end;
}

bool read_ipv4(std::string_view text, std::uint8_t* bytes)
{
    for (int i = 0; i < 4; i++) {
        auto const dot = i < 3 ? text.find('.') : text.size();
        if (dot == text.npos || dot > 3 || !read_number(text.substr(0, dot), bytes[i], 10))
            return false;
        text.remove_prefix(std::min(dot + 1, text.size()));
    }
    return text.empty();
}

// Groups of two bytes, at most `bytes_max`; the last may be an IPv4 address. Their size in bytes,
// or nothing.
std::optional<std::size_t> read_groups(
    std::string_view text, std::uint8_t* bytes, std::size_t bytes_max)
{
    std::size_t size = 0;
    while (!text.empty()) {
        auto const colon = text.find(':');
        auto const group = text.substr(0, colon);
        if (group.find('.') != group.npos) {
            bool const fits = colon == text.npos && size + 4 <= bytes_max;
            return fits && read_ipv4(group, bytes + size) ? std::optional(size + 4) : std::nullopt;
        }
        std::uint16_t value = 0;
        if (size + 2 > bytes_max || group.size() > 4 || !read_number(group, value, 16))
            return std::nullopt;
        bytes[size++] = static_cast<std::uint8_t>(value >> 8);
        bytes[size++] = static_cast<std::uint8_t>(value & 255);
        if (colon == text.npos)
            break;
        text.remove_prefix(colon + 1);
        if (text.empty())
            return std::nullopt;
    }
    return size;
}

// RFC 4291 §2.2
std::optional<Address> read_ipv6(std::string_view text)
{
    Address address{};
    auto const gap = text.find("::");
    auto const front = read_groups(text.substr(0, gap), address.data(), address.size());
    if (!front)
        return std::nullopt;
    if (gap == text.npos)
        return *front == address.size() ? std::optional(address) : std::nullopt;
    Address tail{};
    auto const back = read_groups(text.substr(gap + 2), tail.data(), address.size() - *front);
    if (!back || *front + *back > address.size() - 2)
        return std::nullopt;
    std::copy_n(tail.begin(), *back, address.end() - static_cast<std::ptrdiff_t>(*back));
    return address;
}

bool share_prefix(Address const& a, Address const& b, unsigned bits)
{
    auto const whole = bits / 8;
    if (!std::equal(a.begin(), a.begin() + whole, b.begin()))
        return false;
    auto const rest = bits % 8;
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text)
{
    if (text.size() > 2 && text.front() == '[' && text.back() == ']')
        return read_ipv6(text.substr(1, text.size() - 2));
    if (text.find(':') != text.npos)
        return read_ipv6(text);
    Address address{};
    address[10] = address[11] = 0xff;
    return read_ipv4(text, address.data() + mapped_bits / 8) ? std::optional(address)
                                                             : std::nullopt;
}

Result<AddressBlocks> AddressBlocks::parse(std::span<std::string const> texts)
{
    AddressBlocks all;
    for (std::string_view const text : texts) {
        auto const slash = text.find('/');
        auto const address = parse_address(text.substr(0, slash));
        unsigned bits = address_bits;
        bool is_block = address.has_value();
        if (slash != text.npos) {
            is_block = is_block && read_number(text.substr(slash + 1), bits, 10);
            bits += text.find(':') == text.npos ? mapped_bits : 0;
        }
        if (!is_block || bits > address_bits)
            return fail(ErrorCode::bad_request,
                "\"" + std::string(text) + "\" is neither an address nor a block of them.");
        all.blocks_.push_back({*address, bits});
    }
    return all;
}

bool AddressBlocks::contain(std::string_view text) const
{
    if (blocks_.empty())
        return false;
    auto const address = parse_address(text);
    return address && std::ranges::any_of(blocks_, [&](Block const& block) {
        return share_prefix(block.address, *address, block.bits);
    });
}

}  // namespace gatehouse::gateway
