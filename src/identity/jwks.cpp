// SPDX-License-Identifier: Apache-2.0
#include "identity/jwks.hpp"

#include "base/base64.hpp"
#include "base/json.hpp"
#include "identity/members.hpp"

#include <algorithm>
#include <optional>

namespace gatehouse::identity {
namespace {

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

Result<VerifyingKey> rsa_key(json::Node jwk)
{
    auto const algorithm = GH_TRY(algorithm_of(jwk, Algorithm::rs256));
    auto const family = family_of(algorithm);
    if (family != KeyFamily::rsa_pkcs1 && family != KeyFamily::rsa_pss)
        return fail(ErrorCode::bad_request, "the alg of an RSA key is of another type");
    auto const modulus = GH_TRY(number_of(jwk, "n"));
    auto const exponent = GH_TRY(number_of(jwk, "e"));
    return VerifyingKey::rsa(algorithm, modulus, exponent);
}

// RFC 7518 §3.4: each curve has one algorithm.
std::optional<Algorithm> algorithm_on(std::string_view curve)
{
    if (curve == "P-256")
        return Algorithm::es256;
    if (curve == "P-384")
        return Algorithm::es384;
    if (curve == "P-521")
        return Algorithm::es512;
    return std::nullopt;
}

Result<VerifyingKey> elliptic_key(json::Node jwk)
{
    auto const algorithm = algorithm_on(text_of(jwk, "crv"));
    if (!algorithm)
        return fail(ErrorCode::bad_request, "of curves, P-256, P-384 and P-521 are known");
    // Keys on P-521 are often said to be for ES521, after the curve; there is no such algorithm.
    bool const is_misnamed = *algorithm == Algorithm::es512 && text_of(jwk, "alg") == "ES521";
    if (!is_misnamed && GH_TRY(algorithm_of(jwk, *algorithm)) != *algorithm)
        return fail(ErrorCode::bad_request, "the alg of an elliptic key is not that of its curve");
    auto const x = GH_TRY(number_of(jwk, "x"));
    auto const y = GH_TRY(number_of(jwk, "y"));
    return VerifyingKey::elliptic(*algorithm, x, y);
}

Result<VerifyingKey> edwards_key(json::Node jwk)
{
    auto const algorithm = GH_TRY(algorithm_of(jwk, Algorithm::eddsa));
    if (algorithm != Algorithm::eddsa || text_of(jwk, "crv") != "Ed25519")
        return fail(ErrorCode::bad_request, "of Edwards keys, Ed25519 with EdDSA is accepted");
    return VerifyingKey::ed25519(GH_TRY(number_of(jwk, "x")));
}

// The same bytes may be a key of AES, so what does not say what it is for is not guessed at.
Result<VerifyingKey> secret_key(json::Node jwk)
{
    auto const algorithm = algorithm_named(text_of(jwk, "alg"));
    if (!algorithm || family_of(*algorithm) != KeyFamily::secret)
        return fail(ErrorCode::bad_request, "the alg of a shared secret is HS256, HS384 or HS512");
    return VerifyingKey::secret(*algorithm, GH_TRY(number_of(jwk, "k")));
}

// Empty where the key is not for us.
Result<std::optional<VerifyingKey>> key_of(json::Node jwk, KeyPolicy::Secrets secrets)
{
    auto const type = text_of(jwk, "kty");
    if (type == "oct" && secrets == KeyPolicy::Secrets::refused)
        return fail(ErrorCode::bad_request, "a shared secret has no place among public keys");
    if (!is_for_signatures(jwk))
        return std::nullopt;
    if (type == "oct")
        return GH_TRY(secret_key(jwk));
    if (type == "RSA")
        return GH_TRY(rsa_key(jwk));
    if (type == "EC")
        return GH_TRY(elliptic_key(jwk));
    if (type == "OKP")
        return GH_TRY(edwards_key(jwk));
    return std::nullopt;
}

bool is_secret(KeySet::Entry const& entry)
{
    return family_of(entry.key.algorithm()) == KeyFamily::secret;
}

}  // namespace

Result<KeySet> KeySet::parse(std::string_view text, KeyPolicy policy)
{
    if (text.size() > json_bytes_max)
        return fail(ErrorCode::bad_request, "a key set has 256 KiB at most");
    json::Parser parser;
    auto const root = GH_TRY(parser.parse(text));
    auto const keys = root.find("keys");
    if (!keys || keys->kind() != json::Kind::array || keys->size() > keys_max)
        return fail(ErrorCode::bad_request, "a key set is {\"keys\":[…]} with 64 keys at most");
    if (!has_unique_members(root))
        return fail(ErrorCode::bad_request, "a key set names something twice in one object");

    KeySet set;
    set.policy_ = policy;
    Result<void> result{};
    keys->each_element([&](json::Node jwk) {
        result = set.add(jwk);
        return result.has_value();
    });
    GH_CHECK(result);
    // Whoever mixes the two up takes a public key for a secret that everybody knows.
    auto const secrets = std::ranges::count_if(set.entries_, is_secret);
    if (secrets != 0 && secrets != std::ssize(set.entries_))
        return fail(ErrorCode::bad_request, "a key set has public keys or secrets, not both");
    return set;
}

Result<void> KeySet::add(json::Node jwk)
{
    auto key = GH_TRY(key_of(jwk, policy_.secrets));
    auto const kid = text_of(jwk, "kid");
    if (!key)
        return {};
    if (!kid.empty() && find(kid))
        return fail(ErrorCode::bad_request, "two keys have the same kid");
    entries_.push_back({std::string(kid), *std::move(key)});
    return {};
}

VerifyingKey const* KeySet::find(std::string_view kid) const
{
    if (kid.empty())
        return entries_.size() == 1 ? &entries_.front().key : nullptr;
    auto const found = std::ranges::find(entries_, kid, &Entry::kid);
    return found == entries_.end() ? nullptr : &found->key;
}

std::optional<VerifyingKey> KeySet::for_algorithm(
    VerifyingKey const& key, std::string_view algorithm) const
{
    if (algorithm == name_of(key.algorithm()))
        return key;
    auto const wanted = algorithm_named(algorithm);
    if (!wanted || policy_.hashes == KeyPolicy::Hashes::of_the_key)
        return std::nullopt;
    return key.with_longer_hash(*wanted);
}

}  // namespace gatehouse::identity
