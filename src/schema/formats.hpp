// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::schema {

// What `format` may name (2020-12 validation §7.3; draft-07 has all but duration and uuid).
enum class Format : std::uint8_t {
    date_time,
    date,
    time,
    duration,
    email,
    idn_email,
    hostname,
    idn_hostname,
    ipv4,
    ipv6,
    uri,
    uri_reference,
    iri,
    iri_reference,
    uri_template,
    json_pointer,
    relative_json_pointer,
    regex,
    uuid,
};

[[nodiscard]] std::optional<Format> format_named(std::string_view name);
// "a date and time of RFC 3339, like 2026-11-22T14:03:07Z"
[[nodiscard]] std::string_view describe(Format format);
[[nodiscard]] bool is_of(Format format, std::string_view text);

// RFC 3339 §5.6, and appendix A for durations. A leap second is one at 23:59:60 UTC.
[[nodiscard]] bool is_date_time(std::string_view text);
[[nodiscard]] bool is_date(std::string_view text);
[[nodiscard]] bool is_time(std::string_view text);
[[nodiscard]] bool is_duration(std::string_view text);

// What may be written beyond ASCII: nothing, or all of Unicode (RFC 6531, 5890, 3987).
enum class Letters : std::uint8_t { ascii, unicode };
[[nodiscard]] bool is_email(std::string_view text, Letters letters); // RFC 5321 §4.1.2
[[nodiscard]] bool is_hostname(std::string_view text);               // RFC 1123 §2.1
// Labels as they may look; which characters IDNA 2008 allows in them is not checked.
[[nodiscard]] bool is_idn_hostname(std::string_view text);
[[nodiscard]] bool is_ipv4(std::string_view text); // RFC 2673 §3.2
[[nodiscard]] bool is_ipv6(std::string_view text); // RFC 4291 §2.2

enum class UriForm : std::uint8_t { absolute, reference };
[[nodiscard]] bool is_uri(std::string_view text, UriForm form, Letters letters); // RFC 3986, 3987
[[nodiscard]] bool is_uri_template(std::string_view text);                       // RFC 6570
[[nodiscard]] bool is_json_pointer(std::string_view text);                       // RFC 6901
[[nodiscard]] bool is_relative_json_pointer(std::string_view text);
[[nodiscard]] bool is_uuid(std::string_view text); // RFC 4122 §3

} // namespace gatehouse::schema
