// SPDX-License-Identifier: Apache-2.0
// Fills a SQLite store with finished rooms of one event and one member: for bench/start.
//
//     store_fill FILE ROOMS
#include "events/chain.hpp"
#include "storage/sqlite/sqlite_log.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

using namespace gatehouse;

namespace {

constexpr WallTime long_ago{1'760'000'000'000};

events::StreamAppend finished_room(int number)
{
    auto stream = fmt::format("f{:07}.9f0c2ab1", number);
    events::Event event{.version = 1,
        .type = "opened",
        .schema = 1,
        .at = long_ago,
        .cause = {},
        .data = std::string(150, 'x')};
    event.link = events::chain_link(events::chain_start(stream), event);
    return {.stream = std::move(stream),
        .category = "liap-tui",
        .events = {std::move(event)},
        .state = {.finished = true, .deadline = {}},
        .keys = {{fmt::format("g_{:024}", number / 10), 1, std::string(32, 'k')}}};
}

} // namespace

int main(int count, char** arguments)
{
    constexpr int rooms_a_commit = 1'000;
    if (count != 3)
        return 2;
    auto const log = storage::sqlite::SqliteLog::open({.file = arguments[1]}).value();
    auto const rooms = std::atoi(arguments[2]);
    for (int done = 0; done < rooms; done += rooms_a_commit) {
        std::vector<events::StreamAppend> batch;
        for (int i = done; i < std::min(rooms, done + rooms_a_commit); i++)
            batch.push_back(finished_room(i));
        for (auto const& answer : log->append(std::move(batch)))
            if (!answer) {
                fmt::print(stderr, "{}\n", answer.error().detail);
                return 1;
            }
    }
    return 0;
}
