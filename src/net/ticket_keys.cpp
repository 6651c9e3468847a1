// SPDX-License-Identifier: Apache-2.0
#include "net/ticket_keys.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace gatehouse::net {
namespace {

template <std::size_t size>
void fill(std::array<unsigned char, size>& bytes)
{
    GH_ASSERT(RAND_bytes(bytes.data(), static_cast<int>(size)) == 1);
}

TicketKeys::Key key_by_chance()
{
    TicketKeys::Key key;
    fill(key.name);
    fill(key.cipher);
    fill(key.mac);
    return key;
}

} // namespace

TicketKeys::Key::~Key()
{
    OPENSSL_cleanse(cipher.data(), cipher.size());
    OPENSSL_cleanse(mac.data(), mac.size());
}

std::shared_ptr<TicketKeys const> TicketKeys::fresh()
{
    auto keys = std::make_shared<TicketKeys>();
    keys->keys_.push_back(key_by_chance());
    return keys;
}

std::shared_ptr<TicketKeys const> TicketKeys::rotated(TicketKeys const& before)
{
    auto keys = std::make_shared<TicketKeys>();
    keys->keys_.reserve(keys_max); // No copy that would have to be wiped.
    keys->keys_.push_back(key_by_chance());
    for (auto const& key : before.keys_)
        if (keys->keys_.size() < keys_max)
            keys->keys_.push_back(key);
    return keys;
}

TicketKeys::Key const* TicketKeys::find(std::span<unsigned char const, 16> name) const
{
    auto const found = std::ranges::find_if(
        keys_, [&](auto const& key) { return std::ranges::equal(key.name, name); });
    return found == keys_.end() ? nullptr : &*found;
}

} // namespace gatehouse::net
