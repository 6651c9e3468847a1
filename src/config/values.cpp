// SPDX-License-Identifier: Apache-2.0
#include "config/values.hpp"

#include "config/pattern.hpp"
#include "config/problem.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace gatehouse::config {
namespace {

constexpr std::string_view not_yet = "is not supported yet by this version";

template <typename T> Wrong accept(Read<T> read, T& value)
{
    if (!read)
        return std::move(read).error();
    value = *std::move(read);
    return std::nullopt;
}

} // namespace

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

Wrong read_value(std::string_view text, Shards& value)
{
    value.count = 0;
    if (text == "auto")
        return std::nullopt;
    if (auto wrong = accept(read_count(text, 1, 256), value.count))
        return *wrong + ", or auto";
    return std::nullopt;
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

Wrong read_value(std::string_view text, RulesProcess& value)
{
    if (text.starts_with("tcp:"))
        return fmt::format("a process over TCP {}: write unix:PATH, and run the process on the "
                           "same machine", not_yet);
    if (!text.starts_with("unix:"))
        return fmt::format("{} is no place of rules: write unix:PATH", quote(text));
    return read_value(text.substr(5), value.socket);
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

Wrong read_value(std::string_view text, Health& value)
{
    value.path = text;
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
std::string write_value(Shards value)
{
    return value.count == 0 ? "auto" : fmt::to_string(value.count);
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
std::string write_value(RulesProcess const& value)
{
    return "unix:" + value.socket.text;
}
std::string write_value(Secret const& value)
{
    return value.reference;
}

std::optional<std::string> write_short(Match const& value)
{
    if (!value.methods.empty())
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

std::optional<std::string> write_short(Health const&)
{
    return std::nullopt;
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

Wrong settle(RulesProcess& value, Surroundings const& around)
{
    auto const wrong = settle(value.socket, around);
    auto const& path = value.socket.text;
    if (!wrong && path.size() > RulesProcess::path_size_max)
        return fmt::format("{} is a path of {} bytes, and a socket's has at most {}: write a "
                           "shorter one", quote(path), path.size(), RulesProcess::path_size_max);
    return wrong;
}

Wrong settle(Seats& value, Surroundings const&)
{
    if (value.min <= value.max)
        return std::nullopt;
    return fmt::format("min: {} is more than max: {}", value.min, value.max);
}

// A machine under load may let a thread wait for a while.
Wrong settle(Capacity& value, Surroundings const&)
{
    constexpr std::uint64_t memory_min = std::uint64_t {16} << 20;
    if (value.memory.bytes < memory_min)
        return fmt::format("memory: {} is too little for rooms: write {} or more",
            write_size(value.memory), write_size({memory_min}));
    if (value.short_at.value == 0)
        return "short_at: 0% leaves no room in memory: write 1% to 100%";
    if (value.stuck_after < std::chrono::seconds(1))
        return fmt::format("stuck_after: {} is no time: write 1s or more",
            write_duration(value.stuck_after));
    return std::nullopt;
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

Wrong settle(Limit& value, Surroundings const&)
{
    if (value.burst == 0)
        value.burst = value.rate.count;
    return std::nullopt;
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

std::string Store::data_folder() const
{
    if (kind == Kind::memory)
        return {};
    auto const slash = path.text.rfind('/');
    return slash == std::string::npos ? "." : path.text.substr(0, std::max<std::size_t>(slash, 1));
}

} // namespace gatehouse::config
