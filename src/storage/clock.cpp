// SPDX-License-Identifier: Apache-2.0
#include "storage/clock.hpp"

#include <poll.h>

#include <algorithm>
#include <cstdint>

namespace gatehouse::storage {

Moment now()
{
    return std::chrono::steady_clock::now();
}

void pause_until(Moment at)
{
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(at - now());
    ::poll(nullptr, 0, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
}

} // namespace gatehouse::storage
