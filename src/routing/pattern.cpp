// SPDX-License-Identifier: Apache-2.0
#include "routing/pattern.hpp"

#include "base/text.hpp"
#include "http/target.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gatehouse::routing {
namespace {

std::ptrdiff_t values_of(RoutePattern const& pattern)
{
    auto const has_value = [](FieldPattern const& field) { return field.value.has_value(); };
    return std::ranges::count_if(pattern.headers, has_value)
        + std::ranges::count_if(pattern.query, has_value);
}

// Do they want different values of one field? Then no request has both.
template <typename SameName>
bool exclude(std::vector<FieldPattern> const& a, std::vector<FieldPattern> const& b,
    SameName const& same_name)
{
    return std::ranges::any_of(a, [&](FieldPattern const& field) {
        return field.value && std::ranges::any_of(b, [&](FieldPattern const& other) {
            return other.value && *other.value != *field.value && same_name(field.name, other.name);
        });
    });
}

bool has_header(http::Headers const& headers, FieldPattern const& field)
{
    return std::ranges::any_of(headers, [&field](http::Header const& line) {
        return equal_ignoring_case(line.name, field.name)
            && (!field.value || line.value == *field.value);
    });
}

bool has_parameter(std::string_view query, FieldPattern const& field)
{
    auto const found = http::query_value(query, field.name);
    return found && (!field.value || *found == *field.value);
}

void append_fields(std::string& out, std::vector<FieldPattern> const& fields, std::string_view what)
{
    for (auto const& field : fields)
        out += fmt::format(
            " with {} {}{}", what, field.name, field.value ? "=" + *field.value : std::string());
}

} // namespace

std::string shape_of(std::string_view path)
{
    std::string shape;
    while (!is_at_end(path)) {
        auto const segment = take_segment(path);
        bool const is_any = segment.starts_with(':') || segment == "*";
        shape.append("/").append(is_any ? ":" : segment);
    }
    return shape;
}

int compare_rest(RoutePattern const& a, RoutePattern const& b)
{
    if (a.methods.empty() != b.methods.empty())
        return a.methods.empty() ? 1 : -1;
    auto const fields_a = a.headers.size() + a.query.size();
    auto const fields_b = b.headers.size() + b.query.size();
    if (fields_a != fields_b)
        return fields_a < fields_b ? 1 : -1;
    auto const values_a = values_of(a);
    auto const values_b = values_of(b);
    return values_a == values_b ? 0 : values_a < values_b ? 1 : -1;
}

bool is_tie(RoutePattern const& a, RoutePattern const& b)
{
    if (compare_rest(a, b) != 0 || host_of(a.host) != host_of(b.host)
        || shape_of(a.path) != shape_of(b.path))
        return false;
    if (!a.methods.empty() && std::ranges::find_first_of(a.methods, b.methods) == a.methods.end())
        return false;
    return !exclude(a.headers, b.headers, equal_ignoring_case)
        && !exclude(a.query, b.query, std::equal_to<std::string_view>());
}

bool takes_method(RoutePattern const& pattern, std::string_view method)
{
    return pattern.methods.empty()
        || std::ranges::find(pattern.methods, method) != pattern.methods.end();
}

bool takes_fields(RoutePattern const& pattern, Asked const& asked)
{
    static http::Headers const none;
    auto const& headers = asked.headers ? *asked.headers : none;
    return std::ranges::all_of(
               pattern.headers, [&](auto const& field) { return has_header(headers, field); })
        && std::ranges::all_of(
            pattern.query, [&](auto const& field) { return has_parameter(asked.query, field); });
}

std::string text_of(RoutePattern const& pattern)
{
    auto text = pattern.methods.empty()
        ? pattern.host + pattern.path
        : fmt::format("{} {}{}", fmt::join(pattern.methods, ","), pattern.host, pattern.path);
    append_fields(text, pattern.headers, "header");
    append_fields(text, pattern.query, "query");
    return text;
}

std::string host_of(std::string_view host)
{
    auto const colon = host.rfind(':');
    bool const is_port = colon != host.npos && host.find(']', colon) == host.npos;
    std::string out(is_port ? host.substr(0, colon) : host);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c | 0x20);
    return out;
}

std::string_view take_segment(std::string_view& path)
{
    path.remove_prefix(1);
    auto const segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

} // namespace gatehouse::routing
