// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/main.hpp"

#include "commands.hpp"
#include "conform/conform.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <utility>

namespace {

using namespace gatehouse;

constexpr char const* description
    = "gatehouse: an API gateway and a room server whose rooms survive anything.\n"
      "An acked action is never lost and never applied twice.\n";

constexpr char const* examples
    = "\nFirst steps:\n"
      "  gatehouse check -c gatehouse.yaml          is the configuration sound?\n"
      "  gatehouse explain GET https://host/path    which route takes it, and why?\n"
      "  gatehouse run -c gatehouse.yaml            serve; Ctrl-C drains and stops\n"
      "  kill -HUP PID                              reload (a saved file reloads by itself)\n"
      "  curl localhost:8080/health                 version, uptime, checks\n"
      "  gatehouse gen ts -o game.d.ts              a game's types, for @gatehouse/client\n"
      "  gatehouse conform ws://localhost:8080      does a server keep the room protocol?\n"
      "\nLook into rooms, while the server runs or when it is stopped:\n"
      "  gatehouse room ls                          which rooms there are\n"
      "  gatehouse room show ROOM                   who sits there, and every event\n"
      "  gatehouse room replay ROOM                 build its state again from its events\n"
      "  gatehouse room verify ROOM                 was every deal fair?\n"
      "  gatehouse room export ROOM                 its events, to test the game with\n"
      "  gatehouse ban ls                           who is not let in; add, lift\n"
      "  gatehouse letter ls                        what broke the server, and was set aside\n"
      "  gatehouse store status                     which layout the store has, who holds it\n"
      "  gatehouse archive ls                       finished rooms that left the store\n"
      "  gatehouse backup drill                     would the backup bring all of it back?\n"
      "  gatehouse subject export ID                what is kept of a person; erase forgets it\n"
      "  gatehouse projections ls                   how far leaderboards are; rebuild\n"
      "  gatehouse audit ls                         what operators had done\n"
      "  gatehouse events verify                    is everything that is stored sound?\n"
      "  gatehouse events tail -f                   everything that becomes durable, as it does\n";

void add_config(CLI::App& verb, cli::ConfigArguments& arguments)
{
    verb.add_option("-c,--config", arguments.file, "The configuration file")
        ->capture_default_str()
        ->envname("GATEHOUSE_CONFIG");
    verb.add_option("--set", arguments.set, "Override one key: --set listen.http=:9090")
        ->type_name("KEY=VALUE");
}

// The innermost command that was named.
CLI::App const& innermost(CLI::App const& app)
{
    auto const commands = app.get_subcommands();
    return commands.empty() ? app : innermost(*commands.front());
}

// "gatehouse room show"
std::string path_of(CLI::App const& command)
{
    auto const* const parent = command.get_parent();
    return parent ? path_of(*parent) + " " + command.get_name() : command.get_name();
}

int complain(CLI::App const& app, CLI::ParseError const& error)
{
    auto const& command = innermost(app);
    auto const choices = command.get_subcommands([](CLI::App const*) { return true; });
    std::string what = error.what();
    if (!choices.empty()) {
        auto const unknown = app.remaining(true);
        what = unknown.empty() ? "a command is missing" : "there is no " + unknown.front();
        what += "; the commands are";
        for (auto const* choice : choices)
            what += " " + choice->get_name();
    }
    std::fprintf(stderr, "gatehouse: %s\n  %s --help says more\n", what.c_str(),
        path_of(command).c_str());
    return 2;
}

// What the commands were given, and how the one that ran ended.
struct Given {
    cli::ConfigArguments config{};
    server::Faults faults{};
    bool as_json = false;
    bool show = false;
    bool all = false;
    bool follow = false;
    bool forgets_archived = false;
    std::string game{};
    std::string room{};
    std::string day{};
    std::string reason{};
    cli::BackupArguments backup{};
    cli::RepairArguments repair{};
    conform::Options conform{};
    cli::ExplainArguments explain{};
    cli::KeyArguments key{};
    std::uint64_t until = 0;
    std::uint64_t from = 0;
    std::uint64_t letter = 0;
    std::string moment{};
    std::string name{};
    std::string body{};
    int exit_code = 0;
};

void add_run(CLI::App& app, Given& given)
{
    auto& run = *app.add_subcommand("run", "Serve until told to stop");
    add_config(run, given.config);
    // Planted bugs, against which the tests of the server are tested. Hidden from --help.
    using storage::sqlite::Synchronous;
    std::map<std::string, Synchronous> const sync{
        {"normal", Synchronous::normal}, {"off", Synchronous::off}};
    run.add_flag("--planted-bug-gate-off", given.faults.gate_off)->group("");
    run.add_option("--planted-bug-abort-at", given.faults.abort_at)->group("");
    run.add_option("--planted-bug-loop-at", given.faults.loop_at)->group("");
    run.add_option("--planted-bug-sync", given.faults.synchronous)
        ->transform(CLI::Transformer(sync))
        ->group("");
    run.callback([&given] { given.exit_code = cli::run(given.config, given.faults); });
}

void add_check(CLI::App& app, Given& given)
{
    auto& check
        = *app.add_subcommand("check", "Say whether the configuration is sound, and why not");
    add_config(check, given.config);
    auto* const show
        = check.add_flag("--show", given.show, "Print all settings, and where each one came from");
    check.add_flag("--json", given.as_json, "With --show: as JSON")->needs(show);
    check.callback(
        [&given] { given.exit_code = cli::check(given.config, given.as_json, given.show); });
}

void add_explain(CLI::App& app, Given& given)
{
    auto& explain = *app.add_subcommand(
        "explain", "Say which route takes a request, what its stages do, and why");
    add_config(explain, given.config);
    explain.add_option("method", given.explain.method, "GET, say")->required();
    explain.add_option("url", given.explain.url, "https://HOST/PATH?QUERY, or /PATH")->required();
    explain
        .add_option("-H,--header", given.explain.headers, "A field of the request: 'name: value'")
        ->allow_extra_args(false);
    explain.add_flag("--admin", given.explain.on_admin, "Asked on the operators' listener");
    explain.callback([&given] { given.exit_code = cli::explain(given.config, given.explain); });
}

void add_key(CLI::App& app, Given& given)
{
    auto& key = *app.add_subcommand("key", "Make and revoke API keys");
    key.require_subcommand(1);
    auto& create = *key.add_subcommand("create", "Make a key, and print it: once and never again");
    add_config(create, given.config);
    create.add_option("principal", given.key.principal, "Who acts by it: service:billing, say")
        ->required();
    create.add_option("--role", given.key.roles, "A role that it gives; again for more");
    create.add_option("--note", given.key.note, "What it is for");
    create.add_option("--for", given.key.lasts, "How long it is good, such as 90d");
    create.callback([&given] { given.exit_code = cli::key_create(given.config, given.key); });
    auto& ls = *key.add_subcommand("ls", "List the keys that there are, and were");
    add_config(ls, given.config);
    ls.callback([&given] { given.exit_code = cli::key_ls(given.config); });
    auto& revoke = *key.add_subcommand("revoke", "Let nobody in by this key any more");
    add_config(revoke, given.config);
    revoke.add_option("id", given.key.id, "The 16 digits behind gh_")->required();
    revoke.callback([&given] { given.exit_code = cli::key_revoke(given.config, given.key); });
}

// A command about one room.
CLI::App& add_room_command(
    CLI::App& room, Given& given, std::string const& name, std::string const& what)
{
    auto& verb = *room.add_subcommand(name, what);
    add_config(verb, given.config);
    verb.add_option("room", given.room, "The room's id, or its invite code")->required();
    return verb;
}

// Of a room, or of all.
void add_pause(CLI::App& room, Given& given, std::string const& name, std::string const& what,
    int (*order)(cli::ConfigArguments const&, std::string const&))
{
    auto& verb = *room.add_subcommand(name, what);
    add_config(verb, given.config);
    auto* const which = verb.add_option("room", given.room, "The room's id, or its invite code");
    verb.add_flag("--all", given.all, "All rooms that are not finished")->excludes(which);
    verb.callback([&given, order] {
        if (given.room.empty() && !given.all)
            throw CLI::RequiredError("ROOM or --all");
        given.exit_code = order(given.config, given.room);
    });
}

void add_room(CLI::App& app, Given& given)
{
    auto& room = *app.add_subcommand("room", "Look into rooms");
    room.require_subcommand(1);
    auto& ls = *room.add_subcommand("ls", "List the rooms that are not finished");
    add_config(ls, given.config);
    ls.add_option("--game", given.game, "Only rooms of this game");
    ls.add_flag("-a,--all", given.all, "Finished ones too");
    ls.callback([&given] { given.exit_code = cli::room_ls(given.config, given.game, given.all); });
    add_room_command(room, given, "show", "Show a room: its seats, timers and events")
        .callback([&given] { given.exit_code = cli::room_show(given.config, given.room); });
    auto& replay
        = add_room_command(room, given, "replay", "Build a room's state again from its events");
    replay.add_option("--until", given.until, "Only up to this version")
        ->check(CLI::PositiveNumber);
    replay.callback([&given] {
        given.exit_code = cli::room_replay(given.config, given.room, given.until);
    });
    add_room_command(room, given, "export",
        "Print a room's events, a line of JSON each: a history to test its game with")
        .callback([&given] { given.exit_code = cli::room_export(given.config, given.room); });
    auto& restore = add_room_command(room, given, "restore",
        "Let a room go on from how it was; all who are there see it at once");
    restore.add_option("--at", given.moment, "A version (412), or a time (2026-11-21T14:03:07Z)")
        ->required();
    restore.callback([&given] {
        given.exit_code = cli::room_restore(given.config, given.room, given.moment);
    });
    auto& fork = add_room_command(room, given, "fork",
        "Begin a new room that goes on from how this one was; this one is not touched");
    fork.add_option("--at", given.moment,
        "A version (412), or a time (2026-11-21T14:03:07Z); left out, as it is now");
    fork.add_option("--as", given.name,
        "The fork's name among those of the room; left out, the version. The same order again "
        "finds the same fork")
        ->type_name("NAME");
    fork.callback([&given] {
        given.exit_code = cli::room_fork(given.config, given.room, given.moment, given.name);
    });
    add_room_command(room, given, "open", "Open a room that is shut or closed: it is read anew")
        .callback([&given] { given.exit_code = cli::room_open(given.config, given.room); });
    add_pause(room, given, "pause", "Let time stand still in a room until it is continued",
        cli::room_pause);
    add_pause(room, given, "continue", "Let a paused room go on", cli::room_continue);
    add_room_command(room, given, "verify",
        "Check a room: versions without gaps, events that can be read, deals that follow from the "
        "seed that was committed to")
        .callback([&given] { given.exit_code = cli::room_verify(given.config, given.room); });
}

void add_ban(CLI::App& app, Given& given)
{
    auto& ban = *app.add_subcommand("ban", "Addresses that a running server does not let in");
    ban.require_subcommand(1);
    auto& ls = *ban.add_subcommand("ls", "List them");
    add_config(ls, given.config);
    ls.callback([&given] { given.exit_code = cli::ban_ls(given.config); });
    auto const add_verb = [&](std::string const& name, std::string const& what) -> CLI::App& {
        auto& verb = *ban.add_subcommand(name, what);
        add_config(verb, given.config);
        verb.add_option("block", given.name, "An address, or a block such as 192.0.2.0/24")
            ->required();
        return verb;
    };
    auto& add = add_verb("add", "Let an address or a block in no more");
    add.add_option("--for", given.moment, "For so long, such as 1h; left out: until it is lifted");
    add.add_option("--reason", given.body, "Why, for who lists them");
    add.callback([&given] {
        given.exit_code = cli::ban_add(given.config, given.name, given.moment, given.body);
    });
    add_verb("lift", "Let it in again").callback([&given] {
        given.exit_code = cli::ban_lift(given.config, given.name);
    });
}

void add_letter(CLI::App& app, Given& given)
{
    auto& letter = *app.add_subcommand(
        "letter", "What was asked of rooms and broke the server, and so was set aside");
    letter.require_subcommand(1);
    auto& ls = *letter.add_subcommand("ls", "List the letters, and the rooms that are shut");
    add_config(ls, given.config);
    ls.callback([&given] { given.exit_code = cli::letter_ls(given.config); });
    auto const add = [&](std::string const& name, std::string const& what) -> CLI::App& {
        auto& verb = add_room_command(letter, given, name, what);
        verb.add_option("letter", given.letter, "Its number, as letter ls shows it")->required();
        return verb;
    };
    auto& retry = add("retry", "Try it again, under the same action id");
    retry.add_option("--name", given.name, "Another action than was asked for");
    retry.add_option("--body", given.body, "Other words for it, in JSON");
    retry.callback([&given] {
        given.exit_code
            = cli::letter_retry(given.config, given.room, given.letter, given.name, given.body);
    });
    add("discard", "Drop it for good").callback([&given] {
        given.exit_code = cli::letter_discard(given.config, given.room, given.letter);
    });
}

void add_projections(CLI::App& app, Given& given)
{
    auto& projections = *app.add_subcommand(
        "projections", "Leaderboards, and what else many games come to, of a running server");
    projections.require_subcommand(1);
    auto& list
        = *projections.add_subcommand("ls", "Where they are, and how far behind the log");
    add_config(list, given.config);
    list.callback([&given] { given.exit_code = cli::projections_ls(given.config); });
    auto& rebuild = *projections.add_subcommand(
        "rebuild", "Make them anew from the log, beside those that are");
    add_config(rebuild, given.config);
    rebuild.add_flag("--forget-archived", given.forgets_archived,
        "Also where there is an archive: rooms that it has are in no leaderboard any more");
    rebuild.callback([&given] {
        given.exit_code = cli::projections_rebuild(given.config, given.forgets_archived);
    });
}

void add_subject(CLI::App& app, Given& given)
{
    auto& subject = *app.add_subcommand("subject", "What rooms keep of a person");
    subject.require_subcommand(1);
    auto const add = [&](std::string const& name, std::string const& what) -> CLI::App& {
        auto& verb = *subject.add_subcommand(name, what);
        add_config(verb, given.config);
        verb.add_option("id", given.name, "The principal's id, as its token names it")->required();
        return verb;
    };
    add("export", "Print all of it as JSON, for the person").callback([&given] {
        given.exit_code = cli::subject_export(given.config, given.name);
    });
    auto& erase = add("erase", "Delete their keys: nobody can read their names again, anywhere");
    erase.add_flag("--yes", given.all, "Do not ask");
    erase.callback([&given] {
        given.exit_code = cli::subject_erase(given.config, given.name, given.all);
    });
}

void add_store(CLI::App& app, Given& given)
{
    auto& store = *app.add_subcommand("store", "Look after the store itself");
    store.require_subcommand(1);
    auto& status = *store.add_subcommand("status", "Which layout it has, and who holds it");
    add_config(status, given.config);
    status.callback([&given] { given.exit_code = cli::store_status(given.config); });
    auto& migrate = *store.add_subcommand(
        "migrate", "Bring its schema up to date; its servers must have stopped");
    add_config(migrate, given.config);
    migrate.callback([&given] { given.exit_code = cli::store_migrate(given.config); });
}

void add_archive(CLI::App& app, Given& given)
{
    auto& archive = *app.add_subcommand("archive", "Look after finished rooms that left the store");
    archive.require_subcommand(1);
    auto& ls = *archive.add_subcommand("ls", "List archived rooms by game and day");
    add_config(ls, given.config);
    ls.add_option("--game", given.game, "Only rooms of this game");
    ls.add_option("--day", given.day, "Only rooms that finished on this day (UTC)")
        ->type_name("YYYY-MM-DD");
    ls.callback(
        [&given] { given.exit_code = cli::archive_ls(given.config, given.game, given.day); });

    auto& verify = *archive.add_subcommand(
        "verify", "Read packs whole: every line, every link, every seal; and renew the index");
    add_config(verify, given.config);
    auto* const room = verify.add_option("room", given.room, "The room's id or code");
    verify.add_flag("--all", given.all, "All rooms; so without any, too")->excludes(room);
    verify.callback([&given] { given.exit_code = cli::archive_verify(given.config, given.room); });

    add_room_command(archive, given, "restore",
        "Bring a room back into the store, whose server must have stopped")
        .callback([&given] { given.exit_code = cli::archive_restore(given.config, given.room); });
    auto& replay = add_room_command(
        archive, given, "replay", "Build an archived room's state again; was it fair?");
    replay.add_option("--until", given.until, "Only up to this version")
        ->check(CLI::PositiveNumber);
    replay.callback([&given] {
        given.exit_code = cli::archive_replay(given.config, given.room, given.until);
    });
    auto& hold = add_room_command(
        archive, given, "hold", "Keep an archived room from being deleted");
    hold.add_option("--reason", given.reason, "Why; ls shows it")->required();
    hold.callback([&given] {
        given.exit_code = cli::archive_hold(given.config, given.room, given.reason);
    });
    add_room_command(archive, given, "release", "End a hold").callback([&given] {
        given.exit_code = cli::archive_release(given.config, given.room);
    });
}

// A command about a backup's target.
CLI::App& add_backup_command(
    CLI::App& backup, Given& given, std::string const& name, std::string const& what)
{
    auto& verb = *backup.add_subcommand(name, what);
    add_config(verb, given.config);
    verb.add_option("--from", given.backup.from, "The target; left out, backup.to")
        ->type_name("file:FOLDER|s3://BUCKET/PREFIX");
    return verb;
}

void add_backup(CLI::App& app, Given& given)
{
    auto& backup = *app.add_subcommand("backup", "Look after the backup of the embedded store");
    backup.require_subcommand(1);
    add_backup_command(backup, given, "ls", "List bases, and the segments after each")
        .callback([&given] { given.exit_code = cli::backup_ls(given.config, given.backup); });
    add_backup_command(backup, given, "verify", "Read all of it: is anything damaged or missing?")
        .callback([&given] { given.exit_code = cli::backup_verify(given.config, given.backup); });
    auto& restore
        = add_backup_command(backup, given, "restore", "Make a store of it, in a new file");
    restore.add_option("--to", given.backup.to, "The file; it must not exist")
        ->required()
        ->type_name("FILE");
    restore.add_option("--at", given.backup.at, "The moment, in UTC; left out, the latest")
        ->type_name("2026-11-21T14:03:07Z");
    restore.add_option("--chain", given.backup.chain, "The chain; left out, the newest that fits");
    restore.callback(
        [&given] { given.exit_code = cli::backup_restore(given.config, given.backup); });
    auto& drill = *backup.add_subcommand(
        "drill", "Restore into a temporary folder, replay, compare with the store that runs");
    add_config(drill, given.config);
    drill.callback([&given] { given.exit_code = cli::backup_drill(given.config); });
}

void add_events(CLI::App& app, Given& given)
{
    auto& events = *app.add_subcommand("events", "Look into the log of all events");
    events.require_subcommand(1);
    auto& verify = *events.add_subcommand("verify",
        "Look for damage in the whole store: sums, links, missing versions, snapshots by replay");
    add_config(verify, given.config);
    verify.callback([&given] { given.exit_code = cli::events_verify(given.config); });
    auto& repair = *events.add_subcommand("repair",
        "Mend a damaged store, whose server must have stopped: from the archive, the backup, "
        "another store; below snapshots");
    add_config(repair, given.config);
    repair.add_option("--from", given.repair.from, "Another store that may have what is gone")
        ->type_name("FILE");
    auto* const apply = repair.add_flag(
        "--apply", given.repair.apply, "Do it; left out, it only says what it would do");
    repair.add_flag("--cut", given.repair.cut, "Go on without events that nobody has")
        ->needs(apply);
    repair.callback(
        [&given] { given.exit_code = cli::events_repair(given.config, given.repair); });
    auto& tail = *events.add_subcommand("tail", "Print events, one JSON object a line");
    add_config(tail, given.config);
    tail.add_flag("-f,--follow", given.follow, "Go on with what comes");
    tail.add_option("--from", given.from, "Begin at this cursor")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    tail.callback([&given] {
        given.exit_code = cli::events_tail(given.config, given.follow, given.from);
    });
}

void add_audit(CLI::App& app, Given& given)
{
    auto& audit = *app.add_subcommand("audit", "What operators had done, and what came of it");
    audit.require_subcommand(1);
    auto& ls = *audit.add_subcommand("ls", "List the orders, oldest first");
    add_config(ls, given.config);
    ls.add_option("--since", given.moment, "Only from this day or moment on (UTC)")
        ->type_name("2026-11-21[T14:03:07Z]");
    ls.callback([&given] { given.exit_code = cli::audit_ls(given.config, given.moment); });
    auto& verify = *audit.add_subcommand("verify", "Is every entry there, and as it was written?");
    add_config(verify, given.config);
    verify.add_option("--seen", given.name, "An end that verify printed before")
        ->type_name("MONTH/NUMBER/LINK");
    verify.callback([&given] { given.exit_code = cli::audit_verify(given.config, given.name); });
}

void add_gen(CLI::App& app, Given& given)
{
    auto& gen = *app.add_subcommand("gen", "Write code for clients");
    gen.require_subcommand(1);
    auto& ts = *gen.add_subcommand("ts",
        "Write the types of a game for @gatehouse/client: its views, actions, news and questions");
    ts.add_option("GAME", given.game, "The game; left out, all of this binary");
    ts.add_option("-o,--output", given.name, "Where to; left out, standard output")
        ->type_name("FILE");
    ts.callback(
        [&given] { given.exit_code = cli::gen_ts(given.config, given.game, given.name); });
}

void add_conform(CLI::App& app, Given& given)
{
    auto& conform = *app.add_subcommand("conform",
        "Hold any server, or client, to the rules of the room protocol (docs/protocol.md)");
    auto* const url = conform.add_option("URL", given.conform.url, "ws://HOST:PORT, or http://");
    auto* const serve
        = conform
              .add_option("--serve", given.conform.serve,
                  "Look at a client instead, which is to come to this port of this machine")
              ->type_name("PORT")
              ->excludes(url);
    conform.add_option("--game", given.conform.game, "Make rooms of this one; else the first");
    conform.add_option("--only", given.conform.only, "Only these cases")->type_name("CASE");
    conform.add_option("--token", given.conform.token, "Log in with this; else as guests");
    conform.add_flag("--json", given.conform.as_json, "An object of JSON a line");
    conform.add_flag("--list", given.show, "List the cases, and the sentences that they check")
        ->excludes(url)
        ->excludes(serve);
    conform.callback([&given] {
        auto const& asked = given.conform;
        if (asked.url.empty() && !given.show && !asked.serve)
            throw CLI::RequiredError("URL or --serve");
        given.exit_code = given.show ? conform::list_cases(asked.as_json)
            : asked.serve            ? conform::judge_client(asked)
                                     : conform::judge_server(asked);
    });
}

}  // namespace

int gatehouse::main(int argc, char** argv, Games games)
try {
    CLI::App app(description, "gatehouse");
    app.set_version_flag("--version", std::string("gatehouse ") + GATEHOUSE_VERSION);
    app.require_subcommand(1);
    Given given{.config = {.games = std::move(games)}};
    add_run(app, given);
    add_check(app, given);
    add_explain(app, given);
    add_key(app, given);
    add_room(app, given);
    add_events(app, given);
    add_ban(app, given);
    add_letter(app, given);
    add_projections(app, given);
    add_subject(app, given);
    add_store(app, given);
    add_archive(app, given);
    add_backup(app, given);
    add_audit(app, given);
    add_gen(app, given);
    add_conform(app, given);
    app.footer(examples); // Of this page alone: commands made later would inherit it.
    try {
        app.parse(argc, argv);
    } catch (CLI::Success const& asked) {
        return app.exit(asked); // --help, --version
    } catch (CLI::ParseError const& error) {
        return complain(app, error);
    }
    return given.exit_code;
} catch (std::exception const& thrown) {
    std::fprintf(stderr, "gatehouse: %s\n", thrown.what());
    return 1;
}
