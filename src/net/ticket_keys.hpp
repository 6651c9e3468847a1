// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace gatehouse::net {

// What session tickets are sealed with (RFC 5077 §4), so that a client that comes back is spared a
// full handshake on whatever shard it lands. A value that never changes: `rotated` gives the next
// one, and whoever has many shards hands the same to each. Of a key that has rotated out nothing is
// left, once the last of those who hold it has let go.
class TicketKeys {
public:
    struct Key {
        Key() = default;
        Key(Key const&) = default;
        Key& operator=(Key const&) = default;
        ~Key(); // Leaves nothing behind.

        std::array<unsigned char, 16> name{};
        std::array<unsigned char, 32> cipher{}; // AES-256-CBC
        std::array<unsigned char, 32> mac{};    // HMAC-SHA-256
    };
    // The newest seals; the others open what they sealed.
    static constexpr std::size_t keys_max = 2;

    // With one key, by chance.
    [[nodiscard]] static std::shared_ptr<TicketKeys const> fresh();
    // A new key before those of `before`, without its oldest.
    [[nodiscard]] static std::shared_ptr<TicketKeys const> rotated(TicketKeys const& before);

    [[nodiscard]] Key const& newest() const { return keys_.front(); }
    // The key of this name; null where there is none, or no more.
    [[nodiscard]] Key const* find(std::span<unsigned char const, 16> name) const;

private:
    std::vector<Key> keys_;
};

} // namespace gatehouse::net
