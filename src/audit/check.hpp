// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audit/entry.hpp"
#include "events/store.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace gatehouse::audit {

// Is every entry there, unchanged, from the first month to the last? Takes the months in order.
// Entries that were cut off the end are missed by whoever kept a `seen`: end() of an earlier check.
class Check {
public:
    using OnFinding = std::function<void(Place const& place, std::string const& what)>;

    Check(std::string seen, OnFinding report)
        : seen_(std::move(seen))
        , report_(std::move(report))
    { }

    void take(events::StreamHead const& month, std::span<events::Event const> entries);
    // After the last month: is it whole?
    [[nodiscard]] bool finish();

    // "audit.2026-11/17/5f0c…": the last entry, and with it all before it. Empty: there is none.
    [[nodiscard]] std::string const& end() const { return end_; }
    [[nodiscard]] std::size_t entries() const { return entries_; }
    [[nodiscard]] std::size_t findings() const { return findings_; }

private:
    void check_begin(events::StreamHead const& month, std::span<events::Event const> entries);
    void check_entry(std::string const& month, events::Event const& event);
    void found(Place const& place, std::string const& what);

    std::string seen_;
    OnFinding report_;
    std::string end_{};
    bool was_seen_ = false;
    Place last_{}; // As the head of the last month has it.
    std::map<std::pair<std::string, events::Version>, std::size_t> ends_{};
    std::size_t entries_ = 0;
    std::size_t findings_ = 0;
};

} // namespace gatehouse::audit
