// SPDX-License-Identifier: Apache-2.0

// Whatever becomes of a backup, object by object, reading it answers; and a store that comes of it
// says what was shipped, up to some event, or does not come. The input damages a whole one, in
// steps: one byte says how, one which object, one more how much.

#include "base/assert.hpp"
#include "events/chain.hpp"
#include "pieces.hpp"
#include "storage/backup/restore.hpp"
#include "storage/backup/shipping.hpp"
#include "storage/sqlite/check.hpp"
#include "storage/sqlite/sqlite_log.hpp"

#include <cstdint>
#include <optional>

using namespace gatehouse;
using namespace gatehouse::storage;
using gatehouse::fuzz::MemoryObjects;
namespace fs = std::filesystem;

namespace {

constexpr WallTime noon{1'790'000'000'000};

struct NoChance final : Dice {
    std::string bytes(std::size_t size) override { return std::string(size, '\7'); }
};

using All = std::map<std::string, std::string>;

struct Shipped {
    All objects;
    std::vector<events::PositionedEvent> log;
};

void play(Log& log, std::string const& room, events::Version version)
{
    auto const before
        = version == 0 ? events::chain_start(room) : log.read(room, version - 1, 1)->front().link;
    events::StreamAppend append{
        .stream = room, .category = "coins", .expected = version, .events = {}};
    append.events.push_back({.version = version + 1,
        .type = "played",
        .at = {noon.ms + static_cast<std::int64_t>(version)},
        .data = "\xa0"});
    append.events[0].link = events::chain_link(before, append.events[0]);
    if (version == 0)
        append.keys = {{"guest:" + room, 1, std::string(32, room[0])}};
    GH_ASSERT(log.append({append})[0]);
}

// Two bases, four segments, and keys of two generations.
Shipped make_backup(fuzz::Folder const& folder)
{
    auto const log = *sqlite::SqliteLog::open(
        {.file = folder.emptied("whole") / "store.db", .ballast_bytes = 0});
    MemoryObjects objects;
    NoChance dice;
    backup::Shipping shipping({.objects = objects,
        .ask_log = [&log](auto const& ask) -> Result<void> {
            ask(*log);
            return {};
        },
        .now = [] { return Now{{}, noon}; },
        .dice = dice,
        .draft = folder.path / "draft"});
    GH_ASSERT(shipping.begin());
    for (events::Version version = 0; version < 4; version++) {
        for (auto const* const room : {"a1.1", "b1.1", "c1.1"})
            play(*log, room, version);
        while (*shipping.ship()) { }
        if (version == 1)
            GH_ASSERT(*shipping.take_base());
    }
    GH_ASSERT(*log->forget("guest:b1.1") == 1);
    GH_ASSERT(shipping.erase_keys());
    return {{objects.all().begin(), objects.all().end()}, log->log(0, 1'000)->events};
}

class Damage {
public:
    Damage(All& all, std::string_view input)
        : all_(all)
        , input_(input)
    { }

    void run()
    {
        while (input_.size() > 3 && !all_.empty()) {
            auto const how = take();
            auto const which = pick(take());
            auto const much = take();
            step(how, which, input_.substr(0, much));
            input_.remove_prefix(std::min<std::size_t>(much, input_.size()));
        }
    }

private:
    using Object = All::iterator;

    std::uint8_t take()
    {
        auto const byte = static_cast<std::uint8_t>(input_.front());
        input_.remove_prefix(1);
        return byte;
    }
    Object pick(std::uint8_t number)
    {
        return std::next(all_.begin(), static_cast<std::ptrdiff_t>(number % all_.size()));
    }
    void step(std::uint8_t how, Object which, std::string_view words)
    {
        switch (how % 6) {
        case 0: fuzz::lay(which->second, words); break;
        case 1: all_.erase(which); break;
        case 2: which->second = words; break;
        case 3: which->second.resize(which->second.size() / 2); break;
        case 4: std::swap(which->second, pick(words.empty() ? 0 : words[0])->second); break;
        case 5: rename(which, words); break;
        }
    }
    // Some of its name says something else.
    void rename(Object which, std::string_view words)
    {
        auto name = which->first;
        fuzz::lay(name, words);
        auto bytes = which->second;
        all_.insert_or_assign(std::move(name), std::move(bytes));
    }

    All& all_;
    std::string_view input_;
};

void check_restored(fs::path const& file, std::vector<events::PositionedEvent> const& shipped)
{
    auto const log = *sqlite::SqliteLog::open({.file = file, .ballast_bytes = 0});
    auto const page = *log->log(0, 1'000);
    GH_ASSERT(page.is_last && page.events.size() <= shipped.size());
    for (std::size_t i = 0; i < page.events.size(); i++)
        GH_ASSERT(page.events[i].stream == shipped[i].stream
            && page.events[i].position == shipped[i].position
            && page.events[i].event == shipped[i].event);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static fuzz::Folder const folder;
    static Shipped const whole = make_backup(folder);
    auto damaged = whole.objects;
    Damage(damaged, {reinterpret_cast<char const*>(data), size}).run();
    MemoryObjects objects(damaged);
    auto const ignore = [](backup::RestoreProgress const&) {};
    GH_ASSERT(backup::verify(objects, ignore));
    backup::KeyCatalogue keys(objects);
    auto const rings = keys.rings();
    GH_ASSERT(rings);
    for (auto const& ring : *rings)
        static_cast<void>(keys.newest(ring));
    for (auto const from : {backup::From::newest_base, backup::From::oldest_base}) {
        auto const file = folder.emptied("restored") / "store.db";
        if (backup::restore(objects, {.file = file, .now = noon, .from = from}, ignore))
            check_restored(file, whole.log);
        else
            GH_ASSERT(!fs::exists(file));
    }
    return 0;
}
