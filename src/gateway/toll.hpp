// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/context.hpp"
#include "gateway/exchange.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace gatehouse::gateway {

// What a request owes to several limits, or to some that all nodes share: all of it is taken, or
// nothing. Their accounts may be those of several shards, which are asked one after the other, this
// one first, and then of the nodes' store. If one refuses, those that were asked before are given
// back what was taken: until that letter arrives they count a request more, never one less. If the
// store does not answer, the shards are asked for a share of its limits.
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
        Limit const* limit; // Of the exchange's plan, which `plan_` keeps.
        LimitAccount account;
        ShardIndex owner;
        bool is_shared; // The store is to be asked.
        bool is_judged = false;
        std::optional<limits::Verdict> verdict{}; // The store tells of one limit alone.
    };
    struct Taken {
        ShardIndex owner;
        std::vector<LimitAccount> accounts;
        TimePoint at;
    };

    // The next shard to be asked, if any.
    [[nodiscard]] std::optional<ShardIndex> next_owner() const;
    [[nodiscard]] std::vector<Charge*> charges_of(ShardIndex owner);
    void ask_here(ShardIndex owner);
    Progress ask_elsewhere(Exchange& exchange, ShardIndex owner);
    void hear(ShardIndex owner, Accounts::Verdicts const& verdicts, TimePoint asked_at);

    [[nodiscard]] std::vector<Charge*> shared_charges();
    // False where the answer comes later.
    bool ask_store(Exchange& exchange, std::vector<Charge*> const& charges);
    void hear_store(Result<limits::SharedVerdict> const& said);

    void give_back();
    void resume(ExchangeHandle const& handle);
    Progress settle(Exchange& exchange) const;

    Context& context_;
    std::shared_ptr<Plan const> plan_;
    std::vector<Charge> charges_{};
    std::vector<Taken> taken_{};
    bool is_refused_ = false;
    bool is_asking_store_ = false; // The call has not returned yet.
    bool has_heard_store_ = false;
};

// Tells what the limits said, in `exchange.limits`, and refuses the request if one of them did.
Progress settle_limits(Exchange& exchange);

} // namespace gatehouse::gateway
