// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/packed.hpp"

#include "base/text.hpp"
#include "storage/archive/archive.hpp"

#include <algorithm>

namespace gatehouse::storage::archive {
namespace {

constexpr std::size_t page_max = 1000;
constexpr std::int64_t day_ms = 86'400'000; // Clocks may have been set back since.

} // namespace

Result<std::vector<std::string>> packed_since(Objects& objects, std::string_view game,
    std::vector<std::string> const& rooms, WallTime since)
{
    auto day = rfc3339(std::max(since.ms - day_ms, std::int64_t{0})).substr(0, 10);
    std::ranges::replace(day, '-', '/');
    auto const prefix = "packs/" + std::string(game) + "/";
    std::vector<std::string> found;
    for (auto last = prefix + day;;) {
        auto const page = GH_TRY(objects.list(prefix, last, page_max));
        for (auto const& object : page) {
            auto const name = PackName::parse(object.name);
            if (name && std::ranges::find(rooms, name->room) != rooms.end())
                found.push_back(name->room);
        }
        if (page.size() < page_max)
            return found;
        last = page.back().name;
    }
}

} // namespace gatehouse::storage::archive
