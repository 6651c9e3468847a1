// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::storage::archive {

inline constexpr std::size_t object_size_max = 128 << 20; // More is `too_large`, both ways.
inline constexpr std::size_t object_name_max = 512;

// The object by which a place says that it is one that was used, and not an empty folder or bucket
// where something else was.
inline constexpr std::string_view marker = "gatehouse";

struct ObjectInfo {
    std::string name;
    std::uint64_t size = 0;

    bool operator==(ObjectInfo const&) const = default;
};

// Blobs with names, written whole: in a folder, or in a bucket of an S3-compatible service. Names
// are paths with '/' between their parts; see check_name(). Calls block, for seconds where a
// service is slow. Belongs to one thread at a time.
//
// Errors: `bad_request` a name that is none; `unauthenticated` and `forbidden` the service does not
// let us; `unavailable` it cannot be reached or has too much to do, after all that was tried again;
// `internal` everything else. The detail says which object, and what was answered.
class Objects {
public:
    virtual ~Objects() = default;

    // Replaces an object of that name. Durable when it returns: readers see the old or the new one
    // and nothing between, whenever the power goes.
    virtual Result<void> put(std::string_view name, std::string_view bytes) = 0;

    // `not_found` where there is none.
    virtual Result<std::string> get(std::string_view name) = 0;

    // Those whose names begin with `prefix` and come after `after`, in the order of the names as
    // bytes, at most `objects_max`.
    virtual Result<std::vector<ObjectInfo>> list(
        std::string_view prefix, std::string_view after, std::size_t objects_max)
        = 0;

    // No error where there is none.
    virtual Result<void> remove(std::string_view name) = 0;
};

// Parts of letters, digits and "-_.=+@", none of which begins with a dot; so no name leads out of
// the folder, and none needs escaping.
[[nodiscard]] Result<void> check_name(std::string_view name);

} // namespace gatehouse::storage::archive
