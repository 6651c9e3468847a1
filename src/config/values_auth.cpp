// SPDX-License-Identifier: Apache-2.0
#include "config/values_auth.hpp"

#include "config/problem.hpp"
#include "config/values.hpp"
#include "identity/jwks.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <utility>

namespace gatehouse::config {

Wrong read_value(std::string_view text, Jwks& value)
{
    constexpr std::string_view scheme = "file:";
    value = {};
    if (text == "auto") {
        value.kind = Jwks::Kind::issuer;
        return std::nullopt;
    }
    if (text.starts_with("https://") || text.starts_with("http://")) {
        value.kind = Jwks::Kind::url;
        value.url = text;
        return check_key_url(text);
    }
    if (!text.starts_with(scheme) || text.size() == scheme.size())
        return fmt::format("{} is no key set: write auto, https://… or file:PATH", quote(text));
    value.kind = Jwks::Kind::file;
    return read_value(text.substr(scheme.size()), value.file);
}

Wrong check_key_url(std::string_view url)
{
    auto const colon = url.find("://");
    auto const scheme = url.substr(0, std::min(colon, url.size()));
    auto const rest = colon == url.npos ? std::string_view() : url.substr(colon + 3);
    auto const authority = rest.substr(0, std::min(rest.find_first_of("/?#"), rest.size()));
    auto const port = authority.rfind(':');
    bool const has_port = port != authority.npos && authority.find(']', port) == authority.npos;
    auto const host = authority.substr(0, has_port ? port : authority.size());
    bool const is_plain = url.find_first_of(" \t\r\n#\\") == url.npos && !host.empty();
    if (authority.contains('@')) // Not quoted: it may hold a password.
        return "a URL of keys has no name and password: they are public";
    if ((scheme != "https" && scheme != "http") || !is_plain)
        return fmt::format("{} is no URL of keys: write https://HOST/PATH", quote(url));
    if (scheme == "http" && host != "127.0.0.1" && host != "localhost" && host != "[::1]")
        return fmt::format(
            "{} would bring keys that anybody in between can change: write https://…", quote(url));
    return std::nullopt;
}

std::string write_value(Jwks const& value)
{
    switch (value.kind) {
    case Jwks::Kind::none: return "";
    case Jwks::Kind::file: return "file:" + value.file.text;
    case Jwks::Kind::url: return value.url;
    case Jwks::Kind::issuer: return "auto";
    }
    std::unreachable();
}

Wrong settle(Jwks& value, Surroundings const& around)
{
    if (value.kind != Jwks::Kind::file)
        return std::nullopt;
    if (auto const wrong = settle(value.file, around))
        return wrong;
    auto text = around.read_file(value.file.text);
    if (!text)
        return fmt::format("{} leads nowhere: the file can't be read", quote(write_value(value)));
    auto const keys = identity::KeySet::parse(*text);
    if (!keys)
        return fmt::format("{} is no key set (RFC 7517): {}{}", quote(write_value(value)),
            keys.error().message, keys.error().detail.empty() ? "" : "; " + keys.error().detail);
    if (keys->size() == 0)
        return fmt::format(
            "{} holds no key for signatures: nobody could come", quote(write_value(value)));
    value.text = *std::move(text);
    return std::nullopt;
}

Wrong settle(ApiKeys& value, Surroundings const&)
{
    auto const& pepper = value.pepper;
    if (!pepper.reference.empty() && pepper.value.size() < 32)
        return fmt::format(
            "pepper: {} leads to fewer than 32 bytes: openssl rand -hex 32 makes more",
            quote(pepper.reference));
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
    constexpr auto cooldown_min = std::chrono::seconds(1);
    if (value.cooldown < cooldown_min || value.cooldown > std::chrono::hours(1))
        return "cooldown: a storm of forged tokens asks the issuer as often: write 1s to 1h";
    if (value.jwks.kind == Jwks::Kind::issuer)
        if (auto const wrong = check_key_url(value.issuer))
            return "jwks: auto asks the issuer where his keys are, and " + *wrong;
    if (value.prefix.starts_with("g_"))
        return "prefix: guests are g_…, so no issuer may name them: write another";
    return std::nullopt;
}

} // namespace gatehouse::config
