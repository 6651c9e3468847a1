// SPDX-License-Identifier: Apache-2.0

// Whatever an issuer publishes as his keys: an error, or keys that are found by their names and
// check signatures. Who chooses less gets less: what is read by default is read as much under
// every policy, and no policy mixes secrets with public keys.

#include "base/assert.hpp"
#include "identity/jwks.hpp"

#include <cstdint>

using namespace gatehouse;
using namespace gatehouse::identity;

namespace {

void use(KeySet const& keys, std::string_view kid, bool may_be_secret)
{
    auto const* const key = keys.find(kid);
    if (!key)
        return;
    GH_ASSERT(!key->verifies("message", "") && !key->verifies("message", std::string(64, '\0')));
    GH_ASSERT(may_be_secret || family_of(key->algorithm()) != KeyFamily::secret);
    GH_ASSERT(keys.for_algorithm(*key, name_of(key->algorithm())).has_value());
    for (std::string_view const other : {"none", "HS256", "RS256", "PS512", "ES256", "EdDSA"}) {
        auto const lent = keys.for_algorithm(*key, other);
        GH_ASSERT(!lent || family_of(lent->algorithm()) == family_of(key->algorithm()));
        GH_ASSERT(!lent || lent->algorithm() >= key->algorithm());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const input(reinterpret_cast<char const*>(data), size);
    using enum KeyPolicy::Secrets;
    using enum KeyPolicy::Hashes;
    auto const usual = KeySet::parse(input);
    auto const open = KeySet::parse(input, {.secrets = allowed, .hashes = longer_too});
    GH_ASSERT(!usual || (open && open->size() == usual->size()));
    for (auto const* keys : {&usual, &open}) {
        if (!*keys)
            continue;
        GH_ASSERT((*keys)->size() <= KeySet::keys_max);
        for (std::string_view const kid : {"", "a", "b", "ec", "rsa"})
            use(**keys, kid, keys == &open);
    }
    return 0;
}
