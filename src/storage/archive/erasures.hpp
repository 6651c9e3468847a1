// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/archive/objects.hpp"
#include "storage/log.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::storage::archive {

// The names of keys that were deleted because somebody was to be forgotten: SHA-256 of the key, in
// hexadecimal digits. A key is 32 bytes of chance, so that its name tells nothing of anybody, and
// whoever comes back later has another one.
using ErasedKeys = std::set<std::string, std::less<>>;

[[nodiscard]] std::string name_of_key(std::string_view key);
[[nodiscard]] bool is_name_of_key(std::string_view name);

// Outside of the store, so that no copy of it brings them back: an object "erased/NAME" for each,
// {"at":…}. Durable when it returns. Blocks as the objects do.
[[nodiscard]] Result<void> note_erased(Objects& objects, ErasedKeys const& keys, WallTime at);

// All that were ever noted.
[[nodiscard]] Result<ErasedKeys> erased_keys(Objects& objects);

// Deletes these keys again from a store that was set back, and what else their persons had when
// they were erased: all that came before the last of them. Who came back since has newer ones, and
// keeps them. What damage hides is nobody's name any more, and is passed over, as long as it is
// known where the keys end. Works in pieces of a few milliseconds, but the last, as forget().
class ErasingAgain {
public:
    // Called before the first key goes, if one does; none goes where that fails.
    using Before = std::function<Result<void>()>;

    explicit ErasingAgain(ErasedKeys keys, Before before = {})
        : erased_(std::move(keys))
        , before_(std::move(before))
        , is_done_(erased_.empty())
    { }

    [[nodiscard]] bool is_done() const { return is_done_; }
    [[nodiscard]] Result<void> step(Log& log);

    [[nodiscard]] std::uint64_t keys_gone() const { return gone_; }
    [[nodiscard]] bool has_damage() const { return has_damage_; } // Of keys that nobody can read.
    // Whose keys they were.
    [[nodiscard]] std::vector<std::string> subjects() const;

private:
    [[nodiscard]] Result<std::vector<events::Membership>> next_keys(Log& log);
    [[nodiscard]] Result<void> pass_over_damage(Log& log);

    ErasedKeys erased_;
    Before before_;
    std::map<std::string, std::uint64_t, std::less<>> last_; // Of each subject's erased keys.
    std::uint64_t after_ = 0;
    std::size_t at_once_ = forget_max;
    std::uint64_t unread_ = 0; // Numbers in a row.
    std::uint64_t gone_ = 0;
    bool is_deleting_ = false; // First all keys are looked at.
    bool is_at_end_ = false;
    bool has_damage_ = false;
    bool is_done_;
};

// All of it at once. How many keys that were.
[[nodiscard]] Result<std::uint64_t> erase_again(Log& log, ErasedKeys const& keys);

} // namespace gatehouse::storage::archive
