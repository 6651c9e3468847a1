// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/lease.hpp"

#include "base/ids.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::storage::postgres {

namespace {

// Slots that are locked are being renewed by an append. Tells how many slots are the owner's, and
// for how many milliseconds each of them is at least.
constexpr Statement renew_slots{"renew_slots", R"(
    WITH due AS (SELECT slot FROM gatehouse.slot
        WHERE owner = $1 AND lease_until < clock_timestamp() + $2 * interval '0.7 millisecond'
        ORDER BY slot FOR UPDATE SKIP LOCKED),
    renewed AS (UPDATE gatehouse.slot s
        SET lease_until = clock_timestamp() + $2 * interval '1 millisecond'
        FROM due WHERE s.slot = due.slot RETURNING s.slot)
    SELECT count(*), coalesce(floor(min(CASE WHEN r.slot IS NOT NULL THEN $2::double precision
            ELSE extract(epoch FROM s.lease_until - clock_timestamp()) * 1000 END)), 0)::bigint
    FROM gatehouse.slot s LEFT JOIN renewed r ON r.slot = s.slot WHERE s.owner = $1)"};

} // namespace

Lease::Lease(Target target, std::string owner, std::chrono::milliseconds lease,
    std::function<void(std::string const& why)> on_lost,
    std::function<void(TimePoint until)> on_held)
    : target_(std::move(target))
    , owner_(std::move(owner))
    , lease_(lease)
    , on_lost_(std::move(on_lost))
    , on_held_(std::move(on_held))
    , worker_(clock_, {.name = "gh-lease"})
    , due_([this] { renew(); })
{
    target_.answer_within = std::min(target_.answer_within, lease_ / 3);
    worker_.reactor().timers().arm(due_, clock_.read().steady + lease_ / 3);
    worker_.start();
}

Lease::~Lease()
{
    worker_.stop();
}

void Lease::renew()
{
    worker_.reactor().timers().arm(due_, clock_.read().steady + lease_ / 3);
    if (!connection_ || connection_->is_lost()) {
        connection_.reset();
        if (auto opened = Connection::open(target_))
            connection_.emplace(*std::move(opened));
        else
            return;
    }
    // Counted from before the question, so that it is ours at least until then, however long the
    // answer took, or this thread stood still.
    auto const asked = clock_.read().steady;
    auto const held
        = connection_->run(renew_slots, Parameters().text(owner_).integer(lease_.count()));
    if (held && held->integer(0, 0) != slots_total)
        on_lost_("another gatehouse has taken the store over");
    else if (held)
        on_held_(asked + Milliseconds(held->integer(0, 1)));
}

} // namespace gatehouse::storage::postgres
