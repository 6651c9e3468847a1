// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "events/event.hpp"
#include "storage/archive/sealed.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

// A finished room as one object: zstd over lines of JSON (docs/archive.md):
//
//     {"format":1,"room":"k7qxm.9f0c2ab1","game":"liap-tui","rules":1,
//      "finished":1790000000000,"events":57}
//     one line for each event, versions 1 to 57 (lines.hpp)
//     {"sha256":"…","link":"…"}
//
// The last line seals the others: SHA-256 over all bytes before it, and the last event's link.
namespace gatehouse::storage::archive {

inline constexpr std::uint64_t pack_format = 1;

struct PackHeader {
    std::string room;
    std::string game;
    std::uint64_t rules = 0; // The version of the rules that the room began with.
    WallTime finished{}; // When its last event happened.
    std::uint64_t events = 0;

    bool operator==(PackHeader const&) const = default;
};

// A pack whose seal was found whole.
struct Pack {
    PackHeader header;
    std::string sha256; // Of the lines before the last; 64 hexadecimal digits.
    events::Link link{};

    bool operator==(Pack const&) const = default;
};

// Makes a pack of events that come one by one. Holds it compressed.
class PackWriter {
public:
    explicit PackWriter(PackHeader header);

    // `bad_request` where the event is not the next one: its version, its link. `too_large` beyond
    // pack_lines_max.
    [[nodiscard]] Result<void> add(events::Event const& event);
    // `bad_request` where events are missing.
    [[nodiscard]] Result<std::string> finish();

private:
    std::unexpected<Error> broken(std::string const& what) const;

    PackHeader header_;
    ChainEnd end_;
    SealedWriter lines_;
    std::string line_;
};

// Visits the events of a pack, oldest first, until the visitor fails. Untrusted: `unsupported`
// where a newer gatehouse wrote it, `internal` and what is wrong where it is damaged, which may be
// known only after its events were visited.
using OnEvent = std::function<Result<void>(events::Event)>;
[[nodiscard]] Result<Pack> read_pack(std::string_view bytes, OnEvent const& visit);

// "packs/liap-tui/2026/11/21/k7qxm.9f0c2ab1.jsonl.zst"; days are those of UTC.
[[nodiscard]] std::string pack_name(PackHeader const& header);

} // namespace gatehouse::storage::archive
