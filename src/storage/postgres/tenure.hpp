// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/postgres/connection.hpp"
#include "storage/postgres/group.hpp"
#include "storage/stream_table.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::storage::postgres {

enum class Claim : std::uint8_t {
    first, // Of slots that nobody holds, or whose holder's lease has run out.
    again, // Of slots that we have held without a break, over another connection.
};

// All slots, held through one connection: their epochs, and the heads of the unfinished streams as
// the database had them when the slots were taken. Taking them waits for what the owner before (or
// we ourselves, over a connection that broke) had in work, and fences out what comes later; so what
// is read then is all that there is, and the one place where anything is added is this. Finished
// streams are looked up when somebody names them.
//
// After a failure that is `lost`, begin another one. Belongs to one thread.
class Tenure {
public:
    // Fails with `stale_base` where slots claimed again were another owner's in between.
    [[nodiscard]] static Result<std::unique_ptr<Tenure>> begin(Target const& target,
        std::string const& owner, Claim claim, std::chrono::milliseconds lease);

    // So that streams() knows all of these that exist. Tells how many it had to learn of.
    [[nodiscard]] Outcome<std::size_t> look_up(std::set<std::string_view> const& names);

    // What changes anything: where is_fenced_out(), another owner has the slots, and nothing has
    // changed. The answers to all but keep() are durable.
    [[nodiscard]] Outcome<void> append(Group& group);
    [[nodiscard]] Outcome<void> keep(events::StreamSnapshot const& snapshot);
    [[nodiscard]] Outcome<void> compact(std::string_view stream, events::Version up_to);
    [[nodiscard]] Outcome<void> erase(std::string_view stream, events::Version version);
    [[nodiscard]] Outcome<std::uint64_t> forget(std::string_view subject);
    [[nodiscard]] Outcome<std::uint64_t> forget_keys(std::span<std::uint64_t const> numbers);
    [[nodiscard]] Outcome<void> drop_keys(std::string_view stream);
    // So that the next owner need not wait for the lease to end.
    void end(std::string const& owner);

    [[nodiscard]] Connection& connection() { return connection_; }
    [[nodiscard]] StreamTable& streams() { return streams_; }
    [[nodiscard]] Holdings const& holdings() const { return holdings_; }

private:
    Tenure(Connection connection, std::chrono::milliseconds lease)
        : connection_(std::move(connection))
        , lease_(lease)
    { }

    Result<void> take_slots(std::string const& owner, Claim claim);
    Result<void> load();
    bool know(events::StreamHead const& head);
    // Deletes what is left of streams that were erased.
    Outcome<void> clear();
    Parameters change_of(std::string_view stream) const;

    Connection connection_;
    std::chrono::milliseconds lease_;
    Holdings holdings_;
    StreamTable streams_;
    bool may_remain_ = true; // Somebody may have died between two pieces.
};

[[nodiscard]] bool is_fenced_out(Failure const& failure);

// Fails while somebody who may still be there has the slots: what changes under a server makes each
// of its actions fail.
[[nodiscard]] Result<void> check_nobody_holds(Connection& connection);

// Who has the slots, and until when, for people.
[[nodiscard]] Result<std::string> describe_holder(Connection& connection);

} // namespace gatehouse::storage::postgres
