// SPDX-License-Identifier: Apache-2.0
#include "config/values_operations.hpp"

#include "config/units.hpp"
#include "config/values.hpp"

#include <fmt/format.h>

namespace gatehouse::config {

Wrong read_value(std::string_view text, Shards& value)
{
    value.count = 0;
    if (text == "auto")
        return std::nullopt;
    if (auto wrong = accept(read_count(text, 1, 256), value.count))
        return *wrong + ", or auto";
    return std::nullopt;
}

std::string write_value(Shards value)
{
    return value.count == 0 ? "auto" : fmt::to_string(value.count);
}

// A machine under load may let a thread wait for a while.
Wrong settle(Capacity& value, Surroundings const&)
{
    constexpr std::uint64_t memory_min = std::uint64_t {16} << 20;
    if (value.memory.bytes < memory_min)
        return fmt::format("memory: {} is too little for rooms: write {} or more",
            write_size(value.memory), write_size({memory_min}));
    if (value.short_at.value == 0)
        return "short_at: 0% leaves no room in memory: write 1% to 100%";
    if (value.stuck_after < std::chrono::seconds(1))
        return fmt::format("stuck_after: {} is no time: write 1s or more",
            write_duration(value.stuck_after));
    return std::nullopt;
}

} // namespace gatehouse::config
