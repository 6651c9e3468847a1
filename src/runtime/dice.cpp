// SPDX-License-Identifier: Apache-2.0
#include "runtime/dice.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <span>
#include <cerrno>
#include <sys/random.h>

namespace gatehouse::runtime {
namespace {

void fill(std::span<char> room)
{
    while (!room.empty()) {
        auto const got = getrandom(room.data(), room.size(), 0);
        GH_ASSERT(got > 0 || errno == EINTR);
        if (got > 0)
            room = room.subspan(static_cast<std::size_t>(got));
    }
}

}  // namespace

std::string KernelDice::bytes(std::size_t size)
{
    std::string result(size, '\0');
    if (size > pool_.size()) {
        fill(result);
        return result;
    }
    if (left_ < size) {
        fill(pool_);
        left_ = pool_.size();
    }
    auto const taken = std::span(pool_).last(left_).first(size);
    std::ranges::copy(taken, result.begin());
    std::ranges::fill(taken, '\0');
    left_ -= size;
    return result;
}

}  // namespace gatehouse::runtime
