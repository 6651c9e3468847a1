// SPDX-License-Identifier: Apache-2.0
#include "base/seal.hpp"

#include "base/assert.hpp"

#include <openssl/evp.h>

#include <limits>
#include <memory>

namespace gatehouse {
namespace {

unsigned char* raw(char* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

unsigned char const* raw(std::string_view bytes)
{
    return reinterpret_cast<unsigned char const*>(bytes.data());
}

int length(std::string_view bytes)
{
    GH_ASSERT(bytes.size() <= std::numeric_limits<int>::max());
    return static_cast<int>(bytes.size());
}

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

// Looked up once, as the digest is: that takes longer than to seal a name.
EVP_CIPHER const* aes_256_gcm()
{
    static EVP_CIPHER const* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    GH_ASSERT(cipher);
    return cipher;
}

enum class Direction : int { open = 0, seal = 1 };

Context begin(
    Direction direction, std::string_view key, std::string_view nonce, std::string_view about)
{
    GH_ASSERT(key.size() == seal_key_size && nonce.size() == seal_nonce_size);
    Context context(EVP_CIPHER_CTX_new());
    int written = 0;
    GH_ASSERT(context);
    GH_ASSERT(EVP_CipherInit_ex2(context.get(), aes_256_gcm(), raw(key), raw(nonce),
        static_cast<int>(direction), nullptr));
    GH_ASSERT(EVP_CipherUpdate(context.get(), nullptr, &written, raw(about), length(about)));
    return context;
}

} // namespace

std::string seal(
    std::string_view key, std::string_view nonce, std::string_view text, std::string_view about)
{
    auto const context = begin(Direction::seal, key, nonce, about);
    std::string sealed(nonce);
    sealed.resize(nonce.size() + text.size() + seal_tag_size);
    auto* const body = sealed.data() + nonce.size();
    auto* const tag = body + text.size();
    int written = 0;
    GH_ASSERT(EVP_CipherUpdate(context.get(), raw(body), &written, raw(text), length(text)));
    GH_ASSERT(EVP_CipherFinal_ex(context.get(), raw(tag), &written));
    GH_ASSERT(EVP_CIPHER_CTX_ctrl(
        context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(seal_tag_size), tag));
    return sealed;
}

std::optional<std::string> unseal(
    std::string_view key, std::string_view sealed, std::string_view about)
{
    if (sealed.size() < seal_nonce_size + seal_tag_size)
        return std::nullopt;
    auto const body
        = sealed.substr(seal_nonce_size, sealed.size() - seal_nonce_size - seal_tag_size);
    std::string tag(sealed.substr(sealed.size() - seal_tag_size));
    std::string text(body.size() + 1, '\0'); // Never empty, so that there is somewhere to write.
    auto const context = begin(Direction::open, key, sealed.substr(0, seal_nonce_size), about);
    int written = 0;
    GH_ASSERT(EVP_CipherUpdate(
        context.get(), raw(text.data()), &written, raw(body), length(body)));
    GH_ASSERT(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG,
        static_cast<int>(seal_tag_size), tag.data()));
    if (EVP_CipherFinal_ex(context.get(), raw(text.data() + body.size()), &written) != 1)
        return std::nullopt;
    text.pop_back();
    return text;
}

} // namespace gatehouse
