// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "events/store.hpp"
#include "storage/archive/objects.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::storage::backup {

inline constexpr std::uint64_t manifest_format = 1;
inline constexpr std::size_t part_bytes_max = 8 << 20; // Of the file; compressed it is less.

struct Part {
    std::uint64_t bytes = 0; // Of the file.
    std::string sha256;      // Of these bytes; 64 hexadecimal digits.

    bool operator==(Part const&) const = default;
};

// A whole copy of the store's file, in parts. It stands at the end of segment `number`: what came
// later is in the segments after it. Written last: a base without a manifest does not exist.
struct Manifest {
    std::string chain{};
    std::uint64_t number = 0;   // 0: a chain begins with it.
    std::string before{};       // SHA-256 of that segment; of 0: empty.
    events::LogCursor next = 0; // All of the log before this is in it.
    WallTime at{};              // When it was taken.
    WallTime last_at{};         // Of the latest event in it, as far as its writer knows.
    std::uint64_t bytes = 0;
    std::vector<Part> parts{};
    // The event before `next`, by which its store is known again; none where that was erased.
    std::string last_stream{};
    events::Version last_version = 0;
    std::string last_link{}; // 32 hexadecimal digits.
    std::string ring{};      // Whose keys seal it (key_catalogue.hpp); 32 hexadecimal digits.

    bool operator==(Manifest const&) const = default;
};

[[nodiscard]] std::string write_manifest(Manifest const& manifest);
// Untrusted bytes: `unsupported` where a newer gatehouse wrote them, `internal` where damaged.
[[nodiscard]] Result<Manifest> read_manifest(std::string_view bytes);

// Puts the parts of `file`, fills in what the manifest says of them, and puts the manifest.
// `between` runs after each part; its error ends it all.
[[nodiscard]] Result<void> put_base(archive::Objects& objects, Manifest manifest,
    std::filesystem::path const& file, std::function<Result<void>()> const& between);

// Visits the bytes of a base part by part, each checked, until the visitor fails. `internal` where
// a part is missing or damaged; the detail names it.
using OnPart = std::function<Result<void>(std::string_view bytes)>;
[[nodiscard]] Result<void> read_base(
    archive::Objects& objects, Manifest const& manifest, OnPart const& visit);

// Writes a base to a file; it is not synced. `between` is told how many bytes are there.
[[nodiscard]] Result<void> fetch_base(archive::Objects& objects, Manifest const& manifest,
    std::filesystem::path const& file, std::function<void(std::uint64_t)> const& between);

} // namespace gatehouse::storage::backup
