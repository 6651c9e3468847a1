// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an operator may decide, as plain values. The initialisers here are the defaults: there is no
// other place for them. `config/keys.hpp` is the table that names, explains and reads each field;
// `config/load.hpp` makes a Settings of texts. Structs compare by content, so a reload is a diff.
//
// Paths in a loaded Settings are resolved: what was relative in any file, variable or flag is
// relative to the folder of the main configuration file.

#include "base/time.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config {

template <typename T> using Named = std::map<std::string, T, std::less<>>;

// "host:port". An empty host listens on all addresses; port 0 lets the system choose (listeners
// only).
struct Address {
    std::string host {}; // IPv6 without its brackets.
    std::uint16_t port = 0;

    bool operator==(Address const&) const = default;
};

struct Size {
    std::uint64_t bytes = 0;

    bool operator==(Size const&) const = default;
};

struct Percent {
    int value = 0;

    bool operator==(Percent const&) const = default;
};

struct Rate {
    int count = 0;
    Duration period {};

    bool operator==(Rate const&) const = default;
};

// A folder or file; absolute, or relative to the working directory as the main file's folder is.
struct Path {
    std::string text {};

    bool operator==(Path const&) const = default;
};

// The value of an `env:NAME` or `file:PATH` reference. The reference may be shown, the value never.
struct Secret {
    std::string reference {}; // Empty: none given.
    std::string value {};

    bool operator==(Secret const&) const = default;
};

struct Listen {
    Address http {"", 8080};
    Address admin {"127.0.0.1", 9901};

    bool operator==(Listen const&) const = default;
};

// `memory`, `sqlite:PATH`, or `postgresql://USER:SECRET@HOST/DATABASE` with a SECRET by reference.
struct Store {
    enum class Kind : std::uint8_t { memory, sqlite, postgres };

    Kind kind = Kind::sqlite;
    Path path {"data/gatehouse.db"}; // Of sqlite; of postgres, only its folder counts.
    std::string url {};              // Of postgres, without its password.
    Secret password {};

    // Where this node keeps what it must not forget beside the store, such as the key that signs
    // guests' tokens. Empty for a store in memory: such a node forgets.
    [[nodiscard]] std::string data_folder() const;

    bool operator==(Store const&) const = default;
};

// What nodes share for speed, and can do without: `none`, `unix:PATH`, or
// `redis://[USER:SECRET@]HOST[:PORT][/DATABASE]` with a SECRET by reference.
struct Redis {
    enum class Kind : std::uint8_t { none, host, socket };

    Kind kind = Kind::none;
    Address address {};
    Path socket {};
    std::string user {}; // Empty: the default user.
    Secret password {};
    int database = 0;

    bool operator==(Redis const&) const = default;
};

// Guests: anyone may have a session by asking for it (POST /v1/sessions).
struct Anonymous {
    Duration ttl = std::chrono::hours(24);
    Secret key {}; // Signs the tokens. None: one is made once and kept in the data folder.

    bool operator==(Anonymous const&) const = default;
};

// One way to tell who is asking. Exactly one kind is set.
struct Auth {
    std::optional<Anonymous> anonymous {};

    bool operator==(Auth const&) const = default;
};

enum class LimitBy : std::uint8_t { ip, principal, route };
constexpr std::array<std::string_view, 3> enum_names(LimitBy)
{
    return {"ip", "principal", "route"};
}

struct Limit {
    Rate rate {};
    int burst = 0; // At once. Left out, it is the rate's count (a loaded Settings says so).
    LimitBy by = LimitBy::ip;

    bool operator==(Limit const&) const = default;
};

enum class Balance : std::uint8_t { round_robin, least_requests, p2c_ewma };
constexpr std::array<std::string_view, 3> enum_names(Balance)
{
    return {"round_robin", "least_requests", "p2c-ewma"};
}

struct Health {
    std::string path {}; // Empty: endpoints are not probed.
    Duration interval = std::chrono::seconds(5);
    Duration timeout = std::chrono::seconds(2);
    int up = 2;   // Answers in a row that make an endpoint healthy.
    int down = 3; // Failures in a row that make it unhealthy.

    bool operator==(Health const&) const = default;
};

struct Service {
    std::vector<Address> endpoints {}; // At least one.
    Balance balance = Balance::p2c_ewma;
    Duration timeout = std::chrono::seconds(30);
    Duration connect_timeout = std::chrono::seconds(2);
    Health health {};

    bool operator==(Service const&) const = default;
};

// PROTOCOL.md knows `memory` too; until rooms have epochs that change, there is one kind.
enum class Durability : std::uint8_t { durable };
constexpr std::array<std::string_view, 1> enum_names(Durability)
{
    return {"durable"};
}

// Where objects are kept: `none`, `file:FOLDER` or `s3://BUCKET/PREFIX`.
struct ObjectStore {
    enum class Kind : std::uint8_t { none, folder, bucket };

    Kind kind = Kind::none;
    Path folder {};
    std::string bucket {};
    std::string prefix {}; // Of all names in the bucket, without a '/' at its end.

    bool operator==(ObjectStore const&) const = default;
};

enum class S3Style : std::uint8_t { path, host };
constexpr std::array<std::string_view, 2> enum_names(S3Style)
{
    return {"path", "host"};
}

// Finished rooms, out of the store.
struct Archive {
    ObjectStore to {};
    std::string endpoint {}; // "https://HOST". Empty: Amazon's of the region.
    std::string region = "us-east-1";
    S3Style style = S3Style::path; // Is the bucket part of the path or of the host?
    Secret access_key {};
    Secret secret_key {};
    Duration after = std::chrono::hours(24);
    std::optional<Duration> keep {}; // Empty: for ever.
    // So many events of a room that is not finished leave the store. Empty: none.
    std::optional<int> compact {};

    bool operator==(Archive const&) const = default;
};

// The embedded store itself, elsewhere: what a lost machine is replaced from. A bucket is asked as
// `archive` says: the same service, the same keys.
struct Backup {
    ObjectStore to {};
    Duration base_every = std::chrono::hours(24);
    Duration keep = std::chrono::hours(14 * 24);

    bool operator==(Backup const&) const = default;
};

// In place of what `archive` says, for the rooms of one game.
struct GameArchive {
    std::optional<Duration> after {};
    std::optional<Duration> keep {};

    bool operator==(GameArchive const&) const = default;
};

// What becomes of the seat of a player who stays away from a running game.
enum class Absent : std::uint8_t { bot, wait, fallback, forfeit };
constexpr std::array<std::string_view, 4> enum_names(Absent)
{
    return {"bot", "wait", "default", "forfeit"};
}

struct Absence {
    Duration bot_after = std::chrono::seconds(20); // Away this long: what `then` says.
    Absent then = Absent::bot;

    bool operator==(Absence const&) const = default;
};

// Where a process listens that decides a game: `unix:PATH`.
struct RulesProcess {
    static constexpr std::size_t path_size_max = 107; // What the kernel takes.

    Path socket {};

    bool operator==(RulesProcess const&) const = default;
};

// So many sit in a room: of a game that a process decides.
struct Seats {
    int min = 1;
    int max = 0;

    bool operator==(Seats const&) const = default;
};

// Rooms of one game; the game's name is the key.
// How players are put together who look for others.
struct Matching {
    std::optional<int> players {};     // Empty: as many as there are seats.
    std::optional<int> players_min {}; // Empty: as the game needs.
    Duration patience = std::chrono::seconds(30);
    int window = 100; // Of ratings.
    int growth = 10;  // Each second.
    int window_max = 1'000;
    int waiting_max = 10'000;
    Duration join_within = std::chrono::seconds(60);

    bool operator==(Matching const&) const = default;
};

struct Rooms {
    Durability durability = Durability::durable;
    Absence absence {};
    Duration bot_think = std::chrono::milliseconds(700); // Before a bot's move.
    Duration seat_reserved = std::chrono::minutes(10); // For whom it waits.
    int max_rooms = 10'000;
    std::optional<Matching> match {}; // Empty: nobody is.
    GameArchive archive {};
    Rate rate {50, std::chrono::seconds(1)}; // Actions and questions of one player in one room.
    // Of a game that is not built in.
    std::optional<RulesProcess> rules {};
    std::optional<Seats> seats {};
    std::string title {}; // Empty: its name.

    bool operator==(Rooms const&) const = default;
};

// Which requests a route takes. The most specific match wins, whatever the order.
struct Match {
    std::string host {};                 // Lower case. Empty: any.
    std::string path {};                 // "/a/b", "/a/:id", "/a/**"
    std::vector<std::string> methods {}; // Empty: any.

    bool operator==(Match const&) const = default;
};

// Where a route leads.
struct Target {
    enum class Kind : std::uint8_t { service, rooms, files };

    Kind kind = Kind::service;
    std::string service {}; // Its name.
    Path folder {};         // Of files.

    bool operator==(Target const&) const = default;
};

enum class ErrorBodies : std::uint8_t { pass, normalize };
constexpr std::array<std::string_view, 2> enum_names(ErrorBodies)
{
    return {"pass", "normalize"};
}

struct Route {
    Match match {};
    Target to {};
    // Names of `auth`; any of them will do. Empty: anyone. On a route to `rooms` the room API
    // itself asks for it: POST /v1/sessions hands tokens out, so it needs none, and /v1/connect
    // takes the token in `hello`, because a browser's WebSocket can't send an Authorization header.
    std::vector<std::string> auth {};
    std::string limit {};               // A name of `limits`. Empty: none.
    std::optional<Duration> timeout {}; // Empty: the service's.
    Size max_body {1024 * 1024};
    ErrorBodies errors = ErrorBodies::pass;

    bool operator==(Route const&) const = default;
};

enum class LogLevel : std::uint8_t { debug, info, warn, error };
constexpr std::array<std::string_view, 4> enum_names(LogLevel)
{
    return {"debug", "info", "warn", "error"};
}

struct Log {
    LogLevel level = LogLevel::info;
    bool access = true; // One line per request.

    bool operator==(Log const&) const = default;
};

// How many shards (threads with a loop of their own). 0: `auto`, one per core.
struct Shards {
    int count = 0;

    bool operator==(Shards const&) const = default;
};

// What rooms, all together, may take of this server.
struct Capacity {
    Size memory {std::uint64_t {4} << 30};
    Percent short_at {80}; // Of that: idle rooms leave memory before their time.
    Duration sleep_after = std::chrono::minutes(10);
    Duration stuck_after = std::chrono::seconds(5); // In a game's code, without coming back.

    bool operator==(Capacity const&) const = default;
};

struct Drain {
    Duration timeout = std::chrono::seconds(10); // After SIGTERM, what is still open is closed.

    bool operator==(Drain const&) const = default;
};

struct Settings {
    Listen listen {};
    Store store {};
    Archive archive {};
    Backup backup {};
    Redis redis {};
    bool projections = true;
    Named<Auth> auth {};
    Named<Limit> limits {};
    Named<Service> services {};
    Named<Rooms> rooms {}; // By the name of the game.
    std::vector<Route> routes {};
    Log log {};
    Shards shards {};
    Capacity capacity {};
    Drain drain {};

    bool operator==(Settings const&) const = default;
};

} // namespace gatehouse::config
