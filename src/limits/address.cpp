// SPDX-License-Identifier: Apache-2.0
#include "limits/address.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <iterator>

namespace gatehouse::limits {
namespace {

constexpr unsigned address_bits = 128;
constexpr unsigned mapped_bits = 96; // In front of an IPv4 address.
constexpr Address mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_ipv4(Address const& address)
{
    return std::equal(mapped.begin(), mapped.begin() + mapped_bits / 8, address.begin());
}

// Digits alone, without a needless zero in front.
std::optional<unsigned> read_decimal(std::string_view text, unsigned most)
{
    unsigned number = 0;
    auto const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, number);
    bool const is_whole = !text.empty() && read.ec == std::errc() && read.ptr == end;
    bool const is_plain = text.size() == 1 || !text.starts_with('0');
    return is_whole && is_plain && number <= most ? std::optional(number) : std::nullopt;
}

bool read_ipv4(std::string_view text, std::uint8_t* bytes)
{
    for (int i = 0; i < 4; i++) {
        auto const dot = i < 3 ? text.find('.') : text.size();
        if (dot == text.npos)
            return false;
        auto const number = read_decimal(text.substr(0, dot), 255);
        if (!number)
            return false;
        bytes[i] = static_cast<std::uint8_t>(*number);
        text.remove_prefix(std::min(dot + 1, text.size()));
    }
    return true;
}

bool read_group(std::string_view text, std::uint8_t* bytes)
{
    std::uint16_t value = 0;
    auto const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, value, 16);
    bytes[0] = static_cast<std::uint8_t>(value >> 8);
    bytes[1] = static_cast<std::uint8_t>(value & 255);
    return !text.empty() && text.size() <= 4 && read.ec == std::errc() && read.ptr == end;
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
        bool const is_last = colon == text.npos;
        if (is_last && group.find('.') != group.npos) {
            bool const fits = size + 4 <= bytes_max && read_ipv4(group, bytes + size);
            return fits ? std::optional(size + 4) : std::nullopt;
        }
        if (size + 2 > bytes_max || !read_group(group, bytes + size))
            return std::nullopt;
        size += 2;
        if (is_last)
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
    auto const head = text.substr(0, gap);
    bool const has_early_dots = gap != text.npos && head.find('.') != head.npos;
    auto const front = read_groups(head, address.data(), address.size());
    if (!front || has_early_dots)
        return std::nullopt;
    if (gap == text.npos)
        return *front == address.size() ? std::optional(address) : std::nullopt;
    Address tail{};
    auto const back = read_groups(text.substr(gap + 2), tail.data(), address.size() - *front);
    if (!back || *front + *back > address.size() - 2)
        return std::nullopt; // The gap stands for one group at least.
    std::copy_n(tail.begin(), *back, address.end() - static_cast<std::ptrdiff_t>(*back));
    return address;
}

std::string print_ipv6(Address const& address)
{
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < groups.size(); i++)
        groups[i] = address[2 * i] * 256U + address[2 * i + 1];
    // The longest run of zeros, the first of equals, and of two at least (RFC 5952 §4.2).
    std::size_t from = groups.size();
    std::size_t length = 1;
    for (std::size_t i = 0; i < groups.size();) {
        auto const end
            = static_cast<std::size_t>(std::find_if(groups.begin() + static_cast<std::ptrdiff_t>(i),
                                           groups.end(), [](unsigned group) { return group != 0; })
                - groups.begin());
        if (end - i > length) {
            from = i;
            length = end - i;
        }
        i = std::max(end, i + 1);
    }
    std::string text;
    for (std::size_t i = 0; i < groups.size();) {
        if (i == from) {
            text += "::";
            i += length;
            continue;
        }
        if (!text.empty() && text.back() != ':')
            text += ':';
        fmt::format_to(std::back_inserter(text), "{:x}", groups[i++]);
    }
    return text;
}

} // namespace

std::optional<Address> parse_address(std::string_view text)
{
    if (text.find(':') != text.npos)
        return read_ipv6(text);
    auto address = mapped;
    return read_ipv4(text, address.data() + mapped_bits / 8) ? std::optional(address)
                                                             : std::nullopt;
}

std::optional<Block> parse_block(std::string_view text)
{
    auto const slash = text.find('/');
    auto const address = parse_address(text.substr(0, slash));
    if (!address)
        return std::nullopt;
    unsigned bits = address_bits;
    if (slash != text.npos) {
        auto const front = text.find(':') == text.npos ? mapped_bits : 0;
        auto const length = read_decimal(text.substr(slash + 1), address_bits - front);
        if (!length)
            return std::nullopt;
        bits = front + *length;
    }
    auto const block = block_of(*address, bits);
    return block.address == *address ? std::optional(block) : std::nullopt;
}

std::string print_block(Block const& block)
{
    auto const& bytes = block.address;
    bool const as_ipv4 = is_ipv4(bytes) && block.bits >= mapped_bits;
    auto text = as_ipv4 ? fmt::format("{}.{}.{}.{}", bytes[12], bytes[13], bytes[14], bytes[15])
                        : print_ipv6(bytes);
    if (block.bits < address_bits)
        fmt::format_to(std::back_inserter(text), "/{}", block.bits - (as_ipv4 ? mapped_bits : 0));
    return text;
}

Block block_of(Address const& address, unsigned bits)
{
    Block block{address, std::min(bits, address_bits)};
    for (unsigned i = 0; i < address.size(); i++) {
        auto const kept = std::clamp(static_cast<int>(block.bits) - static_cast<int>(8 * i), 0, 8);
        block.address[i] = static_cast<std::uint8_t>(address[i] & (0xff00 >> kept));
    }
    return block;
}

bool contains(Block const& block, Address const& address)
{
    return block_of(address, block.bits).address == block.address;
}

bool contains(Block const& outer, Block const& inner)
{
    return outer.bits <= inner.bits && contains(outer, inner.address);
}

Block client_of(Address const& address)
{
    return block_of(address, is_ipv4(address) ? address_bits : 64);
}

} // namespace gatehouse::limits
