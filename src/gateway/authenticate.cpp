// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

#include "base/text.hpp"
#include "http/grammar.hpp"

#include <utility>

namespace gatehouse::gateway::stages {
namespace {

// RFC 6750 §2.1
std::optional<std::string_view> bearer_token(http::Headers const& headers)
{
    constexpr std::string_view scheme = "Bearer ";
    auto const field = headers.find("Authorization");
    if (!field || !equal_ignoring_case(field->substr(0, scheme.size()), scheme))
        return std::nullopt;
    return http::trim(field->substr(scheme.size()));
}

}  // namespace

Progress authenticate(Exchange& exchange, Context& context)
{
    auto const& options = *exchange.route->options;
    if (options.auth.empty())
        return Progress::go_on;
    auto const token = bearer_token(exchange.head->headers);
    if (!token) {
        if (options.target == Target::rooms)
            return Progress::go_on;
        exchange.refuse(ErrorCode::unauthenticated, "This needs a token.");
        return Progress::answered;
    }
    auto& ports = context.ports;
    auto principal = ports.authenticator.verify(*token, options.auth, ports.now.wall);
    if (!principal) {
        exchange.refuse(principal.error().code, principal.error().message);
        return Progress::answered;
    }
    exchange.principal = std::move(*principal);
    return Progress::go_on;
}

}  // namespace gatehouse::gateway::stages
