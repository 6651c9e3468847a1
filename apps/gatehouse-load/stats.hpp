// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "histogram.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace gatehouse::load {

// What one thread has counted since it was last asked.
struct Stats {
    std::uint64_t acks = 0;
    std::uint64_t updates = 0;
    std::uint64_t messages = 0; // Of any kind, from the server.
    std::uint64_t repeats = 0;  // Answered actions sent again on purpose.
    std::uint64_t reconnects = 0;
    std::uint64_t resumed = 0;
    std::uint64_t games = 0;
    std::uint64_t http_answers = 0;
    std::uint64_t bytes = 0;
    std::map<std::string, std::uint64_t, std::less<>> errors{}; // By code, or by what happened.
    std::map<std::string, std::uint64_t, std::less<>>
        counts{}; // Refusals that a game brings, statuses.
    Histogram latency{};

    void error(std::string_view what) { count(errors, what); }
    void refusal(std::string_view code) { count(counts, code); }
    void merge(Stats const& other);
    [[nodiscard]] std::uint64_t errors_total() const;

private:
    static void count(std::map<std::string, std::uint64_t, std::less<>>& in, std::string_view what);
};

}  // namespace gatehouse::load
