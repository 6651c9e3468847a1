// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "records/records.hpp"

#include <span>
#include <string_view>

namespace gatehouse::records {

// A store of records, empty, and the world around it.
class World {
public:
    virtual ~World() = default;
    [[nodiscard]] virtual Records& records() = 0;
    virtual void pass(Milliseconds time) = 0;
    // Until all that was asked is answered.
    virtual void settle() { }
    // The process ends and the next one opens the same store. False where nothing is kept.
    virtual bool reopen() { return false; }
    [[nodiscard]] virtual WallTime now() const = 0;
};

// What every store of records promises, each with a name for the test; fails by EXPECT.
struct Promise {
    std::string_view name;
    void (*check)(World& world);
};
[[nodiscard]] std::span<Promise const> promises();

} // namespace gatehouse::records
