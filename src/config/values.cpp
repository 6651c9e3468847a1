// SPDX-License-Identifier: Apache-2.0
#include "config/values.hpp"

#include "config/problem.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::config {

Wrong read_value(std::string_view text, std::string& value)
{
    value = text;
    return std::nullopt;
}

Wrong read_value(std::string_view text, bool& value)
{
    value = text == "on" || text == "true";
    if (value || text == "off" || text == "false")
        return std::nullopt;
    return fmt::format("{} is neither: write on or off", quote(text));
}

Wrong read_value(std::string_view text, Duration& value)
{
    return accept(read_duration(text), value);
}

Wrong read_value(std::string_view text, Size& value)
{
    return accept(read_size(text), value);
}

Wrong read_value(std::string_view text, Percent& value)
{
    return accept(read_percent(text), value.value);
}

Wrong read_value(std::string_view text, Rate& value)
{
    return accept(read_rate(text), value);
}

Wrong read_value(std::string_view text, Address& value)
{
    auto const colon = text.rfind(':');
    auto host = text.substr(0, colon);
    auto const is_bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
    if (is_bracketed)
        host = host.substr(1, host.size() - 2);
    if (colon == std::string_view::npos || (!is_bracketed && host.contains(':'))
        || host.find_first_of("/@[] \t?#") != std::string_view::npos)
        return fmt::format(
            "{} is no address: write host:port, such as 127.0.0.1:8080 or [::1]:8080", quote(text));
    auto const port = read_count(text.substr(colon + 1), 0, 65535);
    if (!port)
        return fmt::format("{} has no valid port: {}", quote(text), port.error());
    value = {std::string(host), static_cast<std::uint16_t>(*port)};
    return std::nullopt;
}

Wrong read_value(std::string_view text, Path& value)
{
    if (text.empty() || text.contains('\0'))
        return fmt::format("{} is no path", quote(text));
    value.text = text;
    return std::nullopt;
}

// Never quotes its text: somebody may have written the secret itself.
Wrong read_value(std::string_view text, Secret& value)
{
    if (text.starts_with("vault:"))
        return fmt::format("a secret from a vault {}: write env:NAME or file:PATH", not_yet);
    auto const colon = text.find(':');
    auto const scheme = text.substr(0, colon);
    if ((scheme != "env" && scheme != "file") || colon + 1 >= text.size())
        return "a secret is never written here: refer to it by env:NAME or file:PATH";
    value = {std::string(text), {}};
    return std::nullopt;
}

Wrong read_choice(std::string_view text, std::vector<std::string_view> const& names,
    std::vector<std::string_view> const& later, std::size_t& choice)
{
    auto const found = std::ranges::find(names, text);
    choice = static_cast<std::size_t>(found - names.begin());
    if (found != names.end())
        return std::nullopt;
    if (std::ranges::find(later, text) != later.end())
        return fmt::format("{} {}{}", quote(text), not_yet, suggest("", names, "choices"));
    return fmt::format("{} is no choice here{}", quote(text), suggest(text, names, "choices"));
}

std::string write_value(std::string const& value)
{
    return value;
}

std::string write_value(bool value)
{
    return value ? "true" : "false";
}

std::string write_value(int value)
{
    return fmt::to_string(value);
}

std::string write_value(Duration value)
{
    return write_duration(value);
}

std::string write_value(Size value)
{
    return write_size(value);
}

std::string write_value(Percent value)
{
    return fmt::format("{}%", value.value);
}

std::string write_value(Rate value)
{
    return value.count == 0 ? "" : write_rate(value);
}

std::string write_value(Address const& value)
{
    return value.host.contains(':') ? fmt::format("[{}]:{}", value.host, value.port)
                                    : fmt::format("{}:{}", value.host, value.port);
}

std::string write_value(Path const& value)
{
    return value.text;
}

std::string write_value(Secret const& value)
{
    return value.reference;
}

std::string resolve_path(std::string_view path, std::string_view folder)
{
    if (path.starts_with('/') || folder.empty())
        return std::string(path);
    return fmt::format("{}{}{}", folder, folder.ends_with('/') ? "" : "/", path);
}

Wrong settle(Path& value, Surroundings const& around)
{
    value.text = resolve_path(value.text, around.folder);
    return std::nullopt;
}

Wrong settle(Secret& value, Surroundings const& around)
{
    constexpr std::size_t size_max = 64 * 1024;
    auto const colon = value.reference.find(':');
    auto const name = value.reference.substr(colon + 1);
    std::optional<std::string> found;
    if (value.reference.starts_with("env:")) {
        found = around.environment(name);
    } else {
        auto const path = resolve_path(name, around.folder);
        value.reference = "file:" + path;
        found = around.read_file(path);
    }
    if (!found)
        return fmt::format("{} leads nowhere: {}", quote(value.reference),
            value.reference.starts_with("env:") ? "set the variable" : "the file can't be read");
    while (found->ends_with('\n') || found->ends_with('\r'))
        found->pop_back();
    if (found->empty() || found->size() > size_max)
        return fmt::format("{} leads to a secret that is {}", quote(value.reference),
            found->empty() ? "empty" : "longer than 64 KiB");
    value.value = *std::move(found);
    return std::nullopt;
}

} // namespace gatehouse::config
