// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include "server/archiver.hpp"
#include "server/replay_check.hpp"
#include "server/store.hpp"
#include "storage/sqlite/check.hpp"
#include "storage/verify.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <unistd.h>

namespace gatehouse::cli {
namespace {

using events::Finding;

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
    auto const snapshots = GH_TRY(server::check_snapshots(**log, archive.get(), games, found));
    if (is_shown)
        std::fputs("\r", stderr);
    fmt::print("{} rooms, {} events, {} snapshots replayed{}: {}\n", verified.streams,
        verified.events, snapshots.replayed, keys,
        findings == 0 ? "sound" : std::to_string(findings) + " findings");
    if (snapshots.passed_over > 0)
        fmt::print("not replayed: {} snapshots of rooms whose beginning is in an archive, and "
                   "archive.to names none\n",
            snapshots.passed_over);
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
