// SPDX-License-Identifier: Apache-2.0

// Whatever stands in the notes of erasures, beside the store (">erasures", ">erasures.owed") and in
// a target (">gatehouse", ">erased/…"): a start answers; what is still owed is the same for the
// next one; and where the start did its work, no key is left that anything names.

#include "base/assert.hpp"
#include "events/chain.hpp"
#include "pieces.hpp"
#include "server/erasures.hpp"
#include "storage/memory_log.hpp"

#include <cstdint>

using namespace gatehouse;
using namespace gatehouse::server;
namespace archive = gatehouse::storage::archive;

// Targets are given here; those of the settings nobody asks for.
namespace gatehouse::server {

Result<std::unique_ptr<archive::Objects>> open_objects(
    config::Archive const&, std::stop_token, Patience)
{
    return fail(ErrorCode::unsupported, "there is none");
}
Result<std::unique_ptr<archive::Objects>> open_backup(
    config::Settings const&, std::stop_token, Patience)
{
    return fail(ErrorCode::unsupported, "there is none");
}

} // namespace gatehouse::server

namespace {

constexpr std::string_view target_name = "file:/srv/archive";

config::Settings settings_in(std::filesystem::path const& folder)
{
    config::Settings settings;
    settings.store.kind = config::Store::Kind::sqlite;
    settings.store.path = {(folder / "store.db").string()};
    settings.archive.to = {.kind = config::ObjectStore::Kind::folder, .folder = {"/srv/archive"}};
    return settings;
}

std::string key_of(int person)
{
    return std::string(32, static_cast<char>('a' + person));
}

// Four people, each in a room of their own.
void fill(storage::MemoryLog& log)
{
    for (int person = 0; person < 4; person++) {
        auto const room = "r" + std::to_string(person) + ".1";
        events::Event event{.version = 1, .type = "came", .data = "\xa0"};
        event.link = events::chain_link(events::chain_start(room), event);
        GH_ASSERT(log.append({{.stream = room,
                                 .category = "coins",
                                 .events = {event},
                                 .keys = {{"guest:" + std::to_string(person), 1, key_of(person)}}}})
                      .front());
    }
}

// Who has a key, and whom these name.
std::size_t left_of(storage::MemoryLog& log, archive::ErasedKeys const& erased)
{
    std::size_t left = 0;
    auto const keys = *log.keys(0, 100);
    for (auto const& each : keys)
        left += erased.contains(archive::name_of_key(each.member.key)) ? 1 : 0;
    return left;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static fuzz::Folder const folder;
    auto const here = folder.emptied("data");
    auto objects = std::make_unique<fuzz::MemoryObjects>();
    for (auto const& [name, text] : fuzz::files_in({reinterpret_cast<char const*>(data), size})) {
        if (name == "erasures" || name == "erasures.owed")
            fuzz::write(here / name, text);
        else
            static_cast<void>(objects->put(name, text));
    }
    auto const settings = settings_in(here);
    auto const known = KnownErasures::open(settings);
    GH_ASSERT(known);
    auto erased = (*known)->all_owed();
    erased.merge(*archive::erased_keys(*objects));
    for (auto const& key : (*known)->all_owed())
        GH_ASSERT(archive::is_name_of_key(key));
    auto const next = *KnownErasures::open(settings);
    GH_ASSERT(next->all_owed() == (*known)->all_owed() && next->used() == (*known)->used());
    GH_ASSERT(next->lines_lost() == 0);

    storage::MemoryLog log;
    fill(log);
    // Where it has looked at this store before, and nothing is owed, it may ask later.
    bool const may_wait = next->knows(next->sight_of(log, 7)) && next->owed_count() == 0;
    std::vector<ErasureTarget> targets;
    targets.push_back({std::string(target_name), std::move(objects)});
    if (erase_again(targets, log, 7, *next)) {
        GH_ASSERT(may_wait || left_of(log, erased) == 0);
        GH_ASSERT(next->knows(next->sight_of(log, 7)));
    }
    return 0;
}
