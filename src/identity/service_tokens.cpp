// SPDX-License-Identifier: Apache-2.0
#include "identity/service_tokens.hpp"

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "base/json_writer.hpp"
#include "identity/jws.hpp"

namespace gatehouse::identity {
namespace {

// RFC 7638 §3: the members that make the key, in the order of their names, and nothing between.
std::string thumbprint_of(SigningKey const& key)
{
    auto const members
        = R"({"crv":"Ed25519","kty":"OKP","x":")" + to_base64url(key.public_point()) + R"("})";
    return to_base64url(sha256(members));
}

} // namespace

ServiceTokens::ServiceTokens(SigningKey key, std::string issuer)
    : key_(std::move(key))
    , issuer_(std::move(issuer))
    , kid_(thumbprint_of(key_))
{ }

std::string ServiceTokens::issue(std::string_view subject, std::string_view audience, WallTime now,
    std::chrono::seconds ttl) const
{
    std::string claims;
    json::Writer out(claims);
    out.object().key("iss").value(issuer_).key("sub").value(subject).key("aud").value(audience);
    out.key("iat").value(now.ms / 1000).key("exp").value((now.ms + 999) / 1000 + ttl.count());
    out.end_object();
    return sign_jws(key_, claims, kid_);
}

std::string ServiceTokens::key_set() const
{
    std::string text;
    json::Writer out(text);
    out.object().key("keys").array().object();
    out.key("kty").value("OKP").key("crv").value("Ed25519").key("alg").value("EdDSA");
    out.key("use").value("sig").key("kid").value(kid_);
    out.key("x").value(to_base64url(key_.public_point()));
    out.end_object().end_array().end_object();
    return text;
}

} // namespace gatehouse::identity
