// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading a part of a room answers; what it accepts, written again, is the same
// part. The bytes are tried as they are, as lines, and as lines that are sealed: behind zstd's
// checksum and the seal nonsense would come no further.

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "storage/archive/compressed_lines.hpp"
#include "storage/archive/part.hpp"

#include <cstdint>
#include <string_view>

namespace {

using namespace gatehouse;
using namespace gatehouse::storage::archive;

void read(std::string_view bytes)
{
    auto const part = read_part(bytes);
    if (!part)
        return;
    auto const written = write_part(*part);
    GH_ASSERT(written);
    auto const again = read_part(*written);
    GH_ASSERT(again && *again == *part);
}

void read_lines(std::string_view lines, std::string_view end)
{
    LineWriter writer;
    writer.add(lines);
    writer.add(end);
    read(writer.finish());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size)
{
    std::string_view const input(reinterpret_cast<char const*>(bytes), size);
    read(input);
    read_lines(input, "");
    // The end of the input is taken for the link of the last event.
    constexpr std::size_t link_size = sizeof(events::Link);
    if (size > link_size) {
        auto const lines = input.substr(0, size - link_size);
        read_lines(lines, "{\"sha256\":\"" + to_hex(sha256(lines)) + "\",\"link\":\""
                + to_hex(input.substr(size - link_size)) + "\"}\n");
    }
    static_cast<void>(PartName::parse(input));
    return 0;
}
