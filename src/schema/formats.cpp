// SPDX-License-Identifier: Apache-2.0
#include "schema/formats.hpp"

#include "schema/pattern.hpp"

#include <array>
#include <utility>

namespace gatehouse::schema {
namespace {

struct Described {
    std::string_view name;
    std::string_view what;
};

// In the order of the enumerators.
constexpr std::array<Described, 19> all{{
    {"date-time", "a date and time of RFC 3339, like 2026-11-22T14:03:07Z"},
    {"date", "a date of RFC 3339, like 2026-11-22"},
    {"time", "a time of RFC 3339, like 14:03:07Z"},
    {"duration", "a duration of ISO 8601, like P3DT4H"},
    {"email", "an e-mail address"},
    {"idn-email", "an e-mail address"},
    {"hostname", "the name of a host"},
    {"idn-hostname", "the name of a host"},
    {"ipv4", "an IPv4 address, like 192.0.2.1"},
    {"ipv6", "an IPv6 address, like 2001:db8::1"},
    {"uri", "a URI with a scheme, like https://example.com/a"},
    {"uri-reference", "a URI, or a reference relative to one"},
    {"iri", "an IRI with a scheme, like https://example.com/a"},
    {"iri-reference", "an IRI, or a reference relative to one"},
    {"uri-template", "a template of URIs, like /users/{id}"},
    {"json-pointer", "a JSON pointer, like /a/0"},
    {"relative-json-pointer", "a relative JSON pointer, like 1/a"},
    {"regex", "a regular expression of ECMA-262 without lookaround and backreferences"},
    {"uuid", "a UUID, like f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
}};

} // namespace

std::optional<Format> format_named(std::string_view name)
{
    for (std::size_t at = 0; at < all.size(); at++)
        if (all[at].name == name)
            return static_cast<Format>(at);
    return std::nullopt;
}

std::string_view describe(Format format)
{
    return all[std::to_underlying(format)].what;
}

bool is_of(Format format, std::string_view text)
{
    switch (format) {
    case Format::date_time: return is_date_time(text);
    case Format::date: return is_date(text);
    case Format::time: return is_time(text);
    case Format::duration: return is_duration(text);
    case Format::email: return is_email(text, Letters::ascii);
    case Format::idn_email: return is_email(text, Letters::unicode);
    case Format::hostname: return is_hostname(text);
    case Format::idn_hostname: return is_idn_hostname(text);
    case Format::ipv4: return is_ipv4(text);
    case Format::ipv6: return is_ipv6(text);
    case Format::uri: return is_uri(text, UriForm::absolute, Letters::ascii);
    case Format::uri_reference: return is_uri(text, UriForm::reference, Letters::ascii);
    case Format::iri: return is_uri(text, UriForm::absolute, Letters::unicode);
    case Format::iri_reference: return is_uri(text, UriForm::reference, Letters::unicode);
    case Format::uri_template: return is_uri_template(text);
    case Format::json_pointer: return is_json_pointer(text);
    case Format::relative_json_pointer: return is_relative_json_pointer(text);
    // A pattern of whoever sent the value: what would cost much to compile is refused.
    case Format::regex: return text.size() <= 1024 && Pattern::compile(text).has_value();
    case Format::uuid: return is_uuid(text);
    }
    std::unreachable();
}

} // namespace gatehouse::schema
