// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

namespace {

using namespace gatehouse;

constexpr char const* description
    = "gatehouse: an API gateway and a room server whose rooms survive anything.\n"
      "An acked action is never lost and never applied twice.\n";

constexpr char const* examples
    = "\nFirst steps:\n"
      "  gatehouse check -c gatehouse.yaml          is the configuration sound?\n"
      "  gatehouse run -c gatehouse.yaml            serve; Ctrl-C drains and stops\n"
      "  kill -HUP PID                              reload (a saved file reloads by itself)\n"
      "  curl localhost:8080/health                 version, uptime, checks\n"
      "\nLook into rooms, while the server runs or when it is stopped:\n"
      "  gatehouse room ls                          which rooms there are\n"
      "  gatehouse room show ROOM                   who sits there, and every event\n"
      "  gatehouse room replay ROOM                 build its state again from its events\n"
      "  gatehouse room verify ROOM                 was every deal fair?\n"
      "  gatehouse events tail -f                   everything that becomes durable, as it does\n";

void add_config(CLI::App& verb, cli::ConfigArguments& arguments)
{
    verb.add_option("-c,--config", arguments.file, "The configuration file")
        ->capture_default_str()
        ->envname("GATEHOUSE_CONFIG");
    verb.add_option("--set", arguments.set, "Override one key: --set listen.http=:9090")
        ->type_name("KEY=VALUE");
}

// Lets the server be tested against a planted bug. Hidden from --help.
bool is_gate_off(CLI::App const& run) { return run.count("--planted-bug-gate-off") > 0; }

}  // namespace

int main(int argc, char** argv)
try {
    CLI::App app(description, "gatehouse");
    app.footer(examples);
    app.set_version_flag("--version", std::string("gatehouse ") + GATEHOUSE_VERSION);
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::help);

    cli::ConfigArguments config;
    int exit_code = 0;

    auto& run = *app.add_subcommand("run", "Serve until told to stop");
    add_config(run, config);
    run.add_flag("--planted-bug-gate-off")->group("");
    run.callback([&] { exit_code = cli::run(config, is_gate_off(run)); });

    bool as_json = false;
    bool show = false;
    auto& check
        = *app.add_subcommand("check", "Say whether the configuration is sound, and why not");
    add_config(check, config);
    check.add_flag("--show", show, "Print all settings, and where each one came from");
    check.add_flag("--json", as_json, "With --show: as JSON");
    check.callback([&] { exit_code = cli::check(config, as_json, show); });

    auto& room = *app.add_subcommand("room", "Look into rooms");
    room.require_subcommand(1);
    std::string game;
    std::string id;
    bool all = false;
    std::uint64_t until = 0;
    auto& ls = *room.add_subcommand("ls", "List the rooms that are not finished");
    add_config(ls, config);
    ls.add_option("--game", game, "Only rooms of this game");
    ls.add_flag("-a,--all", all, "Finished ones too");
    ls.callback([&] { exit_code = cli::room_ls(config, game, all); });
    auto& show_room = *room.add_subcommand("show", "Show a room: its seats, timers and events");
    add_config(show_room, config);
    show_room.add_option("room", id, "The room's id, or its invite code")->required();
    show_room.callback([&] { exit_code = cli::room_show(config, id); });
    auto& replay = *room.add_subcommand("replay", "Build a room's state again from its events");
    add_config(replay, config);
    replay.add_option("room", id, "The room's id, or its invite code")->required();
    replay.add_option("--until", until, "Only up to this version");
    replay.callback([&] { exit_code = cli::room_replay(config, id, until); });
    auto& verify = *room.add_subcommand("verify",
        "Check a room: versions without gaps, events that can be read, deals that follow from the "
        "seed that was committed to");
    add_config(verify, config);
    verify.add_option("room", id, "The room's id, or its invite code")->required();
    verify.callback([&] { exit_code = cli::room_verify(config, id); });

    auto& events = *app.add_subcommand("events", "Look into the log of all events");
    events.require_subcommand(1);
    bool follow = false;
    std::uint64_t from = 0;
    auto& tail = *events.add_subcommand("tail", "Print events, one JSON object a line");
    add_config(tail, config);
    tail.add_flag("-f,--follow", follow, "Go on with what comes");
    tail.add_option("--from", from, "Begin at this cursor")->capture_default_str();
    tail.callback([&] { exit_code = cli::events_tail(config, follow, from); });

    CLI11_PARSE(app, argc, argv);
    return exit_code;
} catch (std::exception const& thrown) {
    std::fprintf(stderr, "gatehouse: %s\n", thrown.what());
    return 1;
}
