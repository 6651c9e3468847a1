// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "identity/key.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace gatehouse::identity {

// Tokens by which one service tells another who it is: JWTs of a minute or so, signed with this
// installation's key,
//     {"iss":"gatehouse","sub":"users","aud":"designs","iat":1763733787,"exp":1763733847}
// and named by its thumbprint, under which key_set() publishes it. Whoever receives one judges it
// as any other token (JwtWay), with itself as the audience.
class ServiceTokens {
public:
    ServiceTokens(SigningKey key, std::string issuer);

    // `subject` is who speaks, `audience` to whom; both are UTF-8.
    [[nodiscard]] std::string issue(std::string_view subject, std::string_view audience,
        WallTime now, std::chrono::seconds ttl) const;

    // The public key as JSON (RFC 7517), for /.well-known/jwks.json.
    [[nodiscard]] std::string key_set() const;
    // RFC 7638.
    [[nodiscard]] std::string const& kid() const { return kid_; }

private:
    SigningKey key_;
    std::string issuer_;
    std::string kid_;
};

} // namespace gatehouse::identity
