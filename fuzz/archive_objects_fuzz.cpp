// SPDX-License-Identifier: Apache-2.0
// Whatever lies in an archive, under whatever names: it is listed, held, indexed; an index that was
// put right stays as it is, and says the same as the packs.

#include "base/assert.hpp"
#include "pieces.hpp"
#include "storage/archive/archive.hpp"
#include "storage/archive/erasures.hpp"

#include <cstdint>

using namespace gatehouse;
using namespace gatehouse::storage::archive;
using gatehouse::fuzz::MemoryObjects;

namespace {

void read_names(Archive& archive, MemoryObjects const& objects)
{
    std::size_t packs = 0;
    GH_ASSERT(archive.each_pack("", [&](PackName const& name, std::uint64_t size) {
        auto const found = objects.all().find(name.text());
        GH_ASSERT(found != objects.all().end() && found->second.size() == size);
        packs++;
        return Result<void>{};
    }));
    GH_ASSERT(archive.each_part("", [&](PartName const& name, std::uint64_t) {
        GH_ASSERT(objects.all().contains(name.text()));
        static_cast<void>(archive.read(name));
        return Result<void>{};
    }));
    auto const found = archive.find("k7qxm");
    GH_ASSERT(found && found->size() <= packs);
    auto const parts = archive.parts("k7qxm.00000001");
    GH_ASSERT(parts);
    static_cast<void>(reach_of(*parts));
}

void read_index(Archive& archive, MemoryObjects const& objects)
{
    std::vector<PackName> days;
    GH_ASSERT(archive.each_day("", [&](PackName const& one) -> Result<Archive::Next> {
        days.push_back(one);
        return Archive::Next::day;
    }));
    for (auto const& [game, day, room] : days) {
        auto const told = archive.day(game, day);
        GH_ASSERT(told && !told->empty());
        auto const put = archive.index_day(game, day, {});
        GH_ASSERT(put && *put == *told);
        auto const before = objects.all();
        auto const again = archive.index_day(game, day, {});
        GH_ASSERT(again && *again == *put && objects.all() == before);
    }
}

void read_notes(Archive& archive)
{
    auto const holds = archive.holds();
    GH_ASSERT(holds);
    for (auto const& [room, hold] : *holds)
        GH_ASSERT(*archive.is_held(room));
    GH_ASSERT(archive.restored());
    GH_ASSERT(erased_keys(archive.objects()));
    auto const deletions = archive.deletions();
    GH_ASSERT(deletions);
    for (auto const& deletion : *deletions)
        GH_ASSERT(archive.end_deletion(deletion.room));
    GH_ASSERT(archive.deletions()->empty());
    for (auto const& [room, hold] : *holds)
        GH_ASSERT(archive.release(room));
    GH_ASSERT(archive.holds()->empty());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    MemoryObjects objects(fuzz::files_in({reinterpret_cast<char const*>(data), size}));
    Archive archive(objects);
    read_names(archive, objects);
    read_index(archive, objects);
    read_notes(archive);
    return 0;
}
