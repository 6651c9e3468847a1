// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/principal.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gatehouse::sessions {

// Who is let in by a ticket, and to which room they were given it for, if to any.
struct Admission {
    identity::Verified login{};
    std::string room{};
};

// A ticket stands for a login that was checked a moment ago: whoever holds it may say hello with it
// once, within half a minute, so it may go where a token must not (another frame of the page, an
// address). Each is known to the shard that it names, and to no other; what is neither used nor
// asked for is forgotten behind the next one. Belongs to one shard.
class Tickets {
public:
    struct Options {
        Milliseconds good_for{30'000};
        std::size_t tickets_max = 100'000; // Beyond it: busy.
    };

    Tickets() : Tickets(Options{}) {}
    explicit Tickets(Options options) : options_(options) {}

    struct Issued {
        std::string ticket;
        Milliseconds good_for;
    };
    [[nodiscard]] Result<Issued> issue(
        Admission admission, ShardIndex shard, Dice& dice, TimePoint now);
    // Fails with unauthenticated where it was used, is too old, or never was.
    [[nodiscard]] Result<Admission> redeem(std::string const& ticket, TimePoint now);

    [[nodiscard]] static bool is_ticket(std::string_view token);
    [[nodiscard]] static std::optional<ShardIndex> shard_of(std::string_view ticket);
    [[nodiscard]] std::size_t size() const { return tickets_.size(); }

private:
    struct Ticket {
        Admission admission;
        TimePoint until;
    };
    struct Place {
        std::string ticket;
        TimePoint until;
    };

    void forget_expired(TimePoint now);

    Options options_;
    std::unordered_map<std::string, Ticket> tickets_{};
    std::deque<Place> order_{}; // The oldest first; those that were used, too.
};

} // namespace gatehouse::sessions
