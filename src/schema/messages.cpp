// SPDX-License-Identifier: Apache-2.0
#include "schema/messages.hpp"

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "schema/kinds.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace gatehouse::schema {
namespace {

constexpr std::size_t shown_max = 60;
constexpr std::size_t listed_max = 10;

// Not amid a character.
std::string cut(std::string text)
{
    if (text.size() <= shown_max)
        return text;
    auto end = shown_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
        end--;
    return text.substr(0, end) + "…";
}

// "a", "a or b", "a, b or c", "a, b, … or one of 5 others".
std::string any_of_these(std::vector<std::string> const& all, std::size_t count)
{
    std::string text;
    for (std::size_t at = 0; at < all.size(); at++) {
        bool const is_last = at + 1 == count;
        text.append(at == 0 ? "" : is_last ? " or " : ", ").append(all[at]);
    }
    if (count > all.size())
        text.append(fmt::format(", or one of {} others", count - all.size()));
    return text;
}

} // namespace

std::string quoted(std::string_view text)
{
    std::string out;
    json::append_quoted(out, cut(std::string(text)));
    return out;
}

std::string shown(Value const& value)
{
    switch (value.kind) {
    case json::Kind::text: return quoted(value.text);
    case json::Kind::array:
        return fmt::format("an array of {}", counted(value.node.size(), "element"));
    case json::Kind::object:
        return fmt::format("an object of {}", counted(value.node.size(), "member"));
    default: return cut(value.node.compact());
    }
}

std::string counted(std::size_t count, std::string_view noun)
{
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string wrong_type(Kinds allowed, Value const& value)
{
    static constexpr std::array kinds{json::Kind::null, json::Kind::boolean, json::Kind::number,
        json::Kind::text, json::Kind::array, json::Kind::object};
    std::vector<std::string> names;
    for (auto const kind : kinds)
        if ((allowed & bit_of(kind)) != 0)
            names.emplace_back(name_of(kind));
    if ((allowed & whole_number) != 0)
        names.emplace_back("an integer");
    bool const is_fraction = value.kind == json::Kind::number;
    return fmt::format("must be {}, but is {}", any_of_these(names, names.size()),
        is_fraction ? shown(value) : std::string(name_of(value.kind)));
}

std::string not_among(std::span<json::Node const> constants, Value const& value)
{
    std::vector<std::string> names;
    for (auto const& each : constants.first(std::min(constants.size(), listed_max)))
        names.push_back(cut(each.compact()));
    return fmt::format(
        "must be {}, but is {}", any_of_these(names, constants.size()), shown(value));
}

std::string not_among(std::span<std::string const> texts, Value const& value)
{
    std::vector<std::string> names;
    for (auto const& each : texts.first(std::min(texts.size(), listed_max)))
        names.push_back(quoted(each));
    return fmt::format("must be {}, but is {}", any_of_these(names, texts.size()), shown(value));
}

std::string beyond(std::string_view must, Decimal const& bound, Value const& value)
{
    return fmt::format("{} {}, but is {}", must, bound.text(), shown(value));
}

std::string wrong_count(bool is_most, std::size_t bound, std::string_view noun, std::size_t count)
{
    return fmt::format(
        "must have at {} {}, but has {}", is_most ? "most" : "least", counted(bound, noun), count);
}

std::string lacks(std::string_view name)
{
    return fmt::format("must have {}", quoted(name));
}

std::string not_known(std::string_view name, std::span<std::string const> known)
{
    std::vector<std::string_view> const words(known.begin(), known.end());
    constexpr std::size_t name_bytes_max = 64; // Comparing takes the product of the lengths.
    auto const meant = name.size() <= name_bytes_max ? nearest(name, words) : std::nullopt;
    if (meant)
        return fmt::format("is not known here; is {} meant?", quoted(*meant));
    if (words.empty() || words.size() > listed_max)
        return "is not known here";
    std::vector<std::string> names;
    for (auto const word : words)
        names.push_back(quoted(word));
    return fmt::format(
        "is not known here; there {} {}", names.size() == 1 ? "is" : "are", fmt::join(names, ", "));
}

} // namespace gatehouse::schema
