// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "limits/address.hpp"
#include "limits/gcra.hpp"

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::limits {

struct BanOptions {
    RateLimit refusals{.burst = 100, .period = std::chrono::minutes(1)}; // One more is too many.
    Milliseconds lasts = std::chrono::minutes(15);
    std::vector<Block> never{};        // Not banned, neither by themselves nor by hand.
    std::size_t clients_max = 100'000; // Whose refusals are counted.
    std::size_t bans_max = 10'000;
};

struct Ban {
    Block block;
    std::string reason{};
    bool is_automatic = false;
    WallTime since{};
    std::optional<WallTime> until{}; // Empty: until it is lifted.

    bool operator==(Ban const&) const = default;
};

// Who is not let in: addresses that used up their budget of refusals (wrong passwords, pages that
// do not exist), and blocks that an operator named. IPv6 counts by /64.
//
// Looking an address up takes one search for each length of prefix that is banned, of which there
// are few. Bounds: BanOptions. Where all bans are taken, a new automatic one takes the place of the
// automatic one that ends first; one by hand as well, and is refused if all are by hand.
//
// Times are wall time: bans outlive the process. Belongs to one shard, which tells the others.
class Bans {
public:
    explicit Bans(BanOptions const& options);

    // By whom an address is banned now; of several the longest prefix. Null if it is not. What is
    // no address is not banned.
    [[nodiscard]] Ban const* find(std::string_view address, WallTime now) const;

    // A request from there was refused. The ban, if this was one too many. Nothing is counted while
    // the client is banned.
    [[nodiscard]] std::optional<Ban> note_refusal(std::string_view address, Now now);

    // By hand, or one that was kept; it replaces one of the same block. Fails with forbidden if the
    // block holds an address of `never`, busy where it is full.
    [[nodiscard]] Result<void> add(Ban const& ban);
    // False where there is none of just that block. The client's budget is whole again after a
    // while only.
    bool lift(Block const& block);
    // Those that are over by now.
    [[nodiscard]] std::vector<Ban> expire(WallTime now);
    [[nodiscard]] std::optional<WallTime> next() const;

    // Automatic ones that `never` excuses now are lifted. They are told.
    [[nodiscard]] std::vector<Ban> change(BanOptions const& options, TimePoint now);

    [[nodiscard]] std::vector<Ban> list() const; // By prefix length, then by address.
    [[nodiscard]] std::size_t size() const { return bans_.size(); }

private:
    using Key = std::pair<unsigned, Address>; // Length, then address.
    [[nodiscard]] bool is_excused(Block const& block) const;
    [[nodiscard]] bool make_room();
    void remove(std::map<Key, Ban>::iterator at);

    BanOptions options_;
    Gcra refusals_;
    std::map<Key, Ban> bans_{};
    std::map<unsigned, std::size_t> lengths_{}; // How many bans of each.
    std::set<std::pair<WallTime, Key>> ends_{};
    std::set<std::pair<WallTime, Key>> automatic_{};
};

} // namespace gatehouse::limits
