// SPDX-License-Identifier: Apache-2.0
#include "gateway/answers.hpp"

#include "gateway/cors.hpp"
#include "gateway/header_edits.hpp"
#include "gateway/security_headers.hpp"
#include "limits/fields.hpp"

#include <fmt/compile.h>
#include <iterator>

namespace gatehouse::gateway::answers {
namespace {

std::int64_t seconds(Duration duration)
{
    return std::chrono::ceil<std::chrono::seconds>(duration).count();
}

void add_retry_after(ExchangeAnswer& answer, Duration wait)
{
    auto& time = answer.texts.next();
    fmt::format_to(
        std::back_inserter(time), FMT_COMPILE("{}"), std::max<std::int64_t>(seconds(wait), 1));
    answer.fields.add("Retry-After", time);
}

// draft-ietf-httpapi-ratelimit-headers: lists, with a member for each limit. The text is one of
// its own (limits/fields.hpp has it as well), for it is written for each answer.
void add_limits(Exchange& exchange)
{
    auto& answer = exchange.answer;
    auto const& limits = exchange.route->limits;
    answer.fields.add("RateLimit-Policy", limits.policies);
    auto& rest = answer.texts.next();
    for (auto const& [limit, verdict] : exchange.limits.said)
        fmt::format_to(std::back_inserter(rest), FMT_COMPILE("{}\"{}\";r={};t={}"),
            rest.empty() ? "" : ", ", limits.all[limit]->options.name, verdict.remaining,
            seconds(verdict.reset_after));
    answer.fields.add("RateLimit", rest);
    auto const& worst = exchange.limits.said[exchange.limits.worst].verdict;
    if (worst.allowed)
        return;
    add_retry_after(answer, worst.retry_after);
}

// As many clients know them, of the limit that has to be told first.
void add_legacy(Exchange& exchange)
{
    auto const& [number, verdict] = exchange.limits.said[exchange.limits.worst];
    auto const& limit = *exchange.route->limits.all[number];
    if (!limit.options.tells_legacy)
        return;
    limits::Remaining const left{.name = limit.options.name,
        .remaining = verdict.remaining,
        .reset_after = verdict.reset_after};
    for (auto& [name, value] : limits::legacy_fields(limit.policy, left)) {
        auto& text = exchange.answer.texts.next();
        text = std::move(value);
        exchange.answer.fields.add(name, text);
    }
}

// RFC 9110 §11.6.1
void add_challenge(Exchange& exchange)
{
    auto const& challenge = exchange.access.challenge;
    if (exchange.answer.status == 401 || (exchange.answer.status == 403 && !challenge.empty()))
        exchange.answer.fields.add("WWW-Authenticate",
            challenge.empty() ? "Bearer realm=\"gatehouse\"" : std::string_view(challenge));
}

} // namespace

void finish_fields(Exchange& exchange)
{
    auto& answer = exchange.answer;
    answer.fields.add("X-Request-Id", exchange.request_id);
    if (!exchange.limits.said.empty()) {
        add_limits(exchange);
        add_legacy(exchange);
    }
    if (auto const& lasts = exchange.limits.ban_lasts)
        add_retry_after(answer, *lasts);
    if (!answer.allowed.empty())
        answer.fields.add("Allow", answer.allowed);
    if (!answer.upstream)
        add_challenge(exchange);
    auto const& shape = exchange.route->options->shape;
    if (shape.cors)
        add_cors(*shape.cors, exchange.head->headers, answer);
    if (shape.security)
        add_security_headers(*shape.security, answer.fields);
    if (!shape.response.is_empty())
        apply(shape.response, answer.fields);
}

} // namespace gatehouse::gateway::answers
