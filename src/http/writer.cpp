// SPDX-License-Identifier: Apache-2.0
#include "http/writer.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"
#include "http/grammar.hpp"
#include "http/status.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <fmt/format.h>

namespace gatehouse::http {

using namespace std::string_view_literals;

namespace {

void append_value(std::string& out, std::string_view value)
{
    auto const start = out.size();
    out += value;
    if (is_field_value(value)) [[likely]]
        return;
    for (auto at = start; at < out.size(); at++)
        if (!is_of(out[at], field_char))
            out[at] = ' ';
}

void append_target(std::string& out, std::string_view target)
{
    if (all_of(target, target_char)) [[likely]] {
        out += target;
        return;
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (char const c : target) {
        if (is_of(c, target_char)) {
            out += c;
        } else {
            auto const byte = static_cast<std::uint8_t>(c);
            out += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
}

void append_number(std::string& out, std::uint64_t number, int base = 10)
{
    std::array<char, 20> text;
    auto const written = std::to_chars(text.data(), text.data() + text.size(), number, base);
    out.append(text.data(), written.ptr);
}

// The same name for whoever, as CGI and its heirs, cannot tell "_" from "-".
bool is_taken_for(std::string_view name, std::string_view known)
{
    if (name.size() != known.size())
        return false;
    if (name.find('_') == name.npos)
        return equal_ignoring_case(name, known);
    std::string dashed(name);
    std::ranges::replace(dashed, '_', '-');
    return equal_ignoring_case(dashed, known);
}

// What the writer of a head says itself, if at all.
bool is_rewritten(std::string_view name)
{
    return equal_ignoring_case(name, "Host") || equal_ignoring_case(name, "Content-Length");
}

// Calls `tell` with each line that travels on.
void each_forwarded(
    Headers const& received, std::span<std::string_view const> except, auto const& tell)
{
    bool const nominates = received.find("Connection").has_value();
    for (auto const& line : received) {
        bool const is_left_out = is_hop_by_hop(line.name) || is_rewritten(line.name)
            || std::ranges::any_of(
                except, [&line](auto name) { return is_taken_for(line.name, name); })
            || (nominates && is_nominated(received, line.name));
        if (!is_left_out)
            tell(line);
    }
}

}  // namespace

bool is_hop_by_hop(std::string_view name)
{
    // By length first: most names are none of these.
    auto const is = [name](std::string_view known) { return equal_ignoring_case(name, known); };
    switch (name.size()) {
    case 2: return is("TE");
    case 7: return is("Upgrade") || is("Trailer");
    case 10: return is("Connection") || is("Keep-Alive");
    case 16: return is("Proxy-Connection");
    case 17: return is("Transfer-Encoding");
    case 18: return is("Proxy-Authenticate");
    case 19: return is("Proxy-Authorization");
    case 25: return is("Proxy-Authentication-Info");
    default: return false;
    }
}

bool is_nominated(Headers const& headers, std::string_view name)
{
    bool found = false;
    for (auto const& line : headers)
        if (equal_ignoring_case(line.name, "Connection"))
            for_each_element(line.value,
                [&](std::string_view option) { found |= equal_ignoring_case(option, name); });
    return found;
}

HeadWriter& HeadWriter::request(std::string_view method, std::string_view target)
{
    GH_ASSERT(is_token(method));
    GH_ASSERT(!target.empty());
    out_.append(method).push_back(' ');
    append_target(out_, target);
    out_ += " HTTP/1.1\r\n";
    return *this;
}

HeadWriter& HeadWriter::response(int status, std::string_view reason)
{
    GH_ASSERT(status >= 100 && status <= 999);
    out_ += "HTTP/1.1 ";
    append_number(out_, static_cast<std::uint64_t>(status));
    out_ += ' ';
    append_value(out_, reason.empty() ? reason_of(status) : reason);
    out_ += "\r\n";
    return *this;
}

HeadWriter& HeadWriter::field(std::string_view name, std::string_view value)
{
    GH_ASSERT(is_token(name));
    if (is_field_value(value)) [[likely]] {
        append_all(out_, name, ": "sv, value, "\r\n"sv);
        return *this;
    }
    append_all(out_, name, ": "sv);
    append_value(out_, value);
    out_ += "\r\n";
    return *this;
}

HeadWriter& HeadWriter::field(std::string_view name, std::uint64_t value)
{
    GH_ASSERT(is_token(name));
    out_.append(name).append(": ");
    append_number(out_, value);
    out_ += "\r\n";
    return *this;
}

void forward(Headers const& received, std::span<std::string_view const> except, Headers& out)
{
    each_forwarded(
        received, except, [&out](Header const& line) { out.add(line.name, line.value); });
}

HeadWriter& HeadWriter::fields(Headers const& all)
{
    for (auto const& line : all)
        field(line.name, line.value);
    return *this;
}

HeadWriter& HeadWriter::forward(Headers const& headers, std::span<std::string_view const> except)
{
    each_forwarded(headers, except, [this](Header const& line) { field(line.name, line.value); });
    return *this;
}

HeadWriter& HeadWriter::framing(Framing framing, std::uint64_t content_length)
{
    if (framing == Framing::length)
        field("Content-Length", content_length);
    else if (framing == Framing::chunked)
        field("Transfer-Encoding", "chunked");
    return *this;
}

HeadWriter& HeadWriter::close()
{
    return field("Connection", "close");
}

HeadWriter& HeadWriter::upgrade(std::string_view protocol)
{
    return field("Connection", "Upgrade").field("Upgrade", protocol);
}

void HeadWriter::end()
{
    out_ += "\r\n";
}

void append_chunk(std::string& out, std::string_view bytes)
{
    if (bytes.empty())
        return;
    append_number(out, bytes.size(), 16);
    out.append("\r\n").append(bytes).append("\r\n");
}

void append_last_chunk(std::string& out)
{
    out += "0\r\n\r\n";
}

std::string imf_fixdate(WallTime at)
{
    using namespace std::chrono;
    constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
        "Oct", "Nov", "Dec"};
    sys_time<milliseconds> const instant{milliseconds(at.ms)};
    auto const day = floor<days>(instant);
    year_month_day const date(day);
    hh_mm_ss const time(floor<seconds>(instant - day));
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        weekdays[weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
        months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
        time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::string_view DateStamp::at(WallTime now)
{
    if (auto const second = now.ms / 1000; second != second_ || text_.empty()) {
        second_ = second;
        text_ = imf_fixdate(now);
    }
    return text_;
}

void append_response(std::string& out, Response const& response, ResponseOptions options)
{
    // A 1xx, 204 or 304 has no body, and a Content-Length there is refused by some (RFC 9110 §8.6).
    bool const has_body
        = response.status >= 200 && response.status != 204 && response.status != 304;
    HeadWriter head(out);
    head.response(response.status);
    if (!options.date.empty())
        head.field("Date", options.date);
    for (auto const& [name, value] : response.headers)
        head.field(name, value);
    if (has_body) {
        if (!response.body.empty())
            head.field("Content-Type", response.content_type);
        head.framing(Framing::length, response.body.size());
    }
    if (options.closes)
        head.close();
    head.end();
    if (has_body && !options.answers_head)
        out += response.body;
}

}  // namespace gatehouse::http
