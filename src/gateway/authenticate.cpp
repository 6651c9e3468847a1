// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

#include "http/bearer.hpp"

#include <utility>

namespace gatehouse::gateway::stages {
namespace {

using identity::Evidence;

constexpr std::string_view realm = "gatehouse";
constexpr std::string_view api_key_prefix = "gh_";

// An API key comes as a bearer token, or in a field of its own where there is none.
Evidence evidence_of(Exchange const& exchange)
{
    auto const& headers = exchange.head->headers;
    Evidence evidence{.bearer = http::bearer_token(headers), .certificate = exchange.certificate};
    if (!evidence.bearer)
        evidence.api_key = headers.find("X-Api-Key");
    else if (evidence.bearer->starts_with(api_key_prefix))
        evidence.api_key = evidence.bearer;
    return evidence;
}

Progress refuse(Exchange& exchange, Error const& error)
{
    auto& access = exchange.access;
    exchange.refuse(error.code, error.message);
    access.challenge = identity::challenge_of(realm, &error);
    access.detail = error.detail;
    exchange.failure = access.detail;
    return Progress::answered;
}

Progress refuse_nobody(Exchange& exchange, Evidence const& evidence)
{
    bool const showed_something = evidence.bearer || evidence.api_key;
    if (showed_something)
        return refuse(exchange,
            {ErrorCode::unauthenticated, "This route does not accept such a token."});
    if (exchange.route->options->target == Target::rooms)
        return Progress::go_on;
    exchange.refuse(ErrorCode::unauthenticated, "This needs a token.");
    return Progress::answered;
}

void wait(Exchange& exchange, Context& context);

Progress judge(Exchange& exchange, Context& context)
{
    auto const evidence = evidence_of(exchange);
    auto answer
        = context.ports.authenticator.verify(evidence, exchange.route->options->auth);
    if (auto* const verified = std::get_if<identity::Verified>(&answer)) {
        exchange.access.principal = std::move(verified->principal);
        exchange.access.expires_at = verified->expires_at;
        return Progress::go_on;
    }
    if (auto const* const error = std::get_if<Error>(&answer))
        return refuse(exchange, *error);
    if (std::holds_alternative<identity::Absent>(answer))
        return refuse_nobody(exchange, evidence);
    wait(exchange, context);
    return Progress::suspended;
}

// The keys of an issuer are on their way: the request waits, and with it what its client sends.
void wait(Exchange& exchange, Context& context)
{
    exchange.is_suspended = true;
    context.ports.authenticator.await([handle = ExchangeHandle(exchange), &context] {
        auto* const waiting = handle.get();
        if (!waiting)
            return;
        auto const progress = judge(*waiting, context);
        if (progress == Progress::suspended)
            return;
        waiting->is_suspended = false;
        if (progress == Progress::answered)
            skip_to_shape(*waiting);
        waiting->waiting->go_on();
    });
}

}  // namespace

Progress authenticate(Exchange& exchange, Context& context)
{
    auto const& options = *exchange.route->options;
    if (options.auth.empty())
        return Progress::go_on;
    // Whoever is behind this one may look at the other.
    if (exchange.head->headers.count("Authorization") > 1) {
        exchange.refuse(ErrorCode::bad_request, "Authorization stands there twice.");
        return Progress::answered;
    }
    return judge(exchange, context);
}

}  // namespace gatehouse::gateway::stages
