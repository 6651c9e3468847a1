// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/clock.hpp"
#include "runtime/worker.hpp"
#include "storage/postgres/connection.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace gatehouse::storage::postgres {

// Renews the lease of an owner's slots where no append has, thrice in its time, over a connection
// of its own and on a thread of its own: so that an owner who has nothing to write, or waits for an
// answer, keeps them. It never waits for a row that somebody else has locked.
class Lease {
public:
    // By the lease's thread, `on_lost` is told when slots have become another owner's, and
    // `on_held` until when all of them are surely ours.
    Lease(Target target, std::string owner, std::chrono::milliseconds lease,
        std::function<void(std::string const& why)> on_lost,
        std::function<void(TimePoint until)> on_held);
    ~Lease();

private:
    void renew();

    Target target_;
    std::string owner_;
    std::chrono::milliseconds lease_;
    std::function<void(std::string const& why)> on_lost_;
    std::function<void(TimePoint until)> on_held_;
    std::optional<Connection> connection_;
    runtime::Clock clock_;
    runtime::Worker worker_;
    Timer due_;
};

} // namespace gatehouse::storage::postgres
