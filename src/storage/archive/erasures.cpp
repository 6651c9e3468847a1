// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/erasures.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"

#include <fmt/format.h>

namespace gatehouse::storage::archive {

namespace {

constexpr std::string_view folder = "erased/";
constexpr std::size_t page_max = 1000;

} // namespace

std::string name_of_key(std::string_view key)
{
    return to_hex(sha256(key));
}

Result<void> note_erased(Objects& objects, ErasedKeys const& keys, WallTime at)
{
    for (auto const& key : keys)
        GH_CHECK(objects.put(
            fmt::format("{}{}", folder, key), fmt::format("{{\"at\":{}}}", at.ms)));
    return {};
}

Result<ErasedKeys> erased_keys(Objects& objects)
{
    ErasedKeys keys;
    std::string last;
    while (true) {
        auto const page = GH_TRY(objects.list(folder, last, page_max));
        for (auto const& object : page)
            keys.insert(keys.end(), object.name.substr(folder.size()));
        if (page.size() < page_max)
            return keys;
        last = page.back().name;
    }
}

Result<std::uint64_t> erase_again(Log& log, ErasedKeys const& keys)
{
    std::set<std::string> subjects;
    for (std::uint64_t after = 0; !keys.empty();) {
        auto const page = GH_TRY(log.keys(after, page_max));
        for (auto const& [number, stream, member] : page) {
            after = number;
            if (keys.contains(name_of_key(member.key)))
                subjects.insert(member.subject);
        }
        if (page.size() < page_max)
            break;
    }
    std::uint64_t gone = 0;
    for (auto const& subject : subjects)
        while (auto const forgotten = GH_TRY(log.forget(subject)))
            gone += forgotten;
    return gone;
}

} // namespace gatehouse::storage::archive
