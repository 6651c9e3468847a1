// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::testing {

// What a test came to. It is true where nothing was found: with GoogleTest, say
//
//     auto const report = testing::fuzz<MyGame>();
//     EXPECT_TRUE(report) << report.text();
struct Report {
    static constexpr std::size_t findings_max = 10; // With so many, the test ends.

    std::uint64_t games = 0;
    std::uint64_t actions = 0;  // That were asked for, alarms too,
    std::uint64_t accepted = 0; // and not refused.
    std::uint64_t events = 0;
    std::uint64_t finished = 0;    // Games that came to their end.
    std::uint64_t compared = 0;    // States or views with what they must equal.
    std::string fingerprint{};     // Of all states, in order; the same on every machine.
    std::vector<std::string> findings{};

    explicit operator bool() const { return findings.empty(); }
    [[nodiscard]] bool is_full() const { return findings.size() >= findings_max; }
    void find(std::string what)
    {
        if (!is_full())
            findings.push_back(std::move(what));
    }
    // The figures in one line, then a line for each finding.
    [[nodiscard]] std::string text() const;
};

// The number that the environment variable holds, or else `otherwise`: the same test may run for
// longer at night.
[[nodiscard]] std::uint64_t from_environment(char const* variable, std::uint64_t otherwise);

}  // namespace gatehouse::testing
