// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "limits/gcra.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::limits {

struct LeaseOptions {
    int block_max = 100;                             // Tokens at once.
    Duration lasts = std::chrono::milliseconds(500); // What is not used by then is lost.
};

// Tokens that an owner took from its limit for somebody who asks too often to ask for each.
struct LeaseBlock {
    int tokens = 0;
    Duration retry_after{}; // Where there were none: when one could be had.
};

// The owner's side: takes at most `wanted` from the account, those that can be had at once. They
// are spent here, whoever uses them and whether or not; nothing is ever given back.
[[nodiscard]] LeaseBlock lease(
    Gcra& limit, std::string_view account, int wanted, LeaseOptions const& options, TimePoint now);

// The side of a shard, or of a node: one account's tokens that it may grant without asking.
//
// Together all holders never grant more than the owner took, and the owner takes within its limit.
// But tokens are used later than they are taken, so in any stretch of time the grants are at most
//
//     what the limit allows in it + holders × block_max
//
// and no less than without leases, but for tokens that were taken and ran out unused. A holder asks
// for what waits and for as much as it granted in the last `lasts`, so whoever asks seldom takes
// one at a time and delays nobody else. What was refused is refused here until the owner said.
//
// Belongs to one shard.
class LeaseHolder {
public:
    enum class Answer : std::uint8_t {
        granted,
        refused, // See retry_after().
        fetch,   // Ask the owner for wanted(), and then this one again.
        wait,    // The owner has been asked already.
    };

    explicit LeaseHolder(LeaseOptions const& options)
        : options_(options)
    { }

    [[nodiscard]] Answer ask(TimePoint now);
    // How many to ask the owner for, `waiting` requests being held back here.
    [[nodiscard]] int wanted(int waiting, TimePoint now) const;
    // What the owner answered when it was asked at that instant. What comes after give_up() is
    // passed over, or two blocks could be held.
    void receive(LeaseBlock const& block, TimePoint asked_at, TimePoint now);
    // It did not answer: the next request asks again.
    void give_up() { is_asked_ = false; }

    [[nodiscard]] Duration retry_after(TimePoint now) const;
    [[nodiscard]] int tokens(TimePoint now) const { return now < ends_ ? tokens_ : 0; }

private:
    void count_grant(TimePoint now);

    LeaseOptions options_;
    int tokens_ = 0;
    TimePoint ends_{};
    TimePoint refused_until_{};
    bool is_asked_ = false;
    TimePoint asked_at_{};
    // How much was granted in this stretch of `lasts`, and in the one before it.
    TimePoint stretch_since_{};
    int granted_now_ = 0;
    int granted_before_ = 0;
};

} // namespace gatehouse::limits
