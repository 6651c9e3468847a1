// SPDX-License-Identifier: Apache-2.0
#include "identity/key.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

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

template <auto release>
struct Release {
    void operator()(auto* object) const { release(object); }
};
template <typename T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

using Bignum = Owned<BIGNUM, BN_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using EcdsaSignature = Owned<ECDSA_SIG, ECDSA_SIG_free>;

constexpr std::size_t coordinate_bytes = 32; // Of P-256.
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

EVP_MD const* digest_of(Algorithm algorithm)
{
    switch (algorithm) {
        using enum Algorithm;
    case eddsa: return nullptr; // Hashes by itself.
    case es256:
    case rs256:
    case ps256: return EVP_sha256();
    case rs384:
    case ps384: return EVP_sha384();
    case rs512:
    case ps512: return EVP_sha512();
    }
    std::unreachable();
}

bool is_pss(Algorithm algorithm) { return algorithm >= Algorithm::ps256; }

// RFC 7518 §3.5: the mask generation and the salt go with the hash.
bool demand_pss(EVP_PKEY_CTX* context)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

// RFC 7518 §3.4: r and s side by side; OpenSSL wants them in DER. Empty where they don't fit.
std::string to_der(std::string_view signature)
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

constexpr std::array<std::string_view, 8> names{
    "EdDSA", "ES256", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"};

}  // namespace

std::string_view name_of(Algorithm algorithm) { return names[std::to_underlying(algorithm)]; }

std::optional<Algorithm> algorithm_named(std::string_view name)
{
    auto const found = std::ranges::find(names, name);
    if (found == names.end())
        return std::nullopt;
    return static_cast<Algorithm>(found - names.begin());
}

PublicKey::PublicKey(Algorithm algorithm, EVP_PKEY* key)
    : algorithm_(algorithm)
    , key_(key, EVP_PKEY_free)
{
}

Result<PublicKey> PublicKey::ed25519(std::string_view point)
{
    auto* const key
        = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(point), point.size());
    if (!key)
        return fail(ErrorCode::bad_request, "an Ed25519 key has 32 bytes");
    return PublicKey(Algorithm::eddsa, key);
}

Result<PublicKey> PublicKey::p256(std::string_view x, std::string_view y)
{
    if (x.size() != coordinate_bytes || y.size() != coordinate_bytes)
        return fail(ErrorCode::bad_request, "a P-256 key has two coordinates of 32 bytes");
    auto const point = std::string("\x04").append(x).append(y); // SEC 1 §2.3.3, uncompressed
    auto* const key = build_key("EC", [&point](OSSL_PARAM_BLD* parts) {
        OSSL_PARAM_BLD_push_utf8_string(parts, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
        OSSL_PARAM_BLD_push_octet_string(
            parts, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    });
    if (!key)
        return fail(ErrorCode::bad_request, "the point is not on P-256");
    return PublicKey(Algorithm::es256, key);
}

Result<PublicKey> PublicKey::rsa(
    Algorithm algorithm, std::string_view modulus, std::string_view exponent)
{
    GH_ASSERT(algorithm >= Algorithm::rs256);
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
    return PublicKey(algorithm, key);
}

bool PublicKey::verifies(std::string_view message, std::string_view signature) const
{
    std::string der;
    if (algorithm_ == Algorithm::es256)
        signature = der = to_der(signature);
    DigestContext const context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* options = nullptr; // Belongs to `context`.
    GH_ASSERT(context);
    return EVP_DigestVerifyInit(
               context.get(), &options, digest_of(algorithm_), nullptr, key_.get())
        == 1
        && (!is_pss(algorithm_) || demand_pss(options))
        && EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(message),
               message.size())
        == 1;
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

PublicKey SigningKey::public_key() const
{
    EVP_PKEY_up_ref(key_.get());
    return PublicKey(Algorithm::eddsa, key_.get());
}

}  // namespace gatehouse::identity
