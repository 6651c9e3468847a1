// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading a pack answers; what it accepts, written again, is the same pack. The
// bytes are tried as they are, and as lines: behind zstd's checksum nonsense would come no further.

#include "base/assert.hpp"
#include "storage/archive/pack.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace {

using namespace gatehouse;
using namespace gatehouse::storage::archive;

void read(std::string_view bytes)
{
    std::vector<events::Event> events;
    auto const visit = [&events](events::Event event) -> Result<void> {
        events.push_back(std::move(event));
        return {};
    };
    auto const pack = read_pack(bytes, visit);
    if (!pack)
        return;
    GH_ASSERT(events.size() == pack->header.events);
    PackWriter writer(pack->header);
    for (auto const& event : events)
        GH_ASSERT(writer.add(event));
    auto const written = writer.finish();
    GH_ASSERT(written);
    auto const ignore = [](events::Event) { return Result<void>{}; };
    auto const again = read_pack(*written, ignore);
    GH_ASSERT(again && again->header == pack->header && again->link == pack->link);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size)
{
    std::string_view const input(reinterpret_cast<char const*>(bytes), size);
    read(input);
    LineWriter lines;
    lines.add(input);
    read(lines.finish());
    return 0;
}
