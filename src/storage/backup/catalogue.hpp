// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "events/store.hpp"
#include "storage/archive/objects.hpp"
#include "storage/backup/base.hpp"
#include "storage/backup/names.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What lies where in a target:
//
//     backup/20261121T110500Z-1f2e3d4c/bases/000000000016/part-00001.zst
//     backup/20261121T110500Z-1f2e3d4c/bases/000000000016/manifest.json
//     backup/20261121T110500Z-1f2e3d4c/segments/000000000017-5feceb66ffc86f38.jsonl.zst
//
// A chain is named for the instant when it began, or a second after the newest one where the clock
// is behind that, so names sort by age. A segment's name ends with
// the beginning of its SHA-256: two that differ never overwrite each other.
namespace gatehouse::storage::backup {

struct SegmentName {
    std::uint64_t number = 0;
    std::string digest; // 16 hexadecimal digits.

    bool operator==(SegmentName const&) const = default;
};

[[nodiscard]] std::string chain_name(WallTime began, std::string_view chance);
// When a chain that begins now is to say that it began, so that its name sorts behind all others
// (`chains`, oldest first), though the clock be behind them: a second after the newest, at least.
[[nodiscard]] WallTime begin_after(std::vector<std::string> const& chains, WallTime now);
// When a chain began; empty for a name that is none.
[[nodiscard]] std::optional<WallTime> began_at(std::string_view chain);
[[nodiscard]] std::string segment_object(std::string_view chain, SegmentName const& name);
[[nodiscard]] std::string base_folder(std::string_view chain, std::uint64_t number);

// Reads and tidies up what others wrote. Blocks as Objects do; belongs to one thread at a time.
class Catalogue {
public:
    explicit Catalogue(archive::Objects& objects)
        : objects_(objects)
    { }

    // Oldest first.
    [[nodiscard]] Result<std::vector<std::string>> chains();
    // Those with a manifest, oldest first. A manifest that cannot be read is an error.
    [[nodiscard]] Result<std::vector<Manifest>> bases(std::string_view chain);
    // Those after segment `after`, in the order of their numbers.
    [[nodiscard]] Result<std::vector<SegmentName>> segments(
        std::string_view chain, std::uint64_t after);
    // The bytes, as their name says they must be.
    [[nodiscard]] Result<std::string> segment(std::string_view chain, SegmentName const& name);

    // Removes what no moment from `horizon` on needs: chains that ended before it, bases before the
    // last one that is older, segments before the oldest base that stays; never all of the chain
    // `live`, to which somebody ships. Answers how many objects.
    [[nodiscard]] Result<std::size_t> prune(
        WallTime horizon, Between const& between, std::string_view live = {});

private:
    [[nodiscard]] Result<std::size_t> prune_chain(
        std::string const& chain, WallTime horizon, Between const& between);
    [[nodiscard]] Result<std::size_t> remove_all(std::string const& prefix, Between const& between);

    archive::Objects& objects_;
};

} // namespace gatehouse::storage::backup
