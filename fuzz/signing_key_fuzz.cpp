// SPDX-License-Identifier: Apache-2.0

// Whatever the file holds in the place of the key that signs guests' tokens: an error, or a key
// that is written such that it reads, and signs, the same.

#include "base/assert.hpp"
#include "identity/key.hpp"

#include <cstdint>
#include <string_view>

using namespace gatehouse;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const key = identity::SigningKey::from_text({reinterpret_cast<char const*>(data), size});
    if (!key)
        return 0;
    auto const again = identity::SigningKey::from_text(key->to_text());
    GH_ASSERT(again && again->to_text() == key->to_text());
    GH_ASSERT(again->sign("words") == key->sign("words"));
    return 0;
}
