// SPDX-License-Identifier: Apache-2.0
#include "limits/fields.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace gatehouse::limits {
namespace {

// Integers of Structured Fields have fifteen digits at most (RFC 9651 §3.3.1).
constexpr std::int64_t integer_max = 999'999'999'999'999;

std::int64_t integer(std::int64_t number)
{
    return std::clamp<std::int64_t>(number, 0, integer_max);
}

std::int64_t seconds(Duration duration)
{
    return integer(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

} // namespace

std::string quoted(std::string_view text)
{
    std::string out = "\"";
    for (char const byte : text) {
        bool const is_plain = byte >= ' ' && byte <= '~';
        if (byte == '"' || byte == '\\')
            out += '\\';
        out += is_plain ? byte : '?';
    }
    return out + '"';
}

Policy policy_of(std::string name, RateLimit const& limit)
{
    return {std::move(name), limit.burst, limit.period};
}

std::string print_policies(std::span<Policy const> policies)
{
    std::string out;
    for (auto const& each : policies)
        fmt::format_to(std::back_inserter(out), "{}{};q={};w={}", out.empty() ? "" : ", ",
            quoted(each.name), integer(each.quota), seconds(each.window));
    return out;
}

std::string print_remaining(std::span<Remaining const> all)
{
    std::string out;
    for (auto const& each : all)
        fmt::format_to(std::back_inserter(out), "{}{};r={};t={}", out.empty() ? "" : ", ",
            quoted(each.name), integer(each.remaining), seconds(each.reset_after));
    return out;
}

std::string print_retry_after(Duration wait)
{
    return std::to_string(std::max<std::int64_t>(seconds(wait), 1));
}

Fields legacy_fields(Policy const& policy, Remaining const& left)
{
    return {{"X-RateLimit-Limit", std::to_string(integer(policy.quota))},
        {"X-RateLimit-Remaining", std::to_string(integer(left.remaining))},
        {"X-RateLimit-Reset", std::to_string(seconds(left.reset_after))}};
}

} // namespace gatehouse::limits
