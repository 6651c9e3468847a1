// SPDX-License-Identifier: Apache-2.0
#include "config/checking.hpp"

#include "http/grammar.hpp"
#include "routing/rewrite.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string>

namespace gatehouse::config {
namespace {

// What the gateway says itself, or what would change where a message ends.
constexpr std::array<std::string_view, 13> own_fields{"connection", "content-length",
    "transfer-encoding", "host", "upgrade", "te", "trailer", "keep-alive", "proxy-connection",
    "x-request-id", "traceparent", "x-forwarded-for", "via"};

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return out;
}

void check_field(Checking& check, std::string_view name, std::string const& pointer)
{
    if (!http::is_token(name))
        check.wrong(pointer, fmt::format("{} is no name of a field", quote(name)));
    else if (std::ranges::find(own_fields, lower(name)) != own_fields.end())
        check.wrong(pointer,
            fmt::format("{} is the gateway's own and cannot be edited: leave it out", name));
}

void check_values(Checking& check, Named<std::string> const& fields, std::string const& pointer)
{
    for (auto const& [name, value] : fields) {
        auto const at = member_pointer(pointer, name);
        check_field(check, name, at);
        if (!http::is_field_value(value))
            check.wrong(at, "holds a character that no field may have, such as a new line");
    }
}

void check_edits(Checking& check, std::optional<Edits> const& edits, std::string const& pointer)
{
    if (!edits)
        return;
    for (std::size_t i = 0; i < edits->remove.size(); i++)
        check_field(check, edits->remove[i], fmt::format("{}/remove/{}", pointer, i));
    check_values(check, edits->set, pointer + "/set");
    check_values(check, edits->add, pointer + "/add");
}

// "https://app.example.com", with a port if need be, and *. before the host.
bool is_origin(std::string_view text)
{
    auto const scheme = text.find("://");
    if (scheme == text.npos || (!text.starts_with("https:") && !text.starts_with("http:")))
        return false;
    auto host = text.substr(scheme + 3);
    if (host.starts_with("*."))
        host.remove_prefix(2);
    return !host.contains('*') && http::is_authority(host) && lower(text) == text;
}

void check_origin(
    Checking& check, std::string_view origin, bool has_credentials, std::string const& pointer)
{
    if (origin == "*" && has_credentials)
        check.wrong(pointer,
            "\"*\" with credentials would let every page of the web ask as whoever looks at it: "
            "name the origins");
    else if (origin != "*" && !is_origin(origin))
        check.wrong(pointer,
            fmt::format("{} is no origin: write https://HOST, in lower case and without a path",
                quote(origin)));
}

void check_names(Checking& check, std::vector<std::string> const& names, std::string const& pointer)
{
    for (std::size_t i = 0; i < names.size(); i++)
        if (!http::is_token(names[i]))
            check.wrong(fmt::format("{}/{}", pointer, i),
                fmt::format("{} is no name of a field", quote(names[i])));
}

void check_cors(Checking& check, Cors const& cors, std::string const& pointer)
{
    for (std::size_t i = 0; i < cors.origins.size(); i++)
        check_origin(
            check, cors.origins[i], cors.credentials, fmt::format("{}/origins/{}", pointer, i));
    check_names(check, cors.headers, pointer + "/headers");
    check_names(check, cors.expose, pointer + "/expose");
}

void check_template(
    Checking& check, std::string_view text, Error const& error, std::string const& pointer)
{
    check.wrong(pointer, fmt::format("{} {}", quote(text), error.message));
}

void check_ways(Checking& check, Route const& route, std::string const& pointer)
{
    auto const& path = route.match.path;
    if (path.empty() || check.is_blamed(pointer + "/match"))
        return;
    if (!route.rewrite.empty())
        if (auto const read = routing::Rewrite::compile(path, route.rewrite); !read)
            check_template(check, route.rewrite, read.error(), pointer + "/rewrite");
    if (route.redirect)
        if (auto const read = routing::Redirection::compile(path, route.redirect->to); !read)
            check_template(check, route.redirect->to, read.error(), pointer + "/redirect");
}

} // namespace

void check_shape(Checking& check, Route const& route, std::string const& pointer)
{
    check_ways(check, route, pointer);
    if (!route.rewrite.empty() && route.to.kind == Target::Kind::rooms)
        check.wrong(pointer + "/rewrite", "the room API has paths of its own: leave it out");
    if (route.headers) {
        check_edits(check, route.headers->request, pointer + "/headers/request");
        check_edits(check, route.headers->response, pointer + "/headers/response");
    }
    if (route.cors)
        check_cors(check, *route.cors, pointer + "/cors");
    if (route.security && !http::is_field_value(route.security->csp))
        check.wrong(pointer + "/security/csp",
            "holds a character that no field may have, such as a new line");
}

} // namespace gatehouse::config
