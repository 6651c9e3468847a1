// SPDX-License-Identifier: Apache-2.0
#include "identity/jwks.hpp"

#include "base/base64.hpp"
#include "base/json.hpp"

#include <algorithm>
#include <optional>

namespace gatehouse::identity {
namespace {

constexpr std::size_t json_bytes_max = 256 * 1024;

std::string_view text_of(json::Node jwk, std::string_view name)
{
    auto const member = jwk.find(name);
    return member ? member->text().value_or("") : "";
}

Result<std::string> number_of(json::Node jwk, std::string_view name)
{
    auto bytes = from_base64url(text_of(jwk, name));
    if (!bytes || bytes->empty())
        return fail(ErrorCode::bad_request, "a key lacks a number or has a malformed one");
    return *std::move(bytes);
}

// RFC 7517 §4.2 and §4.3. A key that says nothing may do anything.
bool is_for_signatures(json::Node jwk)
{
    if (jwk.find("use") && text_of(jwk, "use") != "sig")
        return false;
    auto const operations = jwk.find("key_ops");
    if (!operations)
        return true;
    bool verifies = false;
    operations->each_element([&verifies](json::Node operation) {
        verifies = operation.text() == "verify";
        return !verifies;
    });
    return verifies;
}

// What the key is for, where it does not say: RFC 7518 leaves RSA keys a choice, and issuers that
// leave `alg` out mean RS256.
Result<Algorithm> algorithm_of(json::Node jwk, Algorithm usual)
{
    if (!jwk.find("alg"))
        return usual;
    if (auto const algorithm = algorithm_named(text_of(jwk, "alg")))
        return *algorithm;
    return fail(ErrorCode::bad_request, "a key has an unknown alg");
}

Result<PublicKey> rsa_key(json::Node jwk)
{
    auto const algorithm = GH_TRY(algorithm_of(jwk, Algorithm::rs256));
    if (algorithm < Algorithm::rs256)
        return fail(ErrorCode::bad_request, "the alg of an RSA key is of another type");
    auto const modulus = GH_TRY(number_of(jwk, "n"));
    auto const exponent = GH_TRY(number_of(jwk, "e"));
    return PublicKey::rsa(algorithm, modulus, exponent);
}

Result<PublicKey> elliptic_key(json::Node jwk)
{
    auto const algorithm = GH_TRY(algorithm_of(jwk, Algorithm::es256));
    if (algorithm != Algorithm::es256 || text_of(jwk, "crv") != "P-256")
        return fail(ErrorCode::bad_request, "of elliptic keys, P-256 with ES256 is accepted");
    return PublicKey::p256(GH_TRY(number_of(jwk, "x")), GH_TRY(number_of(jwk, "y")));
}

Result<PublicKey> edwards_key(json::Node jwk)
{
    auto const algorithm = GH_TRY(algorithm_of(jwk, Algorithm::eddsa));
    if (algorithm != Algorithm::eddsa || text_of(jwk, "crv") != "Ed25519")
        return fail(ErrorCode::bad_request, "of Edwards keys, Ed25519 with EdDSA is accepted");
    return PublicKey::ed25519(GH_TRY(number_of(jwk, "x")));
}

// Empty where the key is not for us.
Result<std::optional<PublicKey>> key_of(json::Node jwk)
{
    auto const type = text_of(jwk, "kty");
    if (type == "oct")
        return fail(ErrorCode::bad_request, "a shared secret has no place among public keys");
    if (!is_for_signatures(jwk))
        return std::nullopt;
    if (type == "RSA")
        return GH_TRY(rsa_key(jwk));
    if (type == "EC")
        return GH_TRY(elliptic_key(jwk));
    if (type == "OKP")
        return GH_TRY(edwards_key(jwk));
    return std::nullopt;
}

}  // namespace

Result<KeySet> KeySet::parse(std::string_view text)
{
    if (text.size() > json_bytes_max)
        return fail(ErrorCode::bad_request, "a key set has 256 KiB at most");
    json::Parser parser;
    auto const root = GH_TRY(parser.parse(text));
    auto const keys = root.find("keys");
    if (!keys || keys->kind() != json::Kind::array || keys->size() > keys_max)
        return fail(ErrorCode::bad_request, "a key set is {\"keys\":[…]} with 64 keys at most");

    KeySet set;
    Result<void> result{};
    keys->each_element([&](json::Node jwk) {
        result = set.add(jwk);
        return result.has_value();
    });
    GH_CHECK(result);
    return set;
}

Result<void> KeySet::add(json::Node jwk)
{
    auto key = GH_TRY(key_of(jwk));
    auto const kid = text_of(jwk, "kid");
    if (!key)
        return {};
    if (!kid.empty() && find(kid))
        return fail(ErrorCode::bad_request, "two keys have the same kid");
    entries_.push_back({std::string(kid), *std::move(key)});
    return {};
}

PublicKey const* KeySet::find(std::string_view kid) const
{
    if (kid.empty())
        return entries_.size() == 1 ? &entries_.front().key : nullptr;
    auto const found = std::ranges::find(entries_, kid, &Entry::kid);
    return found == entries_.end() ? nullptr : &found->key;
}

}  // namespace gatehouse::identity
