// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/views_file.hpp"

#include "base/cbor.hpp"
#include "base/fields.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace gatehouse::storage::sqlite {

namespace p = projections;

namespace {

std::string players_where(std::string_view condition)
{
    return "SELECT game, period, id, name, games, wins, draws, given_up, points, ms, rating,"
           " last_at FROM player WHERE "
        + std::string(condition);
}

std::string text(Execution const& row, int column)
{
    return std::string(row.bytes(column));
}

p::Player player_of(Execution const& row)
{
    return {.game = text(row, 0),
        .period = text(row, 1),
        .id = text(row, 2),
        .name = text(row, 3),
        .games = row.integer(4),
        .wins = row.integer(5),
        .draws = row.integer(6),
        .given_up = row.integer(7),
        .points = row.integer(8),
        .ms = row.integer(9),
        .rating = static_cast<int>(row.integer(10)),
        .last_at = WallTime{row.integer(11)}};
}

Result<std::vector<p::Player>> players_of(Execution rows)
{
    std::vector<p::Player> all;
    while (rows.next())
        all.push_back(player_of(rows));
    GH_CHECK(rows.finish());
    return all;
}

std::string played_where(std::string_view condition)
{
    return "SELECT room, seat, game, player, outcome, place, points, ms, rating, at FROM played"
           " WHERE "
        + std::string(condition);
}

Result<p::Played> played_of(Execution const& row)
{
    auto const outcome = row.integer(4);
    if (outcome < 0 || outcome > std::to_underlying(p::Outcome::given_up))
        return fail(ErrorCode::internal, "The rows are damaged.", "an outcome that is none");
    return p::Played{.room = text(row, 0),
        .seat = static_cast<int>(row.integer(1)),
        .game = text(row, 2),
        .player = text(row, 3),
        .outcome = static_cast<p::Outcome>(outcome),
        .place = static_cast<int>(row.integer(5)),
        .points = row.integer(6),
        .ms = row.integer(7),
        .rating = static_cast<int>(row.integer(8)),
        .at = WallTime{row.integer(9)}};
}

std::int64_t limit_of(std::size_t limit)
{
    return static_cast<std::int64_t>(std::min(limit, p::answer_rows_max));
}

} // namespace

ViewQuestions view_questions()
{
    auto const leaders = [](std::string const& by) {
        return players_where("game = ?1 AND period = ?2 ORDER BY " + by + " DESC, id LIMIT ?3");
    };
    return {.room = "SELECT id, game, opened_at, finished_at, past FROM room WHERE id = ?1",
        .played = played_where("room = ?1 ORDER BY seat"),
        .player = players_where("game = ?1 AND period = ?2 AND id = ?3"),
        .leaders = {leaders("wins"), leaders("rating"), leaders("points")},
        .stats = players_where("id = ?1 AND period = '' ORDER BY game LIMIT ?2"),
        .finished = "SELECT id FROM room WHERE game = ?1 AND finished_at IS NOT NULL"
                    " AND (finished_at, id) < (?2, ?3)"
                    " ORDER BY finished_at DESC, id DESC LIMIT ?4",
        .finished_by = "SELECT DISTINCT at, room FROM played WHERE game = ?1"
                       " AND (at, room) < (?2, ?3) AND player = ?5"
                       " ORDER BY at DESC, room DESC LIMIT ?4",
        .finished_room = "SELECT opened_at, finished_at FROM room WHERE id = ?1"};
}

// The rows as a transaction has them. What fails fails it as a whole.
class ViewsFile::OpenRows final : public p::Rows {
public:
    explicit OpenRows(Statements& statements)
        : statements_(statements)
    { }

    std::optional<p::Room> room(std::string_view id) override
    {
        auto row = statements_.room.run(id);
        if (!row.next()) {
            note(row.finish());
            return std::nullopt;
        }
        p::Room room{.id = text(row, 0), .game = text(row, 1), .opened_at = {row.integer(2)}};
        if (auto const at = row.optional_integer(3))
            room.finished_at = WallTime{*at};
        cbor::Reader past(row.bytes(4));
        read_cbor(past, room.past);
        if (past.is_broken() || !past.is_at_end() || room.past.tables.empty()) {
            note(fail(
                ErrorCode::internal, "The rows are damaged.", "what room " + room.id + " was"));
            return std::nullopt;
        }
        return room;
    }
    std::vector<p::Played> played(std::string_view room) override
    {
        std::vector<p::Played> all;
        auto rows = statements_.played.run(room);
        while (rows.next()) {
            auto played = played_of(rows);
            if (!played) {
                note(std::unexpected(played.error()));
                return {};
            }
            all.push_back(*std::move(played));
        }
        note(rows.finish());
        return all;
    }
    std::optional<p::Player> player(
        std::string_view game, std::string_view period, std::string_view id) override
    {
        auto row = statements_.player.run(game, period, id);
        if (row.next())
            return player_of(row);
        note(row.finish());
        return std::nullopt;
    }
    void put(p::Room const& room) override
    {
        std::string past;
        cbor::Writer out(past);
        write_cbor(out, room.past);
        auto const finished_at
            = room.finished_at ? std::optional<std::int64_t>(room.finished_at->ms) : std::nullopt;
        note(statements_.put_room.execute(std::string_view(room.id), std::string_view(room.game),
            room.opened_at.ms, finished_at, Blob{past}));
    }
    void put(p::Played const& played) override
    {
        note(
            statements_.put_played.execute(std::string_view(played.room), std::int64_t{played.seat},
                std::string_view(played.game), std::string_view(played.player),
                std::int64_t{std::to_underlying(played.outcome)}, std::int64_t{played.place},
                played.points, played.ms, std::int64_t{played.rating}, played.at.ms));
    }
    void put(p::Player const& player) override
    {
        note(statements_.put_player.execute(std::string_view(player.game),
            std::string_view(player.period), std::string_view(player.id),
            std::string_view(player.name), player.games, player.wins, player.draws, player.given_up,
            player.points, player.ms, std::int64_t{player.rating}, player.last_at.ms));
    }
    void remove_played(std::string_view room) override
    {
        note(statements_.remove_played.execute(room));
    }
    void remove(p::Player const& player) override
    {
        note(statements_.remove_player.execute(std::string_view(player.game),
            std::string_view(player.period), std::string_view(player.id)));
    }

    // The first failure.
    [[nodiscard]] Result<void> const& done() const { return done_; }

private:
    void note(Result<void> const& result)
    {
        if (done_ && !result)
            done_ = result;
    }

    Statements& statements_;
    Result<void> done_{};
};

Result<std::unique_ptr<ViewsFile>> ViewsFile::open(Options const& options)
{
    auto database = GH_TRY(open_views(options));
    return over(std::move(database));
}

Result<std::unique_ptr<ViewsFile>> ViewsFile::in_memory(std::size_t bytes_max)
{
    auto database = GH_TRY(views_in_memory(bytes_max));
    return over(std::move(database));
}

Result<std::unique_ptr<ViewsFile>> ViewsFile::over(Database database)
{
    auto const sql = [&](std::string const& text) { return database.prepare(text.c_str()); };
    auto const asks = view_questions();
    auto checkpoint = GH_TRY(sql("SELECT source, next, is_whole FROM checkpoint"));
    auto advance = GH_TRY(sql("UPDATE checkpoint SET source = ?1, next = ?2, is_whole = ?3"));
    auto room = GH_TRY(sql(asks.room));
    auto put_room = GH_TRY(sql("INSERT OR REPLACE INTO room VALUES (?1, ?2, ?3, ?4, ?5)"));
    auto of_room = GH_TRY(sql(asks.played));
    auto put_played = GH_TRY(sql("INSERT OR REPLACE INTO played"
                                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"));
    auto remove_played = GH_TRY(sql("DELETE FROM played WHERE room = ?1"));
    auto player = GH_TRY(sql(asks.player));
    auto put_player = GH_TRY(sql("INSERT OR REPLACE INTO player"
                                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"));
    auto remove_player
        = GH_TRY(sql("DELETE FROM player WHERE game = ?1 AND period = ?2 AND id = ?3"));
    auto by_wins = GH_TRY(sql(asks.leaders[0]));
    auto by_rating = GH_TRY(sql(asks.leaders[1]));
    auto by_points = GH_TRY(sql(asks.leaders[2]));
    auto stats = GH_TRY(sql(asks.stats));
    auto finished = GH_TRY(sql(asks.finished));
    auto finished_by = GH_TRY(sql(asks.finished_by));
    auto finished_room = GH_TRY(sql(asks.finished_room));
    Statements statements{std::move(checkpoint), std::move(advance), std::move(room),
        std::move(put_room), std::move(of_room), std::move(put_played), std::move(remove_played),
        std::move(player), std::move(put_player), std::move(remove_player),
        {std::move(by_wins), std::move(by_rating), std::move(by_points)}, std::move(stats),
        std::move(finished), std::move(finished_by), std::move(finished_room)};
    return std::unique_ptr<ViewsFile>(new ViewsFile(std::move(database), std::move(statements)));
}

// All or nothing. Where not even that can be said, the rows count as damaged.
template <typename Work>
Result<void> ViewsFile::transaction(Work const& work)
{
    auto done = database_.run("BEGIN IMMEDIATE");
    if (done)
        done = work();
    if (done)
        done = database_.run("COMMIT");
    if (!done && database_.is_in_transaction() && !database_.run("ROLLBACK"))
        done.error().code = ErrorCode::internal;
    return done;
}

Result<p::Checkpoint> ViewsFile::checkpoint()
{
    auto row = statements_.checkpoint.run();
    if (!row.next()) {
        GH_CHECK(row.finish());
        return fail(ErrorCode::internal, "The rows are damaged.", "they have no checkpoint");
    }
    return p::Checkpoint{.source = text(row, 0),
        .next = static_cast<events::LogCursor>(row.integer(1)),
        .is_whole = row.integer(2) != 0};
}

Result<void> ViewsFile::begin(std::string const& source)
{
    return transaction([&]() -> Result<void> {
        GH_CHECK(database_.run("DELETE FROM room; DELETE FROM played; DELETE FROM player"));
        return statements_.advance.execute(
            std::string_view(source), std::int64_t{0}, std::int64_t{0});
    });
}

Result<bool> ViewsFile::advance(
    p::Checkpoint const& from, p::Checkpoint const& to, std::function<void(p::Rows&)> const& change)
{
    bool is_first = true;
    auto const done = transaction([&]() -> Result<void> {
        is_first = GH_TRY(checkpoint()) == from;
        if (!is_first)
            return {};
        OpenRows rows(statements_);
        change(rows);
        GH_CHECK(rows.done());
        return statements_.advance.execute(std::string_view(to.source),
            static_cast<std::int64_t>(to.next), std::int64_t{to.is_whole});
    });
    GH_CHECK(done);
    return is_first;
}

// Moving the WAL into the database syncs both.
Result<void> ViewsFile::settle()
{
    return database_.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

// What moved between pages left copies where it was: only a file that is written anew has none.
Result<void> ViewsFile::forget(std::string const& player)
{
    if (player.empty())
        return {};
    auto seats = GH_TRY(database_.prepare("UPDATE played SET player = '' WHERE player = ?1"));
    auto rows = GH_TRY(database_.prepare("DELETE FROM player WHERE id = ?1"));
    auto const done = transaction([&]() -> Result<void> {
        GH_CHECK(seats.execute(std::string_view(player)));
        return rows.execute(std::string_view(player));
    });
    GH_CHECK(done);
    GH_CHECK(database_.run("VACUUM"));
    return settle();
}

Result<std::vector<p::Player>> ViewsFile::leaders(p::LeadersQuestion const& question)
{
    auto& statement = statements_.leaders.at(std::to_underlying(question.by));
    return players_of(statement.run(std::string_view(question.game),
        std::string_view(question.period), limit_of(question.limit)));
}

Result<std::vector<p::Player>> ViewsFile::stats(std::string const& player)
{
    return players_of(
        statements_.stats.run(std::string_view(player), limit_of(p::answer_rows_max)));
}

Result<std::vector<p::FinishedRoom>> ViewsFile::finished(p::FinishedQuestion const& question)
{
    auto const last = std::numeric_limits<std::int64_t>::max();
    auto const at = question.after ? question.after->at.ms : last;
    std::string_view const after = question.after ? question.after->room : std::string_view();
    std::vector<std::string> rooms;
    auto const read = [&](Execution rows, int column) -> Result<void> {
        while (rows.next())
            rooms.push_back(text(rows, column));
        return rows.finish();
    };
    std::string_view const game = question.game;
    auto const limit = limit_of(question.limit);
    if (question.player.empty())
        GH_CHECK(read(statements_.finished.run(game, at, after, limit), 0));
    else
        GH_CHECK(read(
            statements_.finished_by.run(game, at, after, limit, std::string_view(question.player)),
            1));
    std::vector<p::FinishedRoom> all;
    for (auto const& room : rooms) {
        auto found = GH_TRY(finished_room(room));
        all.push_back(std::move(found));
    }
    return all;
}

Result<p::FinishedRoom> ViewsFile::finished_room(std::string const& room)
{
    p::FinishedRoom found{.room = room};
    {
        auto row = statements_.finished_room.run(std::string_view(room));
        if (row.next()) {
            found.opened_at = WallTime{row.integer(0)};
            found.at = WallTime{row.integer(1)};
        }
        GH_CHECK(row.finish());
    }
    OpenRows rows(statements_);
    for (auto& played : rows.played(room)) {
        std::string name;
        if (!played.player.empty())
            if (auto const player = rows.player(played.game, "", played.player))
                name = player->name;
        found.seats.push_back({std::move(played), std::move(name)});
    }
    GH_CHECK(rows.done());
    return found;
}

Result<ViewsFile::Tally> ViewsFile::tally()
{
    Tally tally;
    tally.rooms = GH_TRY(database_.integer("SELECT count(*) FROM room"));
    tally.seats = GH_TRY(database_.integer("SELECT count(*) FROM played"));
    tally.players = GH_TRY(database_.integer("SELECT count(*) FROM player"));
    return tally;
}

} // namespace gatehouse::storage::sqlite
