// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "events/snapshot.hpp"
#include "storage/archive/pack.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Some of the events of a room that is not finished, and the snapshot of the last of them: zstd
// over lines of JSON (docs/archive.md):
//
//     {"part":1,"room":"k7qxm.9f0c2ab1","game":"liap-tui","first":1025,"last":2048,"before":"…"}
//     one line for each event, versions 1025 to 2048 (lines.hpp)
//     {"snapshot":123456,"hash":"…"}          bytes of the state
//     {"state":"…"}                           as often as needed, a MiB each
//     {"sha256":"…","link":"…"}
//
// `before` is the link of event 1024. The parts of a room lie end to end, from version 1 on.
namespace gatehouse::storage::archive {

inline constexpr std::uint64_t part_format = 1;

// "parts/k7qxm.9f0c2ab1/0000001025-0000002048.jsonl.zst"
struct PartName {
    std::string room;
    events::Version first = 0;
    events::Version last = 0;

    [[nodiscard]] std::string text() const;
    [[nodiscard]] static std::optional<PartName> parse(std::string_view name);

    bool operator==(PartName const&) const = default;
};

// A part whose seal was found whole.
struct Part {
    PartName name;
    std::string game;
    events::Link before{};
    events::Snapshot snapshot{};
    std::vector<events::Event> events{};

    bool operator==(Part const&) const = default;
};

// `bad_request` where its events do not follow on each other, from `before` to the snapshot.
[[nodiscard]] Result<std::string> write_part(Part const& part);

// Untrusted. Errors as those of read_pack().
[[nodiscard]] Result<Part> read_part(std::string_view bytes);

} // namespace gatehouse::storage::archive
