// SPDX-License-Identifier: Apache-2.0
#include "http_load.hpp"
#include "room_load.hpp"
#include "runtime/descriptor_limit.hpp"
#include "verify.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <random>

namespace {

using namespace gatehouse;
using namespace gatehouse::load;

constexpr char const* description
    = "gatehouse-load: drives a gatehouse, and checks what it answers.\n"
      "Every action, ack, update and view is held against the promises of gatehouse.v1; it "
      "exits with 1\n"
      "where one is broken.\n";

constexpr char const* examples
    = "\nFirst steps:\n"
      "  gatehouse-load play --rooms 100                  100 games of four, for 10 s\n"
      "  gatehouse-load play --rooms 10 --seats 1 --think 300 --spectators 50\n"
      "                                                   one person and three bots, watched by "
      "50\n"
      "  gatehouse-load play --admin http://127.0.0.1:9901\n"
      "                                                   then compares all acks with history\n"
      "  gatehouse-load torture-client --rooms 20         while you kill -9 and restart the "
      "server;\n"
      "                                                   Ctrl-C (or SIGTERM) checks and prints "
      "the tally\n"
      "  gatehouse-load http --url http://127.0.0.1:8080/health --connections 200\n"
      "\nThe tally:\n"
      "  acked    actions that the server said it has kept\n"
      "  lost     acked, but not in history, or not where the ack said\n"
      "  twice    applied more than once\n"
      "  gaps     updates that do not follow each other, acks before their update, holes in "
      "history\n"
      "  unseen   shown to somebody, but not in history\n"
      "  differ   two views that should be equal are not\n";

struct Arguments {
    std::string url = "http://127.0.0.1:8080";
    std::string admin{};
    std::string game = "liap-tui";
    std::string options = "{}";
    int rooms = 10;
    int seats = 4;
    int spectators = 0;
    int logins = 0;
    int seconds = 10;
    int games = 0;
    int think_ms = 0;
    int repeat = 64;
    int drop = 0;
    int pace = 1'000;
    int threads = 1;
    int patience = 15;
    std::uint64_t seed = 0;
    std::string json{};
    std::string method = "GET";
    std::string token{};
    int connections = 50;
    int body_bytes = 0;
    bool close = false;
};

int complain(std::string_view what)
{
    std::fprintf(stderr, "gatehouse-load: %.*s\n", static_cast<int>(what.size()), what.data());
    return 1;
}

void add_common(CLI::App& verb, Arguments& arguments)
{
    verb.add_option("--url", arguments.url, "Where the server is")->capture_default_str();
    verb.add_option("--seconds", arguments.seconds, "How long")->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    verb.add_option("--threads", arguments.threads, "Threads to spread the load over")
        ->capture_default_str()->check(CLI::Range(1, 64));
    verb.add_option("--json", arguments.json, "Write the results to this file too");
}

void add_rooms(CLI::App& verb, Arguments& arguments)
{
    auto const count = CLI::Range(0, 1'000'000);
    add_common(verb, arguments);
    verb.add_option("--admin", arguments.admin, "The admin listener: compares acks with history");
    verb.add_option("--game", arguments.game, "Which game")->capture_default_str();
    verb.add_option("--options", arguments.options, "Options of the game, as JSON")
        ->capture_default_str();
    verb.add_option("--rooms", arguments.rooms, "Rooms at a time")->capture_default_str()
        ->check(CLI::Range(1, 100'000));
    verb.add_option(
            "--seats", arguments.seats, "Seats taken by us in each room; bots take the others")
        ->capture_default_str()
        ->check(CLI::Range(1, 64));
    verb.add_option("--spectators", arguments.spectators, "Spectators in each room")
        ->capture_default_str()->check(count);
    verb.add_option("--games", arguments.games, "Stop after as many games (0: only by time)")
        ->capture_default_str()->check(count);
    verb.add_option(
            "--think", arguments.think_ms, "Milliseconds to think before each action, on average")
        ->capture_default_str()
        ->check(count);
    verb.add_option("--repeat", arguments.repeat,
        "Send one in so many answered actions again, and expect the same answer (0: none)")
        ->capture_default_str()->check(count);
    verb.add_option("--drop", arguments.drop,
        "Hang up after one in so many actions, before the answer is there (0: never)")
        ->capture_default_str()->check(count);
    verb.add_option("--logins", arguments.logins,
        "Guests to log in; each plays in many rooms (0: as many as there are seats in a room)")
        ->capture_default_str()->check(count);
    verb.add_option("--connections-per-second", arguments.pace, "How fast to come")
        ->capture_default_str()->check(CLI::Range(1, 1'000'000));
    verb.add_option(
            "--patience", arguments.patience, "Seconds without any progress before giving up")
        ->capture_default_str()
        ->check(CLI::Range(1, 3'600));
    verb.add_option("--seed", arguments.seed, "Of our own choices (0: another one each time)");
}

int play(Arguments const& arguments)
{
    auto const* player = player_of(arguments.game);
    if (!player)
        return complain(fmt::format("{}: this program can only play liap-tui", arguments.game));
    if (arguments.seats > player->seats)
        return complain(
            fmt::format("--seats {}: {} has {}", arguments.seats, player->game, player->seats));
    json::Parser parser;
    if (auto const options = parser.parse(arguments.options); !options)
        return complain("--options: " + options.error().message);
    auto const target = resolve_target(arguments.url);
    if (!target)
        return complain(target.error().message);
    auto const admin = resolve_target(arguments.admin.empty() ? arguments.url : arguments.admin);
    if (!admin)
        return complain(admin.error().message);

    RoomLoadOptions options{.target = *target, .player = *player, .game_options = arguments.options,
        .seats = arguments.seats, .spectators = arguments.spectators,
        .logins = std::max(arguments.logins, std::max(arguments.seats, 1)),
        .think = std::chrono::milliseconds(arguments.think_ms), .repeat_one_in = arguments.repeat,
        .drop_one_in = arguments.drop,
        .connections_per_second = std::max(1, arguments.pace / arguments.threads),
        .patience = std::chrono::seconds(arguments.patience)};
    auto const threads = std::min(arguments.threads, arguments.rooms);
    auto const share_of = [threads](int total, int thread) {
        return total / threads + (thread < total % threads ? 1 : 0);
    };
    auto const seed = arguments.seed != 0 ? arguments.seed : std::random_device{}();

    runtime::Clock clock;
    auto ran = run(clock,
        {.threads = threads, .lasts = std::chrono::seconds(arguments.seconds), .line = rooms_line},
        [&](runtime::Reactor& reactor, int thread) {
            auto mine = options;
            mine.rooms = share_of(arguments.rooms, thread);
            if (arguments.games > 0)
                mine.games_max = static_cast<std::uint64_t>(share_of(arguments.games, thread));
            mine.seed = seed + static_cast<std::uint64_t>(thread);
            mine.keeps_acks = !arguments.admin.empty();
            return std::make_unique<RoomLoad>(reactor, std::move(mine));
        });

    Verdict verdict;
    std::size_t unfinished = 0;
    std::vector<RoomRecord const*> records;
    for (auto const& each : ran.loads) {
        auto& load = static_cast<RoomLoad&>(*each);
        verdict.merge(std::move(load.verdict()));
        unfinished += load.unfinished();
        for (auto const& record : load.records())
            records.push_back(record.get());
        for (auto const& words : load.complaints())
            complain(words);
    }
    if (!ran.how)
        return complain(ran.how.error().message);
    std::fputs(rooms_summary(ran.total, ran.seconds).c_str(), stdout);
    int exit_code = 0;
    if (!arguments.admin.empty()) {
        auto verified = verify(clock, *admin, records, std::chrono::seconds(arguments.patience));
        if (verified) {
            fmt::print("history      {} events of {} rooms read and compared\n", verified->events,
                verified->rooms);
            verdict.merge(std::move(verified->verdict));
        } else {
            exit_code = complain(verified.error().message);
        }
    } else {
        fmt::print(
            "history      not compared: --admin http://HOST:PORT names the admin listener\n");
    }
    for (auto const& reason : verdict.reasons())
        complain(reason);
    bool const is_written = write_json(arguments.json, to_json(ran.total, ran.seconds, &verdict));
    fmt::print("{}\n", verdict.tally());
    bool const is_clean = verdict.is_clean() && verdict.acks() > 0 && unfinished == 0;
    return is_clean && is_written ? exit_code : 1;
}

int http_load(Arguments const& arguments)
{
    auto const target = resolve_target(arguments.url);
    if (!target)
        return complain(target.error().message);
    HttpLoadOptions const options{.target = *target, .method = arguments.method,
        .token = arguments.token, .body_bytes = static_cast<std::size_t>(arguments.body_bytes),
        .connections = 0, .keep_alive = !arguments.close};
    auto const threads = std::min(arguments.threads, arguments.connections);
    runtime::Clock clock;
    auto const ran = run(clock,
        {.threads = threads, .lasts = std::chrono::seconds(arguments.seconds), .line = http_line},
        [&](runtime::Reactor& reactor, int thread) {
            auto mine = options;
            mine.connections = arguments.connections / threads
                + (thread < arguments.connections % threads ? 1 : 0);
            return std::make_unique<HttpLoad>(reactor, std::move(mine));
        });
    std::fputs(http_summary(ran.total, ran.seconds).c_str(), stdout);
    if (ran.total.http_answers == 0)
        return complain(fmt::format("{} answered nothing; is the server up?", arguments.url));
    return write_json(arguments.json, to_json(ran.total, ran.seconds, nullptr)) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv)
try {
    gatehouse::runtime::raise_descriptor_limit();
    CLI::App app(description, "gatehouse-load");
    app.footer(examples);
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::help);
    Arguments arguments;
    int exit_code = 0;

    auto& playing
        = *app.add_subcommand("play", "Play games through the room protocol, and check it");
    add_rooms(playing, arguments);
    playing.callback([&] { exit_code = play(arguments); });

    Arguments torture;
    torture.admin = "http://127.0.0.1:9901";
    torture.seconds = 1'000'000;
    torture.patience = 60;
    torture.repeat = 16;
    torture.drop = 250;
    auto& tortured = *app.add_subcommand("torture-client",
        "The same, for a server that is killed and restarted: plays until a signal, then compares "
        "everything with history; the last line is the tally");
    add_rooms(tortured, torture);
    tortured.callback([&] { exit_code = play(torture); });

    auto& http = *app.add_subcommand(
        "http", "Plain HTTP/1.1 load, one request at a time on each connection");
    add_common(http, arguments);
    http.add_option("--connections", arguments.connections, "Connections")->capture_default_str()
        ->check(CLI::Range(1, 100'000));
    http.add_option("--method", arguments.method, "The method")->capture_default_str()
        ->check([](std::string const& method) {
            bool const is_word = !method.empty()
                && std::ranges::all_of(method, [](char c) { return c >= 'A' && c <= 'Z'; });
            return is_word ? std::string() : std::string("expected a method such as GET or POST");
        });
    http.add_option("--body-bytes", arguments.body_bytes, "Bytes of each request's body")
        ->capture_default_str()->check(CLI::Range(0, 64 << 20));
    http.add_option("--token", arguments.token, "A bearer token");
    http.add_flag("--close,!--keep-alive", arguments.close, "A new connection for each request");
    http.callback([&] { exit_code = http_load(arguments); });

    CLI11_PARSE(app, argc, argv);
    return exit_code;
} catch (std::exception const& thrown) {
    std::fprintf(stderr, "gatehouse-load: %s\n", thrown.what());
    return 1;
}
