// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checker.hpp"
#include "stats.hpp"

#include <cstdint>
#include <string>

namespace gatehouse::load {

// Text for people, and JSON for benches.

struct Interval {
    double seconds_so_far;
    std::uint64_t acks_so_far;
    double seconds; // Of the interval.
    std::size_t connected;
    std::size_t rooms;
};

[[nodiscard]] std::string rooms_line(Stats const& interval, Interval const& when);
[[nodiscard]] std::string http_line(Stats const& interval, Interval const& when);

[[nodiscard]] std::string rooms_summary(Stats const& total, double seconds);
[[nodiscard]] std::string http_summary(Stats const& total, double seconds);
[[nodiscard]] std::string to_json(Stats const& total, double seconds, Verdict const* verdict);

// Writes over the line before on a terminal; a line each five seconds elsewhere.
class Progress {
public:
    Progress();
    [[nodiscard]] int seconds_between() const { return is_terminal_ ? 1 : 5; }
    void show(std::string const& line);
    void end(); // What is printed next begins on a line of its own.

private:
    bool is_terminal_;
    bool has_shown_ = false;
};

// Empty where nothing is to be written; says why it can't.
[[nodiscard]] bool write_json(std::string const& file, std::string const& text);

}  // namespace gatehouse::load
