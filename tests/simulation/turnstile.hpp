// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::simulation {

// A limit of the gateway's: `burst` requests at once, and as many per `per` in the long run. Who
// logs in shares an account with nobody if `is_by_principal`; all others share their address's.
struct LimitPlan {
    int burst = 0; // 0: there is none.
    Duration per{};
    bool is_by_principal = false;
};

// Watches from outside who is let through that limit. Nobody out here knows when a shard judged,
// only that it did so after the question was sent and before its answer was read. So of one account
// of one process:
//
//     no more     in no stretch of time are more let through than the burst and what accrued in it
//     no less     nobody is refused where fewer than the burst can have been let through within
//                 the last period, however shards, letters and connections stood to each other
class Turnstile {
public:
    explicit Turnstile(LimitPlan const& plan) : plan_(plan) {}

    // Answers a number for `answered`. `life`: of the process that is asked, for accounts end with
    // it.
    [[nodiscard]] std::size_t asked(std::string account, std::uint64_t life, TimePoint at);
    void answered(std::size_t request, bool is_let_through, TimePoint at);
    [[nodiscard]] std::vector<std::string> complaints() const;

private:
    enum class Fate : std::uint8_t { unknown, let_through, refused };
    struct Request {
        std::string account;
        std::uint64_t life;
        TimePoint asked;
        TimePoint answered = TimePoint::max();
        Fate fate = Fate::unknown;
    };

    [[nodiscard]] bool shares_account(Request const& one, Request const& other) const;
    [[nodiscard]] std::string complain_of_crowd(Request const& first) const;
    [[nodiscard]] std::string complain_of_refusal(Request const& refused) const;

    LimitPlan const& plan_;
    std::vector<Request> requests_{};
};

}  // namespace gatehouse::simulation
