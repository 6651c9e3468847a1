// SPDX-License-Identifier: Apache-2.0
#include "config/problem.hpp"

#include "base/json_writer.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <tuple>

namespace gatehouse::config {

std::string Place::text() const
{
    return line == 0 ? source : fmt::format("{}:{}:{}", source, line, column);
}

std::string Problem::text() const
{
    return pointer.empty() ? fmt::format("{}: {}", place.text(), message)
                           : fmt::format("{}: {}: {}", place.text(), pointer, message);
}

Place place_of(Origins const& origins, std::string_view pointer)
{
    for (;;) {
        if (auto const found = origins.find(pointer); found != origins.end())
            return found->second;
        if (pointer.empty())
            return {};
        pointer = pointer.substr(0, pointer.rfind('/'));
    }
}

void Problems::add(Place place, std::string pointer, std::string message)
{
    auto const is_known = std::ranges::any_of(
        kept_, [&](Problem const& each) { return each.place == place && each.pointer == pointer; });
    if (is_known)
        return;
    if (kept_.size() < kept_max)
        kept_.push_back({std::move(place), std::move(pointer), std::move(message)});
    else
        dropped_++;
}

void Problems::sort_by_place()
{
    std::ranges::stable_sort(kept_, {}, [](Problem const& each) {
        return std::tie(each.place.source, each.place.line, each.place.column);
    });
}

std::string Problems::text() const
{
    std::string out;
    for (auto const& each : kept_)
        out.append(each.text()).append("\n");
    if (dropped_ > 0)
        out.append(fmt::format("and {} more\n", dropped_));
    return out;
}

std::string quote(std::string_view text)
{
    constexpr std::size_t shown_max = 60;
    std::string out;
    json::append_quoted(out, text.substr(0, shown_max));
    if (text.size() > shown_max)
        out += "…";
    return out;
}

std::string suggest(
    std::string_view word, std::vector<std::string_view> const& known, std::string_view plural)
{
    constexpr std::size_t listed_max = 20;
    if (auto const near = nearest(word, known))
        return fmt::format("; did you mean {}?", quote(*near));
    if (known.empty())
        return fmt::format(": there are no {}", plural);
    auto const listed = std::span(known).first(std::min(known.size(), listed_max));
    return fmt::format(": the {} are {}{}", plural, fmt::join(listed, ", "),
        known.size() > listed_max ? ", …" : "");
}

std::string member_pointer(std::string_view pointer, std::string_view key)
{
    std::string out(pointer);
    out += '/';
    for (auto const c : key)
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    return out;
}

} // namespace gatehouse::config
