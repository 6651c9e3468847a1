// SPDX-License-Identifier: Apache-2.0
#include "identity/key.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/owned.hpp"
#include "identity/hmac.hpp"

#include <algorithm>
#include <array>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <utility>

namespace gatehouse::identity {
namespace {

using Bignum = Owned<BIGNUM, BN_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using EcdsaSignature = Owned<ECDSA_SIG, ECDSA_SIG_free>;

struct Curve {
    Algorithm algorithm;
    char const* group;
    std::size_t coordinate_bytes;
};
constexpr std::array curves{Curve{Algorithm::es256, "P-256", 32},
    Curve{Algorithm::es384, "P-384", 48}, Curve{Algorithm::es512, "P-521", 66}};

constexpr int modulus_bits_min = 2048;
constexpr int modulus_bits_max = 8192; // Beyond it a single check takes milliseconds.

unsigned char const* raw(std::string_view bytes)
{
    return reinterpret_cast<unsigned char const*>(bytes.data());
}

Bignum number_of(std::string_view big_endian)
{
    Bignum number(BN_bin2bn(raw(big_endian), static_cast<int>(big_endian.size()), nullptr));
    GH_ASSERT(number);
    return number;
}

// A public key of the parts that `add` pushes; null where OpenSSL refuses them.
EVP_PKEY* build_key(char const* type, auto&& add)
{
    Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> const parts(OSSL_PARAM_BLD_new());
    GH_ASSERT(parts);
    add(parts.get());
    Owned<OSSL_PARAM, OSSL_PARAM_free> const params(OSSL_PARAM_BLD_to_param(parts.get()));
    KeyContext const context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    GH_ASSERT(params && context);
    EVP_PKEY* key = nullptr;
    if (EVP_PKEY_fromdata_init(context.get()) != 1
        || EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
        return nullptr;
    return key;
}

// Primes of the broken generator are 65537^a modulo a product of small primes, so modulo each small
// prime its moduli fall into the subgroup that 65537 generates; a sound one misses it for some
// prime (Nemec et al., "The Return of Coppersmith's Attack", §5.1). The smallest primes, for which
// that subgroup is everything, tell nothing and do no harm.
bool has_roca_fingerprint(BIGNUM const* modulus)
{
    static constexpr std::array<unsigned, 38> primes{3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41,
        43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139,
        149, 151, 157, 163, 167};
    auto const is_power_of_65537 = [modulus](unsigned prime) {
        auto const remainder = BN_mod_word(modulus, prime);
        unsigned power = 1;
        do {
            if (power == remainder)
                return true;
            power = power * (65537 % prime) % prime;
        } while (power != 1);
        return false;
    };
    return std::ranges::all_of(primes, is_power_of_65537);
}

Curve const& curve_of(Algorithm algorithm)
{
    auto const* const found = std::ranges::find(curves, algorithm, &Curve::algorithm);
    GH_ASSERT(found != curves.end());
    return *found;
}

// Of all but EdDSA, which hashes by itself.
Hash hash_of(Algorithm algorithm)
{
    switch (algorithm) {
        using enum Algorithm;
    case eddsa: break;
    case hs256:
    case es256:
    case rs256:
    case ps256: return Hash::sha256;
    case hs384:
    case es384:
    case rs384:
    case ps384: return Hash::sha384;
    case hs512:
    case es512:
    case rs512:
    case ps512: return Hash::sha512;
    }
    std::unreachable();
}

EVP_MD const* digest_of(Algorithm algorithm)
{
    if (algorithm == Algorithm::eddsa)
        return nullptr;
    switch (hash_of(algorithm)) {
    case Hash::sha256: return EVP_sha256();
    case Hash::sha384: return EVP_sha384();
    case Hash::sha512: return EVP_sha512();
    }
    std::unreachable();
}

bool is_rsa(KeyFamily family)
{
    return family == KeyFamily::rsa_pkcs1 || family == KeyFamily::rsa_pss;
}

// RFC 7518 §3.5: the mask generation and the salt go with the hash.
bool demand_pss(EVP_PKEY_CTX* context)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

// RFC 7518 §3.4: r and s side by side; OpenSSL wants them in DER. Empty where they don't fit.
std::string to_der(std::string_view signature, std::size_t coordinate_bytes)
{
    if (signature.size() != 2 * coordinate_bytes)
        return {};
    EcdsaSignature const parts(ECDSA_SIG_new());
    GH_ASSERT(parts);
    ECDSA_SIG_set0(parts.get(), number_of(signature.substr(0, coordinate_bytes)).release(),
        number_of(signature.substr(coordinate_bytes)).release());
    unsigned char* der = nullptr;
    auto const size = i2d_ECDSA_SIG(parts.get(), &der);
    GH_ASSERT(size > 0);
    std::string bytes(reinterpret_cast<char const*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return bytes;
}

constexpr std::array<std::string_view, 13> names{"HS256", "HS384", "HS512", "EdDSA", "ES256",
    "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"};

}  // namespace

std::string_view name_of(Algorithm algorithm) { return names[std::to_underlying(algorithm)]; }

std::optional<Algorithm> algorithm_named(std::string_view name)
{
    auto const found = std::ranges::find(names, name);
    if (found == names.end())
        return std::nullopt;
    return static_cast<Algorithm>(found - names.begin());
}

KeyFamily family_of(Algorithm algorithm)
{
    using enum Algorithm;
    if (algorithm >= ps256)
        return KeyFamily::rsa_pss;
    if (algorithm >= rs256)
        return KeyFamily::rsa_pkcs1;
    if (algorithm >= es256)
        return KeyFamily::elliptic;
    return algorithm == eddsa ? KeyFamily::edwards : KeyFamily::secret;
}

VerifyingKey::VerifyingKey(Algorithm algorithm, std::shared_ptr<EVP_PKEY> key)
    : algorithm_(algorithm)
    , key_(std::move(key))
{
}

Result<VerifyingKey> VerifyingKey::ed25519(std::string_view point)
{
    auto* const key
        = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(point), point.size());
    if (!key)
        return fail(ErrorCode::bad_request, "an Ed25519 key has 32 bytes");
    return VerifyingKey(Algorithm::eddsa, {key, EVP_PKEY_free});
}

Result<VerifyingKey> VerifyingKey::elliptic(
    Algorithm algorithm, std::string_view x, std::string_view y)
{
    auto const& curve = curve_of(algorithm);
    if (x.size() != curve.coordinate_bytes || y.size() != curve.coordinate_bytes)
        return fail(ErrorCode::bad_request,
            std::string("a key on ") + curve.group + " has two coordinates of "
                + std::to_string(curve.coordinate_bytes) + " bytes");
    auto const point = std::string("\x04").append(x).append(y); // SEC 1 §2.3.3, uncompressed
    auto* const key = build_key("EC", [&](OSSL_PARAM_BLD* parts) {
        OSSL_PARAM_BLD_push_utf8_string(parts, OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0);
        OSSL_PARAM_BLD_push_octet_string(
            parts, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    });
    if (!key)
        return fail(ErrorCode::bad_request, std::string("the point is not on ") + curve.group);
    return VerifyingKey(algorithm, {key, EVP_PKEY_free});
}

Result<VerifyingKey> VerifyingKey::rsa(
    Algorithm algorithm, std::string_view modulus, std::string_view exponent)
{
    GH_ASSERT(is_rsa(family_of(algorithm)));
    if (modulus.starts_with('\0') || exponent.starts_with('\0') || modulus.size() > 1024)
        return fail(
            ErrorCode::bad_request, "RSA numbers have no leading zeros and 8192 bits at most");
    auto const n = number_of(modulus);
    auto const e = number_of(exponent);
    if (auto const bits = BN_num_bits(n.get()); bits < modulus_bits_min || bits > modulus_bits_max)
        return fail(ErrorCode::bad_request, "an RSA modulus has 2048 to 8192 bits");
    if (!BN_is_odd(e.get()) || BN_is_one(e.get()) || BN_num_bits(e.get()) > 64)
        return fail(ErrorCode::bad_request, "an RSA exponent is odd, above 2 and below 2^64");
    if (!BN_is_odd(n.get()) || has_roca_fingerprint(n.get()))
        return fail(ErrorCode::bad_request, "the RSA modulus comes from a broken generator");
    auto* const key = build_key("RSA", [&n, &e](OSSL_PARAM_BLD* parts) {
        OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_N, n.get());
        OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_E, e.get());
    });
    if (!key)
        return fail(ErrorCode::bad_request, "not an RSA key");
    return VerifyingKey(algorithm, {key, EVP_PKEY_free});
}

Result<VerifyingKey> VerifyingKey::secret(Algorithm algorithm, std::string_view bytes)
{
    GH_ASSERT(family_of(algorithm) == KeyFamily::secret);
    auto const bytes_min = static_cast<std::size_t>(EVP_MD_get_size(digest_of(algorithm)));
    if (bytes.size() < bytes_min || bytes.size() > secret_bytes_max)
        return fail(ErrorCode::bad_request,
            "a secret for " + std::string(name_of(algorithm)) + " has " + std::to_string(bytes_min)
                + " to " + std::to_string(secret_bytes_max) + " bytes; this one has "
                + std::to_string(bytes.size()));
    VerifyingKey key(algorithm, nullptr);
    key.secret_ = std::make_shared<std::string const>(bytes);
    return key;
}

bool VerifyingKey::verifies_by_secret(std::string_view message, std::string_view tag) const
{
    return equal_in_constant_time(hmac(hash_of(algorithm_), *secret_, message), tag);
}

bool VerifyingKey::verifies(std::string_view message, std::string_view signature) const
{
    auto const family = family_of(algorithm_);
    if (family == KeyFamily::secret)
        return verifies_by_secret(message, signature);
    std::string der;
    if (family == KeyFamily::elliptic)
        signature = der = to_der(signature, curve_of(algorithm_).coordinate_bytes);
    DigestContext const context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* options = nullptr; // Belongs to `context`.
    GH_ASSERT(context);
    return EVP_DigestVerifyInit(
               context.get(), &options, digest_of(algorithm_), nullptr, key_.get())
        == 1
        && (family != KeyFamily::rsa_pss || demand_pss(options))
        && EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(message),
               message.size())
        == 1;
}

std::optional<VerifyingKey> VerifyingKey::with_longer_hash(Algorithm algorithm) const
{
    auto const family = family_of(algorithm_);
    if (!is_rsa(family) || family_of(algorithm) != family || algorithm <= algorithm_)
        return std::nullopt;
    return VerifyingKey(algorithm, key_);
}

SigningKey::SigningKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) { GH_ASSERT(key); }

SigningKey SigningKey::from_seed(std::string_view seed)
{
    GH_ASSERT(seed.size() == seed_bytes);
    return SigningKey(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw(seed), seed.size()));
}

Result<SigningKey> SigningKey::from_text(std::string_view text)
{
    auto const seed = from_hex(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
    if (seed.size() != seed_bytes)
        return fail(ErrorCode::bad_request, "a signing key is 64 hexadecimal digits");
    return from_seed(seed);
}

std::string SigningKey::to_text() const
{
    std::string seed(seed_bytes, '\0');
    auto size = seed.size();
    GH_ASSERT(EVP_PKEY_get_raw_private_key(
                  key_.get(), reinterpret_cast<unsigned char*>(seed.data()), &size)
        == 1);
    return to_hex(seed);
}

std::string SigningKey::sign(std::string_view message) const
{
    std::string signature(64, '\0');
    auto size = signature.size();
    DigestContext const context(EVP_MD_CTX_new());
    GH_ASSERT(context);
    GH_ASSERT(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
    GH_ASSERT(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                  &size, raw(message), message.size())
        == 1);
    return signature;
}

std::string SigningKey::public_point() const
{
    std::string point(32, '\0');
    auto size = point.size();
    GH_ASSERT(EVP_PKEY_get_raw_public_key(
                  key_.get(), reinterpret_cast<unsigned char*>(point.data()), &size)
        == 1);
    return point;
}

VerifyingKey SigningKey::public_key() const { return VerifyingKey(Algorithm::eddsa, key_); }

}  // namespace gatehouse::identity
