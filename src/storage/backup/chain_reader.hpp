// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/backup/catalogue.hpp"
#include "storage/backup/segment.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::storage::backup {

// Walks the segments of a chain from a base on, in order, and lets none pass that does not follow
// the one before. Belongs to one thread at a time.
class ChainReader {
public:
    [[nodiscard]] static Result<ChainReader> open(Catalogue& catalogue, Manifest const& base);

    // Empty behind the last one. `internal` and what is wrong where one is damaged, missing, of
    // another chain, or where two servers shipped to one chain; then it is at its end.
    [[nodiscard]] Result<std::optional<Segment>> next();

    [[nodiscard]] std::uint64_t total() const { return names_.size(); }

private:
    ChainReader(Catalogue& catalogue, Manifest const& base, std::vector<SegmentName> names)
        : catalogue_(catalogue)
        , chain_(base.chain)
        , number_(base.number)
        , before_(base.before)
        , from_(base.next)
        , names_(std::move(names))
    { }

    Result<Segment> read(SegmentName const& name);

    Catalogue& catalogue_;
    std::string chain_;
    std::uint64_t number_;
    std::string before_;
    events::LogCursor from_;
    std::vector<SegmentName> names_;
    std::size_t at_ = 0;
};

} // namespace gatehouse::storage::backup
