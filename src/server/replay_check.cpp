// SPDX-License-Identifier: Apache-2.0
#include "server/replay_check.hpp"

#include "events/chain.hpp"
#include "rooms/state.hpp"
#include "storage/archive/compacted.hpp"

#include <exception>
#include <string>

namespace gatehouse::server {

namespace {

using events::Finding;
using storage::OnFinding;
using storage::archive::WholeHistory;

// Of what was compacted, in the archive.
bool is_damage(ErrorCode code)
{
    return code == ErrorCode::not_found || code == ErrorCode::internal;
}

// Does replay come to the state that the snapshot tells of?
Result<void> check_state(WholeHistory& history, events::StreamHead const& head,
    events::Snapshot const& snapshot, rooms::Catalogue const& games, OnFinding const& found)
{
    constexpr std::size_t page_size = 1024;
    rooms::RoomState state(head.stream);
    storage::archive::ChainEnd end(head.stream, 0, events::chain_start(head.stream));
    while (state.version() < snapshot.version) {
        auto const page = GH_TRY(history.read(head.stream, state.version(), page_size));
        if (page.empty())
            return {}; // What is missing was found by others.
        for (auto const& event : page) {
            if (event.version > snapshot.version)
                break;
            if (auto const what = end.follow(event); what && head.floor != 0)
                found({head.stream, event.version, *what}); // Of others it is known already.
            if (auto const evolved = state.evolve(event, games); !evolved) {
                found({head.stream, event.version, evolved.error().detail});
                return {};
            }
        }
    }
    if (!state.exists())
        return {};
    // It may be of an older format: compared is what it says.
    auto const told = rooms::RoomState::restore(snapshot, games);
    if (!told || told->snapshot() != state.snapshot())
        found({head.stream, snapshot.version, "replay comes to another state than the snapshot"});
    return {};
}

} // namespace

Result<CheckedSnapshots> check_snapshots(storage::Log& log, storage::archive::Objects* archive,
    rooms::Catalogue const& games, OnFinding const& found)
{
    WholeHistory whole(log, archive);
    constexpr std::size_t page_size = 256;
    CheckedSnapshots checked;
    for (std::string after;;) {
        auto const heads = GH_TRY(log.streams(after, page_size));
        for (auto const& head : heads) {
            after = head.stream;
            auto const history = log.hydrate(head.stream, 1);
            if (!history || !history->snapshot)
                continue;
            bool const is_passed_over = head.floor != 0 && !archive;
            (is_passed_over ? checked.passed_over : checked.replayed)++;
            if (is_passed_over)
                continue;
            try {
                auto const done = check_state(whole, head, *history->snapshot, games, found);
                if (!done && head.floor != 0 && is_damage(done.error().code))
                    found({head.stream, head.floor, done.error().detail});
                else
                    GH_CHECK(done);
            } catch (std::exception const& thrown) {
                found({head.stream, 0, std::string("the game threw: ") + thrown.what()});
            }
        }
        if (heads.size() < page_size)
            return checked;
    }
}

} // namespace gatehouse::server
