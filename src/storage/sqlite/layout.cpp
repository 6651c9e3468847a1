// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/layout.hpp"

#include "events/chain.hpp"
#include "storage/sqlite/tables.hpp"

#include <fmt/core.h>

#include <array>
#include <unordered_map>
#include <utility>

namespace gatehouse::storage::sqlite {

namespace {

// Layout 1 had the slot in each event.
Result<void> upgrade_1(Database& database)
{
    return database.run("ALTER TABLE event DROP COLUMN slot; PRAGMA user_version = 2");
}

// Layout 2 had a column for each part of an event, knew no links, and kept all heads in memory.
class Upgrade2 {
public:
    Upgrade2(Database& database, Tables tables)
        : database_(database)
        , tables_(std::move(tables))
    { }

    Result<void> run()
    {
        GH_CHECK(add_streams());
        GH_CHECK(add_events());
        Checkpoint checkpoint{.row = streams_.last_row()};
        for (Slot slot = 0; slot < slots_total; slot++)
            checkpoint.last_positions[slot] = streams_.last_position(slot);
        GH_CHECK(tables_.keep_checkpoint(checkpoint));
        for (auto const& [id, link] : links_)
            GH_CHECK(tables_.keep_stream(*streams_.find(id)));
        return {};
    }

private:
    Result<void> add_streams()
    {
        auto select = GH_TRY(database_.prepare("SELECT id, name, category FROM stream_2"));
        auto row = select.run();
        while (row.next()) {
            Stream stream{.id = static_cast<StreamId>(row.integer(0)),
                .name = std::string(row.bytes(1)),
                .category = std::string(row.bytes(2))};
            stream.slot = slot_of(stream.name);
            GH_CHECK(tables_.add_stream(stream));
            links_[stream.id] = events::chain_start(stream.name);
            if (!streams_.restore(std::move(stream)))
                return damaged(fmt::format("stream {} does not fit", row.integer(0)));
        }
        return row.finish();
    }

    Result<void> add_events()
    {
        auto select = GH_TRY(database_.prepare(
            "SELECT id, stream, previous, version, position, type, schema, at, actor, action, data,"
            " finished, deadline FROM event_2 ORDER BY id"));
        auto row = select.run();
        while (row.next())
            GH_CHECK(add_event(row));
        return row.finish();
    }

    Result<void> add_event(Execution const& row)
    {
        auto const number
            = [&](int column) { return static_cast<std::uint64_t>(row.integer(column)); };
        auto const deadline = row.optional_integer(12);
        Place place{.row = number(0),
            .stream = static_cast<StreamId>(number(1)),
            .previous_row = number(2),
            .position = number(4)};
        events::StreamState const state{.finished = number(11) != 0,
            .deadline = deadline ? std::optional(WallTime{*deadline}) : std::nullopt};
        events::Event event{.version = number(3),
            .type = std::string(row.bytes(5)),
            .schema = static_cast<std::uint16_t>(number(6)),
            .at = {row.integer(7)},
            .cause = {.actor = static_cast<std::uint32_t>(number(8)), .action = number(9)},
            .data = std::string(row.bytes(10))};

        auto const* const stream = streams_.find(place.stream);
        if (stream && last_mark(event.version) == event.version)
            place.mark_row = stream->mark_row;
        if (!streams_.replay({.row = place.row,
                .stream = place.stream,
                .previous_row = place.previous_row,
                .version = event.version,
                .position = place.position,
                .state = state,
                .at = event.at}))
            return damaged(fmt::format("event {} does not follow the one before", place.row));
        auto& link = links_[place.stream];
        link = event.link = events::chain_link(link, event);
        NewEvent const added{place, &state, &event};
        return tables_.add_events({&added, 1});
    }

    Database& database_;
    Tables tables_;
    StreamTable streams_{~std::size_t{0}};
    std::unordered_map<StreamId, events::Link> links_;
};

Result<void> upgrade_2(Database& database)
{
    GH_CHECK(database.run("ALTER TABLE stream RENAME TO stream_2;"
                          "ALTER TABLE event RENAME TO event_2;"
                          "DROP TABLE slot; DROP TABLE checkpoint"));
    GH_CHECK(Tables::lay(database));
    GH_CHECK(Upgrade2(database, GH_TRY(Tables::prepare(database))).run());
    return database.run("DROP TABLE stream_2; DROP TABLE event_2; PRAGMA user_version = 3");
}

constexpr std::array upgrades{upgrade_1, upgrade_2};

template <typename Work>
Result<void> transaction(Database& database, Work const& work)
{
    GH_CHECK(database.run("BEGIN IMMEDIATE"));
    auto done = work(database);
    if (done)
        done = database.run("COMMIT");
    if (!done && database.is_in_transaction())
        static_cast<void>(database.run("ROLLBACK"));
    return done;
}

Result<void> lay_log(Database& database)
{
    return transaction(database, [](Database& empty) -> Result<void> {
        GH_CHECK(Tables::lay(empty));
        return empty.run("PRAGMA application_id = 0x47485345; PRAGMA user_version = 3");
    });
}

Result<void> upgrade_log(Database& database, std::int64_t from)
{
    for (auto at = static_cast<std::size_t>(from) - 1; at < upgrades.size(); at++)
        GH_CHECK(transaction(database, upgrades[at]));
    return {};
}

// AUTOINCREMENT: no number is ever given twice, so whoever has read up to one misses none.
constexpr char const* key_tables = R"(
    CREATE TABLE membership (
        number INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, actor INTEGER NOT NULL,
        subject TEXT NOT NULL, key BLOB NOT NULL, sum INTEGER NOT NULL);
    CREATE UNIQUE INDEX membership_actor ON membership (stream, actor);
    CREATE INDEX membership_subject ON membership (subject, stream, actor);
    CREATE TABLE ring (id BLOB NOT NULL, forgotten INTEGER NOT NULL);
    INSERT INTO ring VALUES (randomblob(16), 0);
    PRAGMA application_id = 0x4748534B;
    PRAGMA user_version = 1)";

Result<void> lay_keys(Database& database)
{
    return transaction(database, [](Database& empty) { return empty.run(key_tables); });
}

Result<void> upgrade_nothing(Database&, std::int64_t)
{
    return {}; // There is no older one.
}

// Each index is the order of an answer, so that none is sorted, nor looks at more than it tells.
constexpr char const* views_tables = R"(
    CREATE TABLE checkpoint (
        source TEXT NOT NULL, next INTEGER NOT NULL, is_whole INTEGER NOT NULL) STRICT;
    INSERT INTO checkpoint VALUES ('', 0, 0);
    CREATE TABLE room (
        id TEXT PRIMARY KEY, game TEXT NOT NULL, opened_at INTEGER NOT NULL,
        finished_at INTEGER, past BLOB NOT NULL) STRICT;
    CREATE INDEX room_finished ON room (game, finished_at DESC, id DESC)
        WHERE finished_at IS NOT NULL;
    CREATE TABLE played (
        room TEXT NOT NULL, seat INTEGER NOT NULL, game TEXT NOT NULL, player TEXT NOT NULL,
        outcome INTEGER NOT NULL, place INTEGER NOT NULL, points INTEGER NOT NULL,
        ms INTEGER NOT NULL, rating INTEGER NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (room, seat)) STRICT, WITHOUT ROWID;
    CREATE INDEX played_by ON played (player, game, at DESC, room DESC);
    CREATE TABLE player (
        game TEXT NOT NULL, period TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
        games INTEGER NOT NULL, wins INTEGER NOT NULL, draws INTEGER NOT NULL,
        given_up INTEGER NOT NULL, points INTEGER NOT NULL, ms INTEGER NOT NULL,
        rating INTEGER NOT NULL, last_at INTEGER NOT NULL,
        PRIMARY KEY (game, period, id)) STRICT, WITHOUT ROWID;
    CREATE INDEX player_by_wins ON player (game, period, wins DESC, id);
    CREATE INDEX player_by_rating ON player (game, period, rating DESC, id);
    CREATE INDEX player_by_points ON player (game, period, points DESC, id);
    CREATE INDEX player_by_id ON player (id, period, game);
    PRAGMA application_id = 0x47485356;
    PRAGMA user_version = 1)";

Result<void> lay_views(Database& database)
{
    return transaction(database, [](Database& empty) { return empty.run(views_tables); });
}

// AUTOINCREMENT: the number of a row is the version of its record, and none is given twice.
constexpr char const* records_tables = R"(
    CREATE TABLE record (
        version INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE,
        value BLOB NOT NULL, expires INTEGER, sum INTEGER NOT NULL) STRICT;
    CREATE INDEX record_expiry ON record (expires) WHERE expires IS NOT NULL;
    PRAGMA application_id = 0x47485352;
    PRAGMA user_version = 1)";

Result<void> lay_records(Database& database)
{
    return transaction(database, [](Database& empty) { return empty.run(records_tables); });
}

} // namespace

// "GHSE": gatehouse store of events.
Layout const& log_layout()
{
    static constexpr Layout layout{0x47485345, 1 + upgrades.size(), lay_log, upgrade_log};
    return layout;
}

// "GHSK": gatehouse store of keys.
Layout const& key_layout()
{
    static constexpr Layout layout{0x4748534b, 1, lay_keys, upgrade_nothing};
    return layout;
}

// "GHSV": gatehouse store of views.
Layout const& views_layout()
{
    static constexpr Layout layout{0x47485356, 1, lay_views, upgrade_nothing};
    return layout;
}

// "GHSR": gatehouse store of records.
Layout const& records_layout()
{
    static constexpr Layout layout{0x47485352, 1, lay_records, upgrade_nothing};
    return layout;
}

} // namespace gatehouse::storage::sqlite
