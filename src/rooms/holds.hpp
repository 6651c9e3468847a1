// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::rooms {

struct HoldsOptions {
    std::size_t seats_max = 4; // That wait for one principal at once.
    // Seats that one principal may have wait in such a time, all at once if they like.
    std::size_t rate_max = 12;
    Milliseconds rate_period{120'000};
    std::size_t principals_max = 10'000; // Who have seats wait, or did a moment ago.
};

// Which seats wait for whom because they asked for that themselves: anybody may, in any open room,
// and without coming. Seats that others have wait for them (whoever makes a room, its host, a
// match) do not count, or anybody could use up what others may have.
//
// Of one shard, and in memory alone: after a restart all begin anew, while the seats that wait go
// on to do so until their time is up.
class Holds {
public:
    explicit Holds(HoldsOptions options = {})
        : options_(options)
    { }

    // One more seat is to wait for them, until then. Fails with `rate_limited` where they have as
    // many as they may, or were too fast; `busy` where too many people have.
    Result<void> take(
        std::string_view principal, std::string_view room, WallTime until, WallTime now);
    // No seat waits for them there any more: they came, or do not want it, or must not come.
    void drop(std::string_view principal, std::string_view room);
    void forget(std::string_view principal);

    [[nodiscard]] std::size_t principals() const { return holders_.size(); }

private:
    struct Held {
        std::string room;
        WallTime until;
    };
    struct Holder {
        std::vector<Held> seats{};
        WallTime paid_until{}; // For what they had so far (GCRA).
        WallTime gone_at{};    // Then nothing of this matters any more.
    };

    void sweep(WallTime now);
    void reschedule(std::string const& principal, Holder& holder);

    HoldsOptions options_;
    std::map<std::string, Holder, std::less<>> holders_{};
    std::set<std::pair<WallTime, std::string>> going_{}; // By gone_at.
};

} // namespace gatehouse::rooms
