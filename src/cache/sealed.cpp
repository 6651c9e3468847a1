// SPDX-License-Identifier: Apache-2.0
#include "cache/sealed.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/seal.hpp"

namespace gatehouse::cache {
namespace {

constexpr char format = 1;
constexpr std::size_t number_size = 8;

void append_number(std::string& out, std::uint64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(number >> shift));
}

std::uint64_t take_number(std::string_view& bytes)
{
    std::uint64_t number = 0;
    for (char const byte : bytes.substr(0, number_size))
        number = number << 8 | static_cast<unsigned char>(byte);
    bytes.remove_prefix(number_size);
    return number;
}

} // namespace

Seal::Seal(std::string_view secret)
    : key_(sha256("gatehouse cache key\n" + std::string(secret)))
    , fingerprint_(to_hex(sha256("gatehouse cache name\n" + std::string(secret)).substr(0, 4)))
{
}

std::string Seal::close(std::string_view name, Answer const& answer, std::string_view nonce) const
{
    std::string text;
    text.reserve(2 * number_size + answer.value.size());
    append_number(text, answer.version);
    append_number(text, static_cast<std::uint64_t>(answer.made_at.ms));
    text += answer.value;
    return format + seal(key_, nonce, text, name);
}

std::optional<Answer> Seal::open(std::string_view name, std::string_view sealed) const
{
    if (sealed.empty() || sealed.front() != format)
        return std::nullopt;
    auto const text = unseal(key_, sealed.substr(1), name);
    if (!text || text->size() < 2 * number_size)
        return std::nullopt;
    std::string_view rest(*text);
    Answer answer;
    answer.version = take_number(rest);
    answer.made_at = {static_cast<std::int64_t>(take_number(rest))};
    answer.value = rest;
    return answer;
}

} // namespace gatehouse::cache
