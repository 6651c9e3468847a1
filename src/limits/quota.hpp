// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace gatehouse::limits {

struct QuotaOptions {
    enum class Window : std::uint8_t { day, month };
    std::int64_t amount = 0;
    Window window = Window::month;

    bool operator==(QuotaOptions const&) const = default;
};

// Where a window begins, and where the next one does: at midnight, on the first of a month, in UTC.
struct Span {
    WallTime from;
    WallTime until;

    bool operator==(Span const&) const = default;
};
[[nodiscard]] Span window_at(QuotaOptions::Window window, WallTime now);

// So much a day or a month, of which each account keeps count: what was sold, beside what may come
// at once (Gcra). All accounts begin anew at the same instant.
//
// It outlives the process: take_changed() is what has to be written behind, say once a second, and
// restore() brings it back. What a crash loses is what was granted since: counts err for the
// client.
//
// Bound: `accounts_max` accounts; while it is full, newcomers of this window share one. Belongs to
// one shard, the owner of the accounts.
class Quota {
public:
    struct Verdict {
        bool allowed = true;
        std::int64_t remaining = 0;
        Milliseconds reset_after{}; // To the next window: when whoever is refused may come again.
    };
    struct Count {
        std::string account;
        WallTime window; // Where it begins.
        std::int64_t used = 0;

        bool operator==(Count const&) const = default;
    };

    Quota(QuotaOptions const& options, std::size_t accounts_max);

    [[nodiscard]] Verdict peek(std::string_view account, std::int64_t cost, WallTime now);
    // All of `cost` or nothing.
    [[nodiscard]] Verdict ask(std::string_view account, std::int64_t cost, WallTime now);

    // Another amount counts at once, against what was used; another window begins with nothing.
    void change(QuotaOptions const& options);
    // What was used of this window, as it was written; once, before the first take_changed(). What
    // has been granted since the start is added, so it may come late. Counts of other windows are
    // passed over.
    void restore(Count const& count, WallTime now);
    // The counts that changed since it was asked last.
    [[nodiscard]] std::vector<Count> take_changed();

    [[nodiscard]] std::size_t accounts() const { return used_.size(); }

private:
    struct TextHash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using Counts = std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>>;

    void begin_window(WallTime now);
    // Whose count it is: the account's, or that of those who came when it was full.
    [[nodiscard]] std::string_view counted_as(std::string_view account) const;

    QuotaOptions options_;
    std::size_t accounts_max_;
    Span window_{};
    Counts used_{};
    std::unordered_set<std::string, TextHash, std::equal_to<>> changed_{};
};

} // namespace gatehouse::limits
