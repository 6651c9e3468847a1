// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "config/load.hpp"
#include "events/event.hpp"
#include "gatehouse/main.hpp"
#include "rooms/rules.hpp"
#include "server/server.hpp"

#include <expected>
#include <string>
#include <vector>

// The verbs of the command line. Each returns the exit code of the process: 0 done, 1 it failed
// (and it was said on standard error), 2 what was asked makes no sense.
namespace gatehouse::cli {

// Where the configuration comes from, and the games; shared by all verbs.
struct ConfigArguments {
    Games games{};
    std::string file = "gatehouse.yaml";
    std::vector<std::string> set{}; // "listen.http=:9090"
};

// Says on standard error what went wrong; 1.
int complain(Error const& error);

// Text of all problems where it is invalid.
[[nodiscard]] std::expected<config::Loaded, std::string> load(ConfigArguments const& arguments);

// The games of the binary, and those of other processes without them: replay needs none.
[[nodiscard]] rooms::Catalogue games_to_replay(
    ConfigArguments const& arguments, config::Settings const& settings);

[[nodiscard]] int run(ConfigArguments const& arguments, server::Faults faults);
[[nodiscard]] int check(ConfigArguments const& arguments, bool as_json, bool show);

// What would become of a request: its route, what its stages do, and why no other route takes it.
struct ExplainArguments {
    std::string method{};
    std::string url{};
    std::vector<std::string> headers{}; // "name: value"
    bool on_admin = false;
};
[[nodiscard]] int explain(ConfigArguments const& arguments, ExplainArguments const& given);

[[nodiscard]] int room_ls(ConfigArguments const& arguments, std::string const& game, bool all);
[[nodiscard]] int room_show(ConfigArguments const& arguments, std::string const& room);
[[nodiscard]] int room_replay(ConfigArguments const& arguments, std::string const& room,
    std::uint64_t until);
[[nodiscard]] int room_export(ConfigArguments const& arguments, std::string const& room);
[[nodiscard]] int room_verify(ConfigArguments const& arguments, std::string const& room);
// Only a running server can do these.
[[nodiscard]] int room_open(ConfigArguments const& arguments, std::string const& room);
// No room: all that are not finished.
[[nodiscard]] int room_pause(ConfigArguments const& arguments, std::string const& room);
[[nodiscard]] int room_continue(ConfigArguments const& arguments, std::string const& room);
[[nodiscard]] int room_restore(
    ConfigArguments const& arguments, std::string const& room, std::string const& moment);
// An empty moment: as it is now; an empty name: the version.
[[nodiscard]] int room_fork(ConfigArguments const& arguments, std::string const& room,
    std::string const& moment, std::string const& name);
[[nodiscard]] int letter_ls(ConfigArguments const& arguments);
// An empty name or body: as it was asked.
[[nodiscard]] int letter_retry(ConfigArguments const& arguments, std::string const& room,
    std::uint64_t letter, std::string const& name, std::string const& body);
[[nodiscard]] int letter_discard(
    ConfigArguments const& arguments, std::string const& room, std::uint64_t letter);
// Who is not let in; only a running server knows.
[[nodiscard]] int ban_ls(ConfigArguments const& arguments);
// No time ("1h"): until it is lifted.
[[nodiscard]] int ban_add(ConfigArguments const& arguments, std::string const& block,
    std::string const& lasts, std::string const& reason);
[[nodiscard]] int ban_lift(ConfigArguments const& arguments, std::string const& block);
[[nodiscard]] int projections_ls(ConfigArguments const& arguments);
[[nodiscard]] int projections_rebuild(
    ConfigArguments const& arguments, bool forgets_archived);
[[nodiscard]] int subject_export(ConfigArguments const& arguments, std::string const& id);
[[nodiscard]] int subject_erase(
    ConfigArguments const& arguments, std::string const& id, bool is_sure);
// API keys.
struct KeyArguments {
    std::string principal{};
    std::vector<std::string> roles{};
    std::string note{};
    std::string lasts{}; // "90d"; empty: for ever.
    std::string id{};    // To revoke.
};
[[nodiscard]] int key_create(ConfigArguments const& arguments, KeyArguments const& given);
[[nodiscard]] int key_ls(ConfigArguments const& arguments);
[[nodiscard]] int key_revoke(ConfigArguments const& arguments, KeyArguments const& given);
[[nodiscard]] int store_status(ConfigArguments const& arguments);
[[nodiscard]] int store_migrate(ConfigArguments const& arguments);
[[nodiscard]] int events_verify(ConfigArguments const& arguments);
// Of an embedded store whose server has stopped. Without `apply`, it only says what it would do.
struct RepairArguments {
    std::string from{}; // The file of another store that may have what is gone.
    bool apply = false;
    bool cut = false; // Go on without what nobody has.
};
[[nodiscard]] int events_repair(ConfigArguments const& arguments, RepairArguments const& given);
[[nodiscard]] int events_tail(ConfigArguments const& arguments, bool follow, std::uint64_t from);
[[nodiscard]] int audit_ls(ConfigArguments const& arguments, std::string const& since);
[[nodiscard]] int audit_verify(ConfigArguments const& arguments, std::string const& seen);

[[nodiscard]] int archive_ls(
    ConfigArguments const& arguments, std::string const& game, std::string const& day);
[[nodiscard]] int archive_verify(ConfigArguments const& arguments, std::string const& room);
[[nodiscard]] int archive_restore(ConfigArguments const& arguments, std::string const& room);
[[nodiscard]] int archive_replay(
    ConfigArguments const& arguments, std::string const& room, std::uint64_t until);
[[nodiscard]] int archive_hold(
    ConfigArguments const& arguments, std::string const& room, std::string const& reason);
[[nodiscard]] int archive_release(ConfigArguments const& arguments, std::string const& room);

// What the commands about the backup may be given.
struct BackupArguments {
    std::string from{}; // "file:/mnt/elsewhere"; empty: backup.to.
    std::string to{};   // The file of the restored store.
    std::string at{};   // A moment; empty: all there is.
    std::string chain{};
};
[[nodiscard]] int backup_ls(ConfigArguments const& arguments, BackupArguments const& given);
[[nodiscard]] int backup_verify(ConfigArguments const& arguments, BackupArguments const& given);
[[nodiscard]] int backup_restore(ConfigArguments const& arguments, BackupArguments const& given);
[[nodiscard]] int backup_drill(ConfigArguments const& arguments);

// The types of a game of this binary, or of all of them; an empty file: standard output.
[[nodiscard]] int gen_ts(
    ConfigArguments const& arguments, std::string const& game, std::string const& file);

// Prints the state that a history comes to, and, where it is whole, whether it was fair.
[[nodiscard]] int replay_history(std::string room, std::vector<events::Event> history,
    rooms::Catalogue games, std::uint64_t until);

// The error that there is no such room, or, where the archive has it, that it is there.
[[nodiscard]] Error look_in_archive(
    ConfigArguments const& arguments, std::string const& room, Error error);

}  // namespace gatehouse::cli
