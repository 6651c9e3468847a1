// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include "events/chain.hpp"
#include "rooms/state.hpp"
#include "server/archiver.hpp"
#include "server/store.hpp"
#include "storage/archive/compacted.hpp"
#include "storage/sqlite/check.hpp"
#include "storage/verify.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <unistd.h>

namespace gatehouse::cli {
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

// All snapshots whose events can be read; of compacted rooms, from the archive.
Result<std::size_t> check_snapshots(storage::Log& log, storage::archive::Objects* archive,
    rooms::Catalogue const& games, OnFinding const& found)
{
    WholeHistory whole(log, archive);
    constexpr std::size_t page_size = 256;
    std::size_t checked = 0;
    for (std::string after;;) {
        auto const heads = GH_TRY(log.streams(after, page_size));
        for (auto const& head : heads) {
            after = head.stream;
            auto const history = log.hydrate(head.stream, 1);
            if (!history || !history->snapshot || (head.floor != 0 && !archive))
                continue;
            checked++;
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

Result<bool> verify_store(config::Settings const& settings, rooms::Catalogue const& games)
{
    auto const& store = settings.store;
    std::size_t findings = 0;
    auto const found = [&findings](Finding const& finding) {
        findings++;
        fmt::print("{:<20} {:>8}  {}\n", finding.stream.empty() ? "-" : finding.stream,
            finding.version == 0 ? "-" : std::to_string(finding.version), finding.what);
    };
    bool const is_shown = ::isatty(STDERR_FILENO) != 0;
    auto const progress = [is_shown](storage::Verified const& so_far) {
        if (is_shown)
            fmt::print(
                stderr, "\r{} rooms, {} events, …", so_far.streams, so_far.events);
    };
    std::string keys;
    if (store.kind == config::Store::Kind::sqlite) {
        storage::sqlite::Options const options{
            .file = store.path.text, .access = storage::sqlite::Access::read_only};
        keys = fmt::format(", {} keys", storage::sqlite::check(options, found));
    }
    auto const log = server::open_store_to_read(store);
    if (!log && findings == 0)
        return std::unexpected(log.error());
    if (!log) {
        fmt::print("{} findings; it cannot be opened: {}\n", findings, log.error().detail);
        return false;
    }
    auto const verified = storage::verify(**log, found, progress);
    std::unique_ptr<storage::archive::Objects> archive;
    if (settings.archive.to.kind != config::ObjectStore::Kind::none)
        archive = GH_TRY(server::open_objects(settings.archive));
    auto const snapshots = GH_TRY(check_snapshots(**log, archive.get(), games, found));
    if (is_shown)
        std::fputs("\r", stderr);
    fmt::print("{} rooms, {} events, {} snapshots replayed{}: {}\n", verified.streams,
        verified.events, snapshots, keys,
        findings == 0 ? "sound" : std::to_string(findings) + " findings");
    return findings == 0;
}

} // namespace

int events_verify(ConfigArguments const& arguments)
{
    auto const loaded = load(arguments);
    if (!loaded) {
        std::fputs(loaded.error().c_str(), stderr);
        return 1;
    }
    auto const games = games_to_replay(arguments, loaded->settings);
    auto const is_sound = verify_store(loaded->settings, games);
    if (!is_sound)
        return complain(is_sound.error());
    return *is_sound ? 0 : 1;
}

} // namespace gatehouse::cli
