// SPDX-License-Identifier: Apache-2.0

// Whatever becomes of the file of views, it answers, or says that it is damaged; then it is made
// anew. The input is laid over it in pieces (pieces.hpp). All files are in memory.

#include "base/assert.hpp"
#include "pieces.hpp"
#include "storage/sqlite/views_file.hpp"

#include <cstdint>

using namespace gatehouse;
using namespace gatehouse::storage::sqlite;
namespace fs = std::filesystem;
namespace p = gatehouse::projections;

namespace {

Options options_in(fs::path const& folder)
{
    return {.file = folder / "store.db"};
}

p::Room room_of(int number)
{
    return {.id = "r" + std::to_string(number) + ".1",
        .game = "coins",
        .opened_at = {1'790'000'000'000},
        .finished_at = WallTime{1'790'000'000'000 + number},
        .past = {.tables = {{.since = 1, .seats = {1, 2}}}, .names = {{1, "00"}}}};
}

void put_some(p::Rows& rows)
{
    for (int number = 0; number < 20; number++) {
        auto const room = room_of(number);
        rows.put(room);
        for (int seat = 0; seat < 2; seat++)
            rows.put(p::Played{.room = room.id,
                .seat = seat,
                .game = "coins",
                .player = seat == 0 ? "ann" : "",
                .outcome = p::Outcome::won,
                .place = 1 + seat,
                .points = number,
                .ms = 100,
                .rating = 5,
                .at = *room.finished_at});
    }
    for (auto const* const period : {"", "2026-11"})
        for (auto const* const id : {"ann", "bob"})
            rows.put(p::Player{.game = "coins",
                .period = period,
                .id = id,
                .name = "a name",
                .games = 20,
                .wins = 3,
                .last_at = {1'790'000'000'000}});
}

std::string make_views(fs::path const& folder)
{
    {
        auto const views = *ViewsFile::open(options_in(folder));
        GH_ASSERT(*views->advance({}, {"a log", 100, true}, put_some));
        GH_ASSERT(views->settle());
    }
    return fuzz::bytes_of(views_of(options_in(folder).file));
}

void ask_all(ViewsFile& views)
{
    for (auto const by : {p::By::wins, p::By::rating, p::By::points})
        if (auto const best = views.leaders({.game = "coins", .by = by}))
            GH_ASSERT(best->size() <= p::answer_rows_max);
    static_cast<void>(views.stats("ann"));
    static_cast<void>(views.finished({.game = "coins"}));
    static_cast<void>(views.finished({.game = "coins", .player = "ann"}));
    static_cast<void>(views.tally());
}

// Changes read what they change.
void change_some(p::Rows& rows)
{
    for (auto const* const id : {"r1.1", "r7.1"}) {
        if (auto room = rows.room(id))
            rows.put(*room);
        for (auto const& played : rows.played(id))
            rows.put(played);
        rows.remove_played(id);
    }
    if (auto const player = rows.player("coins", "", "ann"))
        rows.remove(*player);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static fuzz::Folder const folder;
    static std::string const whole = make_views(folder.emptied("whole"));
    auto bytes = whole;
    fuzz::lay(bytes, {reinterpret_cast<char const*>(data), size});
    auto const options = options_in(folder.emptied("damaged"));
    fuzz::write(views_of(options.file), bytes);
    if (auto const views = ViewsFile::open(options)) {
        ask_all(**views);
        if (auto const at = (*views)->checkpoint())
            static_cast<void>(
                (*views)->advance(*at, {at->source, at->next + 1, true}, change_some));
        static_cast<void>((*views)->forget("ann"));
        if ((*views)->begin("another log"))
            static_cast<void>(
                (*views)->advance({"another log", 0, false}, {"another log", 9, false}, put_some));
        ask_all(**views);
    }
    GH_ASSERT(remove_views(options.file));
    auto const anew = ViewsFile::open(options);
    GH_ASSERT(anew && (*anew)->checkpoint() == p::Checkpoint{});
    return 0;
}
