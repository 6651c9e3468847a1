// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/store.hpp"
#include "projections/fold.hpp"
#include "projections/views.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::projections {

inline constexpr std::size_t page_events_max = 1024;

// Counts up with each change of what the rows come to, so that rows of before are made anew.
inline constexpr int fold_version = 1;

// Brings rows up to where a log is, page by page, each page's changes with its checkpoint in one
// transaction: whatever breaks off, and however many do this at once, an event counts once. Rows
// of another log are dropped and made anew.
class Projector {
public:
    // Each question blocks.
    struct Log {
        std::function<Result<events::LogPage>(events::LogCursor from, std::size_t events_max)>
            page;
        // Of those who came to this room, as far as they are kept.
        std::function<Result<std::vector<events::MemberKey>>(std::string const& room)> keys;
        std::function<std::string(std::string_view subject)> shown_id;
        std::string history; // Another one whenever the log is not what it was.
    };

    explicit Projector(Log log);

    struct Step {
        events::LogCursor next = 0; // So far the rows are now.
        bool is_whole = false;      // They were once as far as the log.
        bool is_last = false;       // They are.
    };
    // Takes the next page.
    [[nodiscard]] Result<Step> step(Views& views);
    // Where the log ends, that goes on at `from`: asks for it as one looks up a word.
    [[nodiscard]] Result<events::LogCursor> end(events::LogCursor from) const;

private:
    Result<Checkpoint> checkpoint(Views& views);
    Result<Members> members_of(std::vector<events::PositionedEvent> const& events);

    Log log_;
    std::string source_;
};

} // namespace gatehouse::projections
