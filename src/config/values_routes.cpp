// SPDX-License-Identifier: Apache-2.0
#include "config/values_routes.hpp"

#include "config/pattern.hpp"
#include "config/validation.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace gatehouse::config {

Wrong read_value(std::string_view text, Match& value)
{
    auto const slash = std::min(text.find('/'), text.size());
    value = {std::string(text.substr(0, slash)), std::string(text.substr(slash)), {}};
    return std::nullopt;
}

Wrong read_value(std::string_view text, Target& value)
{
    value = {};
    if (text == "rooms")
        value.kind = Target::Kind::rooms;
    else
        value.service = text;
    return std::nullopt;
}

Wrong read_value(std::string_view text, Redirect& value)
{
    value.to = text;
    return std::nullopt;
}

std::optional<std::string> write_short(Match const& value)
{
    if (!value.methods.empty() || !value.headers.empty() || !value.query.empty())
        return std::nullopt;
    return value.host + value.path;
}

std::optional<std::string> write_short(Target const& value)
{
    using enum Target::Kind;
    if (value.kind == files)
        return std::nullopt;
    return value.kind == rooms ? "rooms" : value.service;
}

std::optional<std::string> write_short(Redirect const& value)
{
    return value == Redirect {.to = value.to} ? std::optional(value.to) : std::nullopt;
}

Wrong settle(Redirect& value, Surroundings const&)
{
    constexpr std::array statuses {301, 302, 303, 307, 308};
    if (std::ranges::find(statuses, value.status) == statuses.end())
        return fmt::format(
            "status: {} is no redirect: write 301, 302, 303, 307 or 308", value.status);
    return std::nullopt;
}

Wrong settle(Validate& value, Surroundings const& around)
{
    if (value.body.text.empty() == value.openapi.text.empty())
        return "write body: FILE, a JSON Schema, or openapi: FILE; one of them";
    return read_schema_files(value, around);
}

Wrong settle(Match& value, Surroundings const&)
{
    std::ranges::transform(value.host, value.host.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    return check_pattern(value);
}

Wrong settle(Target& value, Surroundings const&)
{
    if (!value.folder.text.empty())
        value.kind = Target::Kind::files;
    else if (value.kind == Target::Kind::service && value.service.empty())
        return "leads nowhere: name a service, rooms, or { files: FOLDER }";
    return std::nullopt;
}

} // namespace gatehouse::config
