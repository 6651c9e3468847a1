// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "limits/gcra.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gatehouse::limits {

// What was refused elsewhere, until it may be asked again: whoever hammers on costs nobody a
// question. Another limit, or a smaller cost, is another matter.
//
// Remembers at most `accounts_max`; while it is full of those that still hold, newcomers are not
// remembered, and the owner is asked. Belongs to one shard.
class Denials {
public:
    explicit Denials(std::size_t accounts_max)
        : accounts_max_(accounts_max)
    { }

    void note(std::string_view account, RateLimit const& limit, int cost, Verdict const& verdict,
        TimePoint now);
    // As the owner would say it now; nothing where it has to be asked.
    [[nodiscard]] std::optional<Verdict> find(
        std::string_view account, RateLimit const& limit, int cost, TimePoint now) const;

    [[nodiscard]] std::size_t size() const { return denials_.size(); }

private:
    struct TextHash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    struct Denial {
        RateLimit limit;
        int cost;
        int remaining;
        TimePoint until;
        TimePoint reset;
    };

    std::size_t accounts_max_;
    std::unordered_map<std::string, Denial, TextHash, std::equal_to<>> denials_{};
    TimePoint first_end_ = TimePoint::max(); // Not before it is there anything to forget.
};

} // namespace gatehouse::limits
