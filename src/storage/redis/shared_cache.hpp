// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/shared.hpp"
#include "storage/redis/client.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace gatehouse::storage::redis {

// The shared layer of caches in a Redis. Each key holds "VERSION:VALUE", and lapses by itself; one
// that was dropped holds "VERSION:" for some seconds, so that what was on its way before does not
// come after. A script compares the versions, so this is one step for everybody. A drop that Redis
// could not be told is told again as soon as it is back, at most `owed_max` of them.
class SharedCache final : public cache::Shared {
public:
    static constexpr std::size_t owed_max = 1024;
    static constexpr Milliseconds dropped_for{10'000};

    SharedCache(ClientOptions options, runtime::Reactor& reactor, Dice& dice,
        Client::Resolve resolve);

    void get(std::string key, OnFound done) override;
    void put(std::string key, cache::Version version, std::string value, Milliseconds ttl) override;
    void drop(std::string key, cache::Version version, OnDropped done) override;
    [[nodiscard]] bool is_up() const override { return client_.is_up(); }

    // At the end of a turn.
    void flush() { client_.flush(); }
    void on_change(Client::OnChange hook) { on_change_ = std::move(hook); }

private:
    void set(std::string_view key, cache::Version version, std::string_view value,
        Milliseconds ttl, Client::OnReply done);
    void pay();

    Client client_;
    Client::OnChange on_change_{};
    std::map<std::string, cache::Version> owed_{}; // Drops.
};

} // namespace gatehouse::storage::redis
