// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "limits/denials.hpp"
#include "limits/shared.hpp"
#include "storage/redis/client.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gatehouse::storage::redis {

// Limits that all nodes share in a Redis 7: the instants of GCRA, by Redis' own clock, so that ours
// need not agree. All limits of a request are one call of a function, which takes from all or from
// none. A Redis that does not know the function (new, flushed, failed over) is told it, and asked
// again: nobody has to prepare one. Its name bears a version, so that two releases can share a
// Redis.
//
// What was refused is refused here until it may be asked again, for 10,000 accounts.
class SharedLimits final : public limits::SharedLimits {
public:
    SharedLimits(
        ClientOptions options, runtime::Reactor& reactor, Dice& dice, Client::Resolve resolve);

    // Fails with `unavailable` (away, or later than `answer_within`), `busy` (too much is asked of
    // it) or `internal` (Redis refused, or said what it should not).
    void ask(std::span<limits::Question const> questions, int cost, OnVerdict done) override;

    [[nodiscard]] bool is_up() const { return client_.is_up(); }
    // At the end of a turn.
    void flush() { client_.flush(); }
    void on_change(Client::OnChange hook) { client_.on_change(std::move(hook)); }

private:
    enum class Try : bool { first, last };
    struct Call {
        std::vector<std::string> words;
        std::vector<limits::Question> questions;
        int cost;
        OnVerdict done;
    };

    void teach();
    void call(std::shared_ptr<Call> const& call, Try attempt);
    void hear(std::shared_ptr<Call> const& call, Try attempt, Result<Reply> const& reply);

    runtime::Reactor& reactor_;
    Client client_;
    limits::Denials denials_;
    bool is_teaching_ = false;
};

} // namespace gatehouse::storage::redis
