// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/shared.hpp"
#include "storage/redis/client.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace gatehouse::storage::redis {

// The shared layer of caches in a Redis. Each key holds "VERSION:VALUE", and lapses by itself; one
// that was dropped holds "VERSION:" for some seconds, so that what was on its way before does not
// come after. A script compares the versions, so it is one step for everybody. The key of the
// space itself holds "UNTIL:" and a word where it was cleared. What Redis could not be told of
// drops and clearings it is told as soon as it answers again, at most `owed_max` of them.
class SharedCache final : public cache::Shared {
public:
    static constexpr std::size_t owed_max = 1024;
    static constexpr Milliseconds dropped_for{10'000};

    SharedCache(ClientOptions options, runtime::Reactor& reactor, Dice& dice,
        Client::Resolve resolve);

    void get(Name name, OnFound done) override;
    void put(Name name, cache::Version version, std::string_view value, Milliseconds ttl) override;
    void drop(Name name, cache::Version version, OnDropped done) override;
    void clear(std::string_view space, WallTime until, Milliseconds ttl) override;
    [[nodiscard]] bool is_up() const override { return client_.is_up(); }

    // At the end of a turn.
    void flush() { client_.flush(); }
    void on_change(Client::OnChange hook) { on_change_ = std::move(hook); }

private:
    void set(std::string_view key, cache::Version version, std::string_view value,
        Milliseconds ttl, Client::OnReply done);
    // What takes away: told now, or else owed.
    struct Word {
        std::uint64_t version;
        std::string_view value;
        Milliseconds ttl;
    };
    void tell(std::string const& key, Word word, OnDropped done);
    void pay();
    void pay_next();

    Client client_;
    Client::OnChange on_change_{};
    std::map<std::string, Word> owed_{};
    bool is_paying_ = false;
};

} // namespace gatehouse::storage::redis
