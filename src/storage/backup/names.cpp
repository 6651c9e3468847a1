// SPDX-License-Identifier: Apache-2.0
#include "storage/backup/names.hpp"

#include <charconv>
#include <utility>

namespace gatehouse::storage::backup {

Result<std::vector<std::string>> names_in(
    archive::Objects& objects, std::string_view prefix, std::string after)
{
    constexpr std::size_t page_objects = 1000;
    std::vector<std::string> all;
    while (true) {
        auto page = GH_TRY(objects.list(prefix, after, page_objects));
        for (auto& each : page)
            all.push_back(std::move(each.name));
        if (page.size() < page_objects)
            return all;
        after = all.back();
    }
}

std::string behind(std::string_view prefix)
{
    std::string after(prefix);
    after.back()++;
    return after;
}

std::optional<std::uint64_t> number_in(std::string_view text)
{
    std::uint64_t number = 0;
    auto const* const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

} // namespace gatehouse::storage::backup
