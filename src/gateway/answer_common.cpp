// SPDX-License-Identifier: Apache-2.0
#include "gateway/answers.hpp"

#include "gateway/cors.hpp"
#include "gateway/header_edits.hpp"
#include "gateway/security_headers.hpp"

#include <fmt/compile.h>
#include <iterator>

namespace gatehouse::gateway::answers {
namespace {

std::int64_t seconds(Duration duration)
{
    return std::chrono::ceil<std::chrono::seconds>(duration).count();
}

// draft-ietf-httpapi-ratelimit-headers
void add_limit(ExchangeAnswer& answer, Limit const& limit, RateLimiter::Verdict const& verdict)
{
    answer.fields.add("RateLimit-Policy", limit.policy);
    auto& rest = answer.texts.next();
    fmt::format_to(std::back_inserter(rest), FMT_COMPILE("\"{}\";r={};t={}"), limit.options.name,
        verdict.remaining, seconds(verdict.reset_after));
    answer.fields.add("RateLimit", rest);
    if (verdict.allowed)
        return;
    auto& time = answer.texts.next();
    fmt::format_to(std::back_inserter(time), FMT_COMPILE("{}"), seconds(verdict.retry_after));
    answer.fields.add("Retry-After", time);
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
    if (exchange.limits.verdict)
        add_limit(answer, *exchange.route->limits.limit, *exchange.limits.verdict);
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
