// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/context.hpp"
#include "gateway/exchange.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::gateway {

// What a request owes to several limits: all of it is taken, or nothing. Their accounts may be
// those of several shards, which are asked one after the other, this one first. If one refuses,
// those that were asked before are given back what was taken: until that letter arrives they count
// a request more, never one less.
//
// Lives until the last one has answered; the exchange may be gone by then, and what was taken for
// it stays taken.
class Toll : public std::enable_shared_from_this<Toll> {
public:
    // With an account of each limit of the route.
    Toll(Exchange& exchange, Context& context);

    // Asks who has not been asked. When it is suspended, it goes on by itself.
    Progress ask_on(Exchange& exchange);

private:
    struct Charge {
        LimitAccount account;
        ShardIndex owner;
        std::optional<limits::Verdict> verdict{};
    };
    struct Taken {
        ShardIndex owner;
        std::vector<LimitAccount> accounts;
        TimePoint at;
    };

    // The next shard to be asked, if any.
    [[nodiscard]] std::optional<ShardIndex> next_owner() const;
    [[nodiscard]] std::vector<LimitAccount> charges_of(ShardIndex owner) const;
    // True unless one of them refuses.
    bool take(ShardIndex owner, Accounts::Verdicts const& verdicts, TimePoint asked_at);
    Progress ask_elsewhere(Exchange& exchange, ShardIndex owner);
    void give_back();
    Progress settle(Exchange& exchange) const;

    Context& context_;
    std::vector<Charge> charges_{};
    std::vector<Taken> taken_{};
};

// Tells what the limits said, in `exchange.limits`, and refuses the request if one of them did.
Progress settle_limits(Exchange& exchange);

} // namespace gatehouse::gateway
