// SPDX-License-Identifier: Apache-2.0
#include "server/mapping.hpp"

namespace gatehouse::server {
namespace {

node::GuestOptions guests_of(config::Anonymous const& anonymous)
{
    return {.ttl = std::chrono::duration_cast<std::chrono::seconds>(anonymous.ttl)};
}

// Without one of its own it hangs on the guests' key: whoever has that may let anybody in anyhow.
node::ApiKeyOptions api_keys_of(config::ApiKeys const& keys, identity::SigningKey const& key)
{
    return {.pepper = keys.pepper.reference.empty() ? key.sign("gatehouse: pepper of API keys")
                                                    : keys.pepper.value};
}

node::JwtOptions jwt_of(std::string const& name, config::Jwt const& jwt)
{
    node::JwtOptions options{.keys = jwt.jwks.text, .url = jwt.jwks.url, .cooldown = jwt.cooldown};
    auto& judged = options.judged;
    judged.rules = {.issuer = jwt.issuer,
        .audiences = jwt.audience,
        .roles_path = jwt.roles,
        .skew = std::chrono::duration_cast<Milliseconds>(jwt.skew)};
    judged.prefix = jwt.prefix_of(name);
    judged.kind = jwt.kind == config::JwtKind::service ? identity::PrincipalKind::service
                                                       : identity::PrincipalKind::player;
    return options;
}

} // namespace

std::vector<node::WayOptions> map_auth(
    config::Settings const& settings, identity::SigningKey const& key)
{
    std::vector<node::WayOptions> all;
    for (auto const& [name, auth] : settings.auth) {
        if (auth.anonymous)
            all.push_back({name, guests_of(*auth.anonymous)});
        if (auth.api_keys)
            all.push_back({name, api_keys_of(*auth.api_keys, key)});
        if (auth.jwt)
            all.push_back({name, jwt_of(name, *auth.jwt)});
    }
    return all;
}

} // namespace gatehouse::server
