// SPDX-License-Identifier: Apache-2.0

// Whatever the note of a crash holds, the next process starts: what it finds has names that are no
// longer than they may be, and all of it can be taken back. The input is laid over a file in
// pieces: four bytes say where, one how much. The file is in memory.

#include "base/assert.hpp"
#include "server/crumb_file.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

using namespace gatehouse;

namespace {

constexpr std::string_view magic = "GHcrumb1";
constexpr std::size_t reach = 1 << 18; // Rooms that are shut, and the notes of three shards.

void lay(int file, std::string_view input)
{
    GH_ASSERT(::ftruncate(file, 0) == 0);
    GH_ASSERT(::pwrite(file, magic.data(), magic.size(), 0) == 8);
    while (input.size() > 5) {
        std::uint32_t at = 0;
        for (char const byte : input.substr(0, 4))
            at = at << 8 | static_cast<unsigned char>(byte);
        auto const piece = input.substr(5, static_cast<unsigned char>(input[4]));
        GH_ASSERT(::pwrite(file, piece.data(), piece.size(), 8 + at % reach)
            == static_cast<ssize_t>(piece.size()));
        input.remove_prefix(5 + piece.size());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static int const file = ::memfd_create("crumbs", MFD_CLOEXEC);
    lay(file, {reinterpret_cast<char const*>(data), size});
    auto const path = "/proc/self/fd/" + std::to_string(file);
    auto const crumbs = server::CrumbFile::open(path, 2);
    GH_ASSERT(crumbs);
    for (auto const& site : (*crumbs)->found())
        GH_ASSERT(site.room.size() <= 128 && !rooms::name_of(site.doing).empty());
    auto const shut = (*crumbs)->shut();
    GH_ASSERT(shut.size() <= server::CrumbFile::shut_max);
    for (auto const& site : shut)
        (*crumbs)->reopen(site.room);
    GH_ASSERT((*crumbs)->shut().empty());
    return 0;
}
