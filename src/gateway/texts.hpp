// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <string>

namespace gatehouse::gateway {

// Texts that views are taken of: each stands still until all are cleared. Cleared, their memory is
// kept for the next ones.
class Texts {
public:
    // An empty one.
    [[nodiscard]] std::string& next()
    {
        if (used_ == all_.size())
            all_.emplace_back();
        auto& text = all_[used_++];
        text.clear();
        return text;
    }

    void clear() { used_ = 0; }

private:
    std::deque<std::string> all_; // Grows without moving what it holds.
    std::size_t used_ = 0;
};

} // namespace gatehouse::gateway
