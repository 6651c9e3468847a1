// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/archive/erasures.hpp"
#include "storage/archive/objects.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::server {

// The erased keys that are still to be noted in some target, in a file beside the store, which is
// written anew with each erasure and whenever a target has all of its notes: what was noted since
// is noted again, and changes nothing. Bounded by `owed_max`. Belongs to one thread.
class OwedNotes {
public:
    static constexpr std::size_t owed_max = 100'000;

    using Keys = storage::archive::ErasedKeys;

    // `folder` is null where nothing can be kept, as with a store in memory. Reads what an earlier
    // process owed; what it owed to targets that there are no more is kept, and not counted.
    [[nodiscard]] static Result<OwedNotes> open(
        std::unique_ptr<storage::archive::Objects> folder, std::vector<std::string> targets);

    // To all targets. Durable when it returns. `busy` where too much is owed already.
    [[nodiscard]] Result<void> owe(Keys const& keys);
    // At most so many of what is owed to that target.
    [[nodiscard]] Keys some(std::string const& target, std::size_t keys_max) const;
    [[nodiscard]] Result<void> note_paid(std::string const& target, Keys const& keys);

    [[nodiscard]] std::size_t count() const;
    // To whomever.
    [[nodiscard]] Keys all() const;

private:
    OwedNotes(
        std::unique_ptr<storage::archive::Objects> folder, std::vector<std::string> targets)
        : folder_(std::move(folder))
        , targets_(std::move(targets))
    { }

    Result<void> save();

    std::unique_ptr<storage::archive::Objects> folder_;
    std::vector<std::string> targets_;
    std::map<std::string, Keys, std::less<>> owed_;
    bool is_saved_ = true;
};

} // namespace gatehouse::server
