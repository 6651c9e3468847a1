// SPDX-License-Identifier: Apache-2.0
#include "gateway/stages.hpp"

namespace gatehouse::gateway::stages {

// Who comes without a principal comes without roles.
Progress authorise(Exchange& exchange, Context&)
{
    auto const& require = exchange.route->access->require;
    if (!require)
        return Progress::go_on;
    auto& access = exchange.access;
    static std::vector<std::string> const no_roles;
    auto const& roles = access.principal ? access.principal->roles : no_roles;
    if (require->allows(roles, exchange.plan->config->roles))
        return Progress::go_on;
    Error const error{ErrorCode::forbidden, "This is not yours to do."};
    exchange.refuse(error.code, error.message);
    access.challenge = identity::challenge_of("gatehouse", &error);
    exchange.failure = "the route requires what the principal has not";
    return Progress::answered;
}

}  // namespace gatehouse::gateway::stages
