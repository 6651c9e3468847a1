// SPDX-License-Identifier: Apache-2.0
#include "config/values_store.hpp"

#include "config/problem.hpp"
#include "config/units.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::config {

// Takes the password out of the URL. Never quotes its text: it may hold the secret itself.
static Wrong read_database(std::string_view text, Store& value)
{
    value = {Store::Kind::postgres, Store {}.path, std::string(text)};
    auto const colon = text.find_first_of(":@/?", text.find("://") + 3);
    auto const at = text.find('@', std::min(colon, text.size()));
    if (text.contains("password="))
        return "a secret is never written here: write USER:env:NAME@HOST or USER:file:PATH@HOST";
    if (at == std::string_view::npos || text[colon] != ':')
        return std::nullopt;
    value.url.erase(colon, at - colon);
    return read_value(text.substr(colon + 1, at - colon - 1), value.password);
}

Wrong read_value(std::string_view text, Store& value)
{
    value = {Store::Kind::memory, {}};
    if (text == "memory")
        return std::nullopt;
    if (text.starts_with("postgres://") || text.starts_with("postgresql://"))
        return read_database(text, value);
    constexpr std::string_view scheme = "sqlite:";
    if (!text.starts_with(scheme) || text.size() == scheme.size())
        return fmt::format("{} is no store: write memory, sqlite:PATH or postgresql://…",
            quote(text));
    value.kind = Store::Kind::sqlite;
    return read_value(text.substr(scheme.size()), value.path);
}

// Parts of letters, digits and "-_.=+@", none of them empty or beginning with a dot.
static bool is_object_prefix(std::string_view text)
{
    for (std::size_t at = 0; at <= text.size();) {
        auto const part = text.substr(at, text.find('/', at) - at);
        if (part.empty() || part.starts_with('.'))
            return false;
        at += part.size() + 1;
    }
    return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_.=+@/")
        == std::string_view::npos;
}

Wrong read_value(std::string_view text, ObjectStore& value)
{
    value = {};
    if (text == "none")
        return std::nullopt;
    if (text.starts_with("file:")) {
        value.kind = ObjectStore::Kind::folder;
        return read_value(text.substr(5), value.folder);
    }
    if (!text.starts_with("s3://"))
        return fmt::format(
            "{} is no object store: write none, file:FOLDER or s3://BUCKET/PREFIX", quote(text));
    auto rest = text.substr(5);
    while (rest.ends_with('/'))
        rest.remove_suffix(1);
    auto const slash = std::min(rest.find('/'), rest.size());
    auto const bucket = rest.substr(0, slash);
    auto const prefix = rest.substr(std::min(slash + 1, rest.size()));
    if (bucket.size() < 3 || bucket.size() > 63
        || bucket.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") != bucket.npos)
        return fmt::format("{} has no bucket's name: 3 to 63 of a-z, 0-9, - and .", quote(text));
    if (prefix.size() > 200 || (!prefix.empty() && !is_object_prefix(prefix)))
        return fmt::format(
            "{} has no good prefix: write letters, digits and -_.=+@ between slashes", quote(text));
    value = {ObjectStore::Kind::bucket, {}, std::string(bucket), std::string(prefix)};
    return std::nullopt;
}

// Of USER:SECRET. Never quotes its text: it may hold the secret itself.
static Wrong read_credentials(std::string_view text, Redis& value)
{
    auto const colon = text.find(':');
    if (colon == text.npos)
        return "a user needs a password: write USER:env:NAME@HOST, or :env:NAME@HOST";
    value.user = text.substr(0, colon);
    return read_value(text.substr(colon + 1), value.password);
}

Wrong read_value(std::string_view text, Redis& value)
{
    constexpr std::string_view scheme = "redis://";
    constexpr int databases_max = 65536;
    value = {};
    if (text == "none")
        return std::nullopt;
    if (text.starts_with("unix:")) {
        value.kind = Redis::Kind::socket;
        return read_value(text.substr(5), value.socket);
    }
    if (text.starts_with("rediss://"))
        return fmt::format("TLS to Redis {}: write redis://… in a network that is yours, or "
                           "unix:PATH of a tunnel's socket", not_yet);
    if (!text.starts_with(scheme))
        return fmt::format("{} is no Redis: write none, redis://HOST:PORT or unix:PATH",
            quote(text.substr(0, text.find(':'))));
    value.kind = Redis::Kind::host;
    auto rest = text.substr(scheme.size());
    if (auto const at = rest.rfind('@'); at != rest.npos) {
        if (auto wrong = read_credentials(rest.substr(0, at), value))
            return wrong;
        rest.remove_prefix(at + 1);
    }
    if (auto const slash = rest.find('/'); slash != rest.npos) {
        if (auto wrong = accept(read_count(rest.substr(slash + 1), 0, databases_max - 1),
                value.database))
            return "after the slash stands the number of a database: " + *wrong;
        rest = rest.substr(0, slash);
    }
    auto const bracket = rest.rfind(']');
    bool const has_port = rest.find(':', bracket == rest.npos ? 0 : bracket) != rest.npos;
    if (auto wrong = read_value(std::string(rest) + (has_port ? "" : ":6379"), value.address))
        return wrong;
    if (value.address.host.empty() || value.address.port == 0)
        return fmt::format("{} names no host and port: write redis://HOST:PORT", quote(rest));
    return std::nullopt;
}

std::string write_value(Store const& value)
{
    using enum Store::Kind;
    if (value.kind != postgres)
        return value.kind == memory ? "memory" : "sqlite:" + value.path.text;
    if (value.password.reference.empty())
        return value.url;
    auto const at = value.url.find('@');
    return value.url.substr(0, at) + ":" + value.password.reference + value.url.substr(at);
}

std::string write_value(ObjectStore const& value)
{
    switch (value.kind) {
    case ObjectStore::Kind::none: return "none";
    case ObjectStore::Kind::folder: return "file:" + value.folder.text;
    case ObjectStore::Kind::bucket: break;
    }
    return "s3://" + value.bucket + (value.prefix.empty() ? "" : "/") + value.prefix;
}

std::string write_value(Redis const& value)
{
    if (value.kind != Redis::Kind::host)
        return value.kind == Redis::Kind::none ? "none" : "unix:" + value.socket.text;
    auto const& secret = value.password.reference;
    return fmt::format("redis://{}{}{}", secret.empty() ? "" : value.user + ":" + secret + "@",
        write_value(value.address), value.database == 0 ? "" : fmt::format("/{}", value.database));
}

Wrong settle(Store& value, Surroundings const& around)
{
    if (value.kind == Store::Kind::memory)
        return std::nullopt;
    if (!value.password.reference.empty())
        if (auto const wrong = settle(value.password, around))
            return wrong;
    return settle(value.path, around);
}

Wrong settle(ObjectStore& value, Surroundings const& around)
{
    return value.kind == ObjectStore::Kind::folder ? settle(value.folder, around) : std::nullopt;
}

Wrong settle(Redis& value, Surroundings const& around)
{
    if (!value.password.reference.empty())
        return settle(value.password, around);
    return value.kind == Redis::Kind::socket ? settle(value.socket, around) : std::nullopt;
}

Wrong settle(Archive& value, Surroundings const&)
{
    auto const& endpoint = value.endpoint;
    auto const colon = endpoint.find("://");
    auto const scheme = endpoint.substr(0, std::min(colon, endpoint.size()));
    auto const host = colon == endpoint.npos ? std::string() : endpoint.substr(colon + 3);
    bool const is_endpoint = (scheme == "http" || scheme == "https") && !host.empty()
        && host.find_first_of("/?#@ ") == host.npos;
    if (!endpoint.empty() && !is_endpoint)
        return fmt::format("endpoint: {} is none: write https://HOST or http://HOST:PORT",
            quote(endpoint));
    if (value.to.kind == ObjectStore::Kind::bucket
        && (value.access_key.reference.empty() || value.secret_key.reference.empty()))
        return "s3: needs access_key and secret_key, such as env:ARCHIVE_KEY and "
               "env:ARCHIVE_SECRET";
    return std::nullopt;
}

std::string Store::data_folder() const
{
    if (kind == Kind::memory)
        return {};
    auto const slash = path.text.rfind('/');
    return slash == std::string::npos ? "." : path.text.substr(0, std::max<std::size_t>(slash, 1));
}

} // namespace gatehouse::config
