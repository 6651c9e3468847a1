// SPDX-License-Identifier: Apache-2.0
#include "store_clock.hpp"

#include "storage/clock.hpp"

#include <algorithm>

namespace gatehouse {

namespace simulation {

namespace {

TimePoint clock_now{};

}  // namespace

void set_store_clock(TimePoint at) { clock_now = at; }

TimePoint store_clock() { return clock_now; }

}  // namespace simulation

// In the place of storage/clock.cpp.
namespace storage {

Moment now() { return Moment(simulation::store_clock().time_since_epoch()); }

void pause_until(Moment at)
{
    simulation::set_store_clock(
        std::max(simulation::store_clock(), TimePoint(at.time_since_epoch())));
}

}  // namespace storage

}  // namespace gatehouse
