// SPDX-License-Identifier: Apache-2.0
#include "config/values_auth.hpp"

#include "config/problem.hpp"
#include "config/values.hpp"
#include "identity/jwks.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace gatehouse::config {

Wrong read_value(std::string_view text, Jwks& value)
{
    constexpr std::string_view scheme = "file:";
    value = {};
    if (text == "auto" || text.starts_with("https://") || text.starts_with("http://"))
        return fmt::format(
            "keys that are fetched {}: write file:PATH, and keep the file fresh", not_yet);
    if (!text.starts_with(scheme) || text.size() == scheme.size())
        return fmt::format("{} is no key set: write file:PATH", quote(text));
    value.kind = Jwks::Kind::file;
    return read_value(text.substr(scheme.size()), value.file);
}

std::string write_value(Jwks const& value)
{
    return value.kind == Jwks::Kind::none ? "" : "file:" + value.file.text;
}

Wrong settle(Jwks& value, Surroundings const& around)
{
    if (auto const wrong = settle(value.file, around))
        return wrong;
    auto text = around.read_file(value.file.text);
    if (!text)
        return fmt::format("{} leads nowhere: the file can't be read", quote(write_value(value)));
    auto const keys = identity::KeySet::parse(*text);
    if (!keys)
        return fmt::format("{} is no key set (RFC 7517): {}{}", quote(write_value(value)),
            keys.error().message,
            keys.error().detail.empty() ? "" : "; " + keys.error().detail);
    if (keys->size() == 0)
        return fmt::format(
            "{} holds no key for signatures: nobody could come", quote(write_value(value)));
    value.text = *std::move(text);
    return std::nullopt;
}

Wrong settle(Jwt& value, Surroundings const&)
{
    constexpr auto skew_max = std::chrono::minutes(10);
    if (value.skew > skew_max)
        return "skew: clocks that differ by more than 10m make expired tokens good: write 60s";
    if (value.issuer.empty())
        return "issuer: is empty: write what the iss of its tokens says, byte for byte";
    if (std::ranges::find(value.audience, "") != value.audience.end())
        return "audience: is empty: write what the aud of tokens for you says, or leave it out";
    if (value.prefix.starts_with("g_"))
        return "prefix: guests are g_…, so no issuer may name them: write another";
    return std::nullopt;
}

} // namespace gatehouse::config
