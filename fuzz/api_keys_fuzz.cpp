// SPDX-License-Identifier: Apache-2.0

// Whatever stands in the stream of API keys, reading it answers: an error, or keys of which each
// can be revoked, such that the next server reads the same. Each event is a size of two bytes, a
// byte that says which type it has, and its data.

#include "base/assert.hpp"
#include "events/audit.hpp"
#include "events/chain.hpp"
#include "events/testing.hpp"
#include "node/key_ring.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

using namespace gatehouse;

namespace {

// Answers within the call, and keeps all.
struct Store final : events::testing::UnableStore {
    std::vector<events::Event> kept{};

    void read(std::string, events::Version after, std::size_t max, OnEvents done) override
    {
        std::vector<events::Event> page;
        for (auto at = after; at < kept.size() && page.size() < max; at++)
            page.push_back(kept[at]);
        done(std::move(page));
    }
    void append(std::vector<events::StreamAppend> batch, OnAppended done) override
    {
        GH_ASSERT(batch.size() == 1 && batch.front().expected == kept.size());
        kept.push_back(batch.front().events.front());
        done({events::Appended{}});
    }
};

void fill(Store& store, std::string_view bytes)
{
    auto link = events::chain_start(events::keys_stream);
    while (bytes.size() > 3 && store.kept.size() < 100) {
        auto const byte = [&bytes](std::size_t at) {
            return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at]));
        };
        events::Event event{.version = store.kept.size() + 1,
            .type = byte(2) % 4 == 0 ? "api_key.other"
                : byte(2) % 2 == 0   ? "api_key.made"
                                     : "api_key.revoked",
            .schema = static_cast<std::uint16_t>(byte(2) < 240 ? 1 : 2),
            .data = std::string(bytes.substr(3, byte(0) + 256 * byte(1)))};
        bytes.remove_prefix(3 + event.data.size());
        event.link = link = events::chain_link(link, event);
        store.kept.push_back(std::move(event));
    }
}

node::KeyRing::Keys keys_of(node::KeyRing& ring, bool& can_be_read)
{
    node::KeyRing::Keys found;
    bool is_answered = false;
    ring.read([&](Result<node::KeyRing::Keys const*> keys) {
        is_answered = true;
        can_be_read = keys.has_value();
        if (keys)
            found = **keys;
    });
    GH_ASSERT(is_answered);
    return found;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    Store store;
    fill(store, {reinterpret_cast<char const*>(data), size});
    node::KeyRing ring(store);
    bool can_be_read = false;
    auto const keys = keys_of(ring, can_be_read);
    if (!can_be_read)
        return 0;
    for (auto const& [id, key] : keys) {
        bool is_revoked = false;
        ring.revoke(id, WallTime{7}, [&](Result<identity::ApiKey> const& kept) {
            is_revoked = kept && kept->revoked_ms;
        });
        GH_ASSERT(is_revoked);
    }
    node::KeyRing next(store);
    GH_ASSERT(keys_of(next, can_be_read) == keys_of(ring, can_be_read) && can_be_read);
    return 0;
}
