// SPDX-License-Identifier: Apache-2.0
#include "config/pattern.hpp"

#include "config/problem.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <string_view>
#include <vector>

namespace gatehouse::config {
namespace {

constexpr std::string_view word_letters
    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

bool is_word(std::string_view text)
{
    return !text.empty() && text.find_first_not_of(word_letters) == std::string_view::npos;
}

// Takes the next segment from `rest`, which begins with "/".
std::string_view take_segment(std::string_view& rest)
{
    rest.remove_prefix(1);
    auto const segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    return segment;
}

std::optional<std::string> check_path(std::string_view path)
{
    if (!path.starts_with('/'))
        return fmt::format("{} is no path: write one that begins with /", quote(path));
    std::set<std::string_view> names;
    for (auto rest = path; !rest.empty();) {
        auto const segment = take_segment(rest);
        if (segment.empty() && path != "/" && !rest.empty())
            return fmt::format("{} has an empty segment: write single slashes", quote(path));
        if (segment == "**" && !rest.empty())
            return fmt::format("{} goes on after **: ** stands last", quote(path));
        if (segment == "**")
            break;
        if (segment.contains('*'))
            return fmt::format("{} holds a * in {}: write :name for one segment, or /** at the end",
                quote(path), quote(segment));
        if (segment.starts_with(':') && !is_word(segment.substr(1)))
            return fmt::format(
                "{} holds {}: a name is letters, digits, _ and -", quote(path), quote(segment));
        if (segment.starts_with(':') && !names.insert(segment).second)
            return fmt::format("{} names {} twice", quote(path), quote(segment));
        if (segment == "." || segment == "..")
            return fmt::format(
                "{} holds {}: requests are matched without dots", quote(path), quote(segment));
        if (segment.find_first_of("?# \t\\") != std::string_view::npos)
            return fmt::format(
                "{} holds a character that no path has: write it without query", quote(path));
    }
    return std::nullopt;
}

std::optional<std::string> check_host(std::string_view host)
{
    auto const name = host.starts_with("*.") ? host.substr(2) : host;
    bool const is_name
        = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == name.npos
        && (name.size() == host.size() || (!name.empty() && !name.starts_with('.')));
    if (is_name)
        return std::nullopt;
    if (host.contains('*'))
        return fmt::format("{} holds a * that is not its first label: write *.example.com for all "
                           "hosts below example.com", quote(host));
    return fmt::format(
        "{} is no host name: write it without scheme and port, such as app.example.com",
        quote(host));
}

std::vector<routing::FieldPattern> fields_of(Named<std::string> const& fields)
{
    std::vector<routing::FieldPattern> patterns;
    for (auto const& [name, value] : fields)
        patterns.push_back({name, value == "*" ? std::nullopt : std::optional(value)});
    return patterns;
}

} // namespace

std::optional<std::string> check_pattern(Match const& match)
{
    if (match.path.empty())
        return fmt::format(
            "{} has no path: write /path, /path/**, or host/path", quote(match.host));
    if (auto wrong = check_host(match.host))
        return wrong;
    for (auto const& method : match.methods)
        if (method.empty()
            || method.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != std::string::npos)
            return fmt::format("{} is no method: write it in capitals, such as GET", quote(method));
    return check_path(match.path);
}

routing::RoutePattern pattern_of(Match const& match)
{
    return {.host = match.host, .path = match.path, .methods = match.methods,
        .headers = fields_of(match.headers), .query = fields_of(match.query)};
}

} // namespace gatehouse::config
