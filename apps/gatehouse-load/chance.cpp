// SPDX-License-Identifier: Apache-2.0
#include "chance.hpp"

namespace gatehouse::load {

std::uint64_t Chance::next()
{
    auto z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

int Chance::below(int bound)
{
    return static_cast<int>(next() % static_cast<std::uint64_t>(bound));
}

}  // namespace gatehouse::load
