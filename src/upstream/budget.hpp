// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

namespace gatehouse::upstream {

// How many retries a service's callers may afford: each original request brings in `percent` of
// one, each retry costs one, and at most `reserve` are saved up, which is what it begins with. So
// in any stretch of time the retries are at most `percent` of its requests, and `reserve`: a
// service that fails wholly is asked 1.2 times as often as before, not 3 times.
//
// Counts hundredths. Belongs to one shard.
class RetryBudget {
public:
    explicit RetryBudget(int percent, int reserve = 10)
        : percent_(percent)
        , most_(std::int64_t{reserve} * one)
        , left_(most_)
    { }

    void note_request() { left_ = std::min(left_ + percent_, most_); }
    [[nodiscard]] bool has_one() const { return left_ >= one; }
    // False, and nothing is taken, where there is none.
    [[nodiscard]] bool take()
    {
        bool const has = has_one();
        left_ -= has ? one : 0;
        return has;
    }

private:
    static constexpr std::int64_t one = 100;

    int percent_;
    std::int64_t most_;
    std::int64_t left_;
};

} // namespace gatehouse::upstream
