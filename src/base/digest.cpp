// SPDX-License-Identifier: Apache-2.0
#include "base/digest.hpp"

#include "base/assert.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>

namespace gatehouse {
namespace {

unsigned char* raw(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

unsigned char const* raw(std::string_view bytes)
{
    return reinterpret_cast<unsigned char const*>(bytes.data());
}

struct FreeDigest {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

std::string digest_of(std::string_view bytes, EVP_MD const* algorithm)
{
    std::string digest(static_cast<std::size_t>(EVP_MD_get_size(algorithm)), '\0');
    GH_ASSERT(EVP_Digest(bytes.data(), bytes.size(), raw(digest), nullptr, algorithm, nullptr));
    return digest;
}

// Looked up once: that takes as long as the digest of a few hundred bytes.
EVP_MD const* algorithm_sha256()
{
    static EVP_MD const* const algorithm = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
    GH_ASSERT(algorithm);
    return algorithm;
}

}  // namespace

std::string sha256(std::string_view bytes) { return digest_of(bytes, algorithm_sha256()); }

struct Sha256::State {
    std::unique_ptr<EVP_MD_CTX, FreeDigest> context{EVP_MD_CTX_new()};
};

Sha256::Sha256()
    : state_(std::make_unique<State>())
{
    GH_ASSERT(state_->context);
    GH_ASSERT(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr));
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::string_view bytes)
{
    GH_ASSERT(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
}

std::string Sha256::digest()
{
    std::string digest(32, '\0');
    GH_ASSERT(EVP_DigestFinal_ex(state_->context.get(), raw(digest), nullptr));
    return digest;
}

std::string sha1(std::string_view bytes) { return digest_of(bytes, EVP_sha1()); }

std::string chacha20_stream(std::string_view key, std::uint64_t stream, std::size_t size)
{
    GH_ASSERT(key.size() == 32);
    std::string iv(16, '\0'); // OpenSSL's layout: a 32-bit block counter, then the 96-bit nonce.
    for (std::size_t i = 0; i < 8; i++)
        iv[4 + i] = static_cast<char>(stream >> (8 * i));

    std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> const context(EVP_CIPHER_CTX_new());
    std::string const zeros(size, '\0');
    std::string bytes(size, '\0');
    int written = 0;
    GH_ASSERT(context);
    GH_ASSERT(EVP_EncryptInit_ex(context.get(), EVP_chacha20(), nullptr, raw(key), raw(iv)));
    GH_ASSERT(EVP_EncryptUpdate(
        context.get(), raw(bytes), &written, raw(std::string_view(zeros)), static_cast<int>(size)));
    return bytes;
}

bool equal_in_constant_time(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace gatehouse
