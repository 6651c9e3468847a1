// SPDX-License-Identifier: Apache-2.0

// Whatever a backup's target brings, reading it answers: an error, or a segment that is written
// again such that it reads the same. The first byte says whether the rest is a packed segment, its
// bare lines (which are packed first, so that chance gets past the compression), or a manifest.

#include "base/assert.hpp"
#include "storage/archive/compressed_lines.hpp"
#include "storage/backup/base.hpp"
#include "storage/backup/segment.hpp"

#include <cstdint>

using namespace gatehouse;
using namespace gatehouse::storage;
using namespace gatehouse::storage::backup;

namespace {

std::vector<events::PositionedEvent> events_of(Segment const& segment)
{
    std::vector<events::PositionedEvent> all;
    for (auto const& [slot, position, append] : segment.stretches)
        for (std::size_t i = 0; i < append.events.size(); i++)
            all.push_back({slot, position + i, append.stream, append.category, append.state,
                append.events[i]});
    return all;
}

void check_segment(std::string_view bytes)
{
    auto const segment = read_segment(bytes);
    if (!segment)
        return;
    auto const events = events_of(*segment);
    GH_ASSERT(events.size() == segment->header.events);
    auto const written = write_segment(segment->header, events);
    auto const again = read_segment(written);
    GH_ASSERT(again && again->header.events == segment->header.events);
    GH_ASSERT(write_segment(again->header, events_of(*again)) == written);
}

void check_manifest(std::string_view bytes)
{
    auto const manifest = read_manifest(bytes);
    if (!manifest)
        return;
    auto const again = read_manifest(write_manifest(*manifest));
    GH_ASSERT(again && *again == *manifest);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    std::string_view const rest(reinterpret_cast<char const*>(data) + 1, size - 1);
    switch (data[0] % 3) {
    case 0: check_segment(rest); break;
    case 1: {
        archive::LineWriter lines;
        lines.add(rest);
        check_segment(lines.finish());
        break;
    }
    case 2: check_manifest(rest); break;
    }
    return 0;
}
