// SPDX-License-Identifier: Apache-2.0
#include "gateway/cors.hpp"

#include "base/text.hpp"
#include "http/grammar.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gatehouse::gateway {
namespace {

constexpr std::string_view allow_origin = "Access-Control-Allow-Origin";
constexpr std::string_view allow_credentials = "Access-Control-Allow-Credentials";
constexpr std::string_view expose_headers = "Access-Control-Expose-Headers";

constexpr std::array<std::string_view, 6> said_here{allow_origin, allow_credentials, expose_headers,
    "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age"};

bool is_for_all(CorsOptions const& options)
{
    return std::ranges::find(options.origins, "*") != options.origins.end();
}

// "https://*.a.example" takes "https://b.a.example" and "https://c.b.a.example".
bool takes(std::string_view pattern, std::string_view origin)
{
    auto const star = pattern.find("://*.");
    if (star == pattern.npos)
        return pattern == origin;
    auto const scheme = pattern.substr(0, star + 3);
    auto const below = pattern.substr(star + 4);
    if (!origin.starts_with(scheme) || !origin.ends_with(below))
        return false;
    origin.remove_prefix(scheme.size());
    return origin.size() > below.size()
        && origin.substr(0, origin.size() - below.size()).find_first_of("/:@") == origin.npos;
}

std::string list_of(std::vector<std::string> const& names)
{
    return fmt::format("{}", fmt::join(names, ", "));
}

// What of the asked for fields may be sent: the listed ones, or all.
std::string allowed_headers(CorsOptions const& options, std::string_view asked_for)
{
    bool const all = std::ranges::find(options.headers, "*") != options.headers.end();
    std::vector<std::string> allowed;
    http::for_each_element(asked_for, [&](std::string_view name) {
        bool const is_listed = std::ranges::any_of(
            options.headers, [name](auto const& each) { return equal_ignoring_case(each, name); });
        if (http::is_token(name) && (all || is_listed))
            allowed.emplace_back(name);
    });
    return list_of(allowed);
}

} // namespace

std::string_view preflighted_method(std::string_view method, http::Headers const& headers)
{
    if (method != "OPTIONS" || !headers.find("Origin"))
        return {};
    return headers.find("Access-Control-Request-Method").value_or(std::string_view());
}

bool allows(CorsOptions const& options, std::string_view origin)
{
    return std::ranges::any_of(
        options.origins, [origin](auto const& each) { return each == "*" || takes(each, origin); });
}

http::Response answer_preflight(CorsOptions const& options, http::Headers const& asked)
{
    http::Response response{.status = 204, .body = {}};
    auto& fields = response.headers;
    auto const origin = asked.find("Origin").value_or(std::string_view());
    fields.emplace_back("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers");
    if (!allows(options, origin))
        return response;
    fields.emplace_back("Access-Control-Allow-Methods",
        std::string(asked.find("Access-Control-Request-Method").value_or("")));
    auto headers
        = allowed_headers(options, asked.find("Access-Control-Request-Headers").value_or(""));
    if (!headers.empty())
        fields.emplace_back("Access-Control-Allow-Headers", std::move(headers));
    fields.emplace_back("Access-Control-Max-Age",
        fmt::to_string(std::chrono::floor<std::chrono::seconds>(options.max_age).count()));
    return response;
}

void add_cors(CorsOptions const& options, http::Headers const& asked, ExchangeAnswer& answer)
{
    auto& fields = answer.fields;
    if (answer.upstream)
        for (auto const name : said_here)
            fields.remove(name);
    auto const origin = asked.find("Origin");
    bool const same_for_all = is_for_all(options) && !options.credentials;
    if (!same_for_all)
        fields.add("Vary", "Origin"); // Or a cache would give one origin's answer to another.
    if (!origin || !allows(options, *origin))
        return;
    fields.add(allow_origin, same_for_all ? std::string_view("*") : *origin);
    if (options.credentials)
        fields.add(allow_credentials, "true");
    if (!options.expose.empty()) {
        auto& names = answer.texts.next();
        names = list_of(options.expose);
        fields.add(expose_headers, names);
    }
}

} // namespace gatehouse::gateway
