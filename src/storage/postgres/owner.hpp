// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::storage::postgres {

// Who holds slots: this process, by a name that no other has had. The name says enough for another
// process on the same machine to see that this one has ended, so that a restart after a kill -9
// need not wait for a lease to run out.
//
//     HOST/PID/START/SPACE/CHANCE   start: clock ticks since boot; space: boot and pid namespace
[[nodiscard]] std::string new_owner();

// Certainly: it was a process of this machine, since its last boot, which is there no more.
[[nodiscard]] bool has_ended(std::string_view owner);

// "process 17 on db3"
[[nodiscard]] std::string describe_owner(std::string_view owner);

} // namespace gatehouse::storage::postgres
