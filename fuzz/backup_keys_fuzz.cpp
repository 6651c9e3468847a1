// SPDX-License-Identifier: Apache-2.0

// Whatever a backup's target brings for keys, reading it answers: an error, or keys that are
// written again such that they read the same. The first byte says whether the rest is a packed
// part, its bare lines (which are sealed and packed first, so that chance gets past that), or the
// marker of a generation, which stands under the name of every object that is asked for.

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "storage/archive/compressed_lines.hpp"
#include "storage/backup/key_catalogue.hpp"

#include <cstdint>

using namespace gatehouse;
using namespace gatehouse::storage;
using namespace gatehouse::storage::backup;

namespace {

constexpr std::string_view ring = "00112233445566778899aabbccddeeff";

void check_part(std::string_view bytes)
{
    auto const part = read_key_part(bytes);
    if (!part)
        return;
    auto const again = read_key_part(write_key_part(part->header, part->keys));
    GH_ASSERT(again && again->header == part->header && again->keys == part->keys);
}

class OneGeneration final : public archive::Objects {
public:
    explicit OneGeneration(std::string_view marker)
        : marker_(marker)
    { }

    Result<void> put(std::string_view, std::string_view) override { return {}; }
    Result<std::string> get(std::string_view) override { return std::string(marker_); }
    Result<std::vector<archive::ObjectInfo>> list(
        std::string_view prefix, std::string_view after, std::size_t) override
    {
        archive::ObjectInfo info;
        info.name = "keys/" + std::string(ring) + "/000000000003/complete.json";
        if (!info.name.starts_with(prefix) || info.name <= after)
            return std::vector<archive::ObjectInfo>();
        return std::vector{info};
    }
    Result<void> remove(std::string_view) override { return {}; }

private:
    std::string_view marker_;
};

void check_marker(std::string_view bytes)
{
    OneGeneration objects(bytes);
    KeyCatalogue catalogue(objects);
    auto const newest = catalogue.newest(ring);
    if (newest && *newest)
        GH_ASSERT((*newest)->ring == ring && (*newest)->number == 3);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    std::string_view const rest(reinterpret_cast<char const*>(data) + 1, size - 1);
    switch (data[0] % 3) {
    case 0: check_part(rest); break;
    case 1: {
        archive::LineWriter lines;
        lines.add(rest);
        lines.add("{\"sha256\":\"" + to_hex(sha256(rest)) + "\"}\n");
        check_part(lines.finish());
        break;
    }
    case 2: check_marker(rest); break;
    }
    return 0;
}
