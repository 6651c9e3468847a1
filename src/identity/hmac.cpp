// SPDX-License-Identifier: Apache-2.0
#include "identity/hmac.hpp"

#include "base/assert.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <utility>

namespace gatehouse::identity {
namespace {

EVP_MD const* digest_of(Hash hash)
{
    switch (hash) {
    case Hash::sha256: return EVP_sha256();
    case Hash::sha384: return EVP_sha384();
    case Hash::sha512: return EVP_sha512();
    }
    std::unreachable();
}

} // namespace

std::string hmac(Hash hash, std::string_view key, std::string_view message)
{
    std::string tag(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    GH_ASSERT(HMAC(digest_of(hash), key.data(), static_cast<int>(key.size()),
        reinterpret_cast<unsigned char const*>(message.data()), message.size(),
        reinterpret_cast<unsigned char*>(tag.data()), &size));
    tag.resize(size);
    return tag;
}

} // namespace gatehouse::identity
