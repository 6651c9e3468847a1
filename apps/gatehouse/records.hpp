// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "events/store.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::cli {

// What is stored, for commands that look: asked of the running server through its admin listener,
// or, where that one does not run, read from the store's files, of which it changes nothing.
class Records {
public:
    virtual ~Records() = default;
    [[nodiscard]] virtual Result<std::vector<events::StreamHead>> heads() = 0;
    // The months of the audit log.
    [[nodiscard]] virtual Result<std::vector<events::StreamHead>> audit_heads() = 0;
    // Of a room, or of such a month. None where there is none.
    [[nodiscard]] virtual Result<std::vector<events::Event>> events(std::string_view room) = 0;
    // Of a room: what its events seal can be read with them.
    [[nodiscard]] virtual Result<std::vector<events::MemberKey>> keys(std::string_view room) = 0;
    // One JSON object per event, from a cursor on; moves the cursor past what it gave.
    [[nodiscard]] virtual Result<std::vector<std::string>> log(events::LogCursor& cursor) = 0;
};

// Says on standard error where somebody else than this store's server answers.
[[nodiscard]] Result<std::unique_ptr<Records>> open_records(config::Settings const& settings);

}  // namespace gatehouse::cli
