// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/archive/objects.hpp"
#include "storage/backup/key_catalogue.hpp"
#include "storage/log.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::storage::backup {

// The keys of a store, shipped to a target beside what they seal, but as they are now: whatever
// moment is restored gets the newest ones, so who was forgotten stays so. New keys follow in
// further parts of the current generation. Where some were forgotten since it began, all that are
// left make a new one, and then the older ones are removed. The cursor lies in the target: who
// begins there, and does not find what its store has, ships all of it anew; who later finds what it
// did not leave there fails with `stale_base`, for another server ships as the same store (a copy
// of it). Holds one part in memory. Belongs to one thread.
class KeyShipping {
public:
    // As Shipping has it.
    using AskLog = std::function<Result<void>(std::function<void(Log&)> const& question)>;

    KeyShipping(archive::Objects& objects, AskLog ask_log, std::function<Now()> now)
        : catalogue_(objects)
        , ask_log_(std::move(ask_log))
        , now_(std::move(now))
    { }

    // Goes on with the store's generation, or makes one.
    [[nodiscard]] Result<void> begin();
    // Ships the keys that came since.
    [[nodiscard]] Result<void> ship();
    // Ships all keys, and lets go of those that were shipped before. `between` runs after each
    // part; its error ends it. ship() may be called from there.
    [[nodiscard]] Result<void> renew(Between const& between);

    // While owes_erasure(): what was forgotten leaves the target.
    [[nodiscard]] Result<void> erase(Between const& between);

    [[nodiscard]] std::string const& ring() const { return current_.ring; }
    // Whoever was forgotten until then is in the target no more. None: nothing is known.
    [[nodiscard]] std::optional<TimePoint> erased_until() const { return erased_until_; }
    // Keys lie in the target that were forgotten since.
    [[nodiscard]] bool owes_erasure() const
    {
        return has_others_ || forgotten_ != current_.forgotten;
    }

private:
    static constexpr std::size_t tried_max = 16;

    [[nodiscard]] Result<KeyRing> look();
    [[nodiscard]] Result<bool> has_what_is_shipped(KeyRing const& ring);
    [[nodiscard]] Result<void> check_alone();
    [[nodiscard]] Result<void> check_nobody_else_put(std::uint64_t after);
    [[nodiscard]] Result<void> renew_unchecked(Between const& between);
    [[nodiscard]] Result<std::uint64_t> put_after(std::uint64_t generation, std::uint64_t after,
        std::uint64_t up_to, Between const& between);
    [[nodiscard]] Result<void> check_whole(Generation const& next);
    [[nodiscard]] std::unexpected<Error> others(std::string_view what) const;
    [[nodiscard]] Result<void> put(
        KeyPartHeader const& header, std::span<events::Membership const> keys);
    [[nodiscard]] Result<std::vector<events::Membership>> keys_after(std::uint64_t number);
    void take_over(Generation const& next);
    Result<void> remove_others(Between const& between);

    KeyCatalogue catalogue_;
    AskLog ask_log_;
    std::function<Now()> now_;
    Generation current_{}; // Its number is 0 until there is one.
    std::uint64_t shipped_ = 0;   // Up to this number.
    std::uint64_t looked_up_to_ = 0; // The store has none that is newer and not shipped.
    std::uint64_t tried_generation_ = 0; // The highest that was begun: a late part may still come.
    std::uint64_t forgotten_ = 0; // By the store, as of the last look.
    bool has_others_ = false;     // Older generations may lie in the target.
    std::optional<TimePoint> erased_until_{};
    // Whose fate is unknown: they may have come there, or come yet.
    std::vector<KeyPartName> tried_{};
    std::vector<KeyPartName> put_{}; // The last ones, whatever became of them.
    std::optional<Generation> marking_{};
};

} // namespace gatehouse::storage::backup
