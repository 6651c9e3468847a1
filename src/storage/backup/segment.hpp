// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "events/store.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// A stretch of the log as one object: zstd over lines of JSON (docs/backup.md):
//
//     {"format":1,"chain":"20261121T110500Z-1f2e3d4c","number":17,"before":"…","from":1201,
//      "next":1290,"events":89,"first_at":1790000000000,"last_at":1790000000950}
//     {"stream":"k7qxm.9f0c2ab1","category":"liap-tui","slot":3,"position":40,"events":2,
//      "finished":false,"deadline":1790000020000}, then a line for each of its events (lines.hpp)
//     {"sha256":"…"}
//
// The last line seals the others. `before` is the SHA-256 of the segment before, as it lies in the
// target, so segments are a chain: none can be missing, changed or in another's place unnoticed.
namespace gatehouse::storage::backup {

inline constexpr std::uint64_t segment_format = 1;
inline constexpr std::size_t segment_events_max = 16'384; // Of the events that make a new one,
inline constexpr std::size_t segment_bytes_max = 4 << 20; // and of their data.
inline constexpr std::size_t segment_lines_max = 64 << 20; // Bytes, unpacked.

struct SegmentHeader {
    std::string chain{};
    std::uint64_t number = 0;   // 1, 2, 3, … in the chain.
    std::string before{};       // 64 hexadecimal digits; of the first: empty.
    events::LogCursor from = 0; // All of the log from here
    events::LogCursor next = 0; // up to here.
    std::uint64_t events = 0;
    WallTime first_at{}; // The earliest and the latest event.
    WallTime last_at{};

    bool operator==(SegmentHeader const&) const = default;
};

// Neighbours in the log: events of one stream from one instant, with the state that they left.
struct Stretch {
    Slot slot = 0;
    std::uint64_t first_position = 0;
    events::StreamAppend append{};
};

struct Segment {
    SegmentHeader header;
    std::vector<Stretch> stretches;
};

// Counts the events and finds their instants itself.
[[nodiscard]] std::string write_segment(
    SegmentHeader header, std::span<events::PositionedEvent const> events);

// Untrusted bytes: `unsupported` where a newer gatehouse wrote them, `internal` and what is wrong
// where they are damaged.
[[nodiscard]] Result<Segment> read_segment(std::string_view bytes);

} // namespace gatehouse::storage::backup
