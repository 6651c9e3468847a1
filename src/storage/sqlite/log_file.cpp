// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/log_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>

namespace gatehouse::storage::sqlite {

using events::Appended;
using events::Event;
using events::LogCursor;
using events::LogPage;
using events::StreamAppend;
using events::StreamState;
using events::Version;

namespace {

// SQLite's integers are signed; ours keep their 64 bits.
constexpr std::int64_t to_column(std::uint64_t value)
{
    return static_cast<std::int64_t>(value);
}

std::optional<std::int64_t> to_column(std::optional<WallTime> at)
{
    return at ? std::optional(at->ms) : std::nullopt;
}

template <typename Unsigned = std::uint64_t>
Unsigned number(Execution const& row, int column)
{
    return static_cast<Unsigned>(row.integer(column));
}

StreamState state_of(Execution const& row, int finished, int deadline)
{
    auto const ms = row.optional_integer(deadline);
    return {.finished = row.integer(finished) != 0,
        .deadline = ms ? std::optional(WallTime{*ms}) : std::nullopt};
}

constexpr char const* one_event = "SELECT id, stream, previous, version, position, type, schema,"
                                  " at, actor, action, data FROM event WHERE id = ?1";
constexpr char const* events_from
    = "SELECT id, stream, previous, version, position, type, schema,"
      " at, actor, action, data FROM event WHERE id >= ?1 ORDER BY id";
// Of both queries above.
enum Column { id, stream, previous, version, position, type, schema, at, actor, action, data };

Event event_of(Execution const& row)
{
    return {.version = number(row, version),
        .type = std::string(row.bytes(type)),
        .schema = number<std::uint16_t>(row, schema),
        .at = {row.integer(at)},
        .cause = {.actor = number<std::uint32_t>(row, actor), .action = number(row, action)},
        .data = std::string(row.bytes(data))};
}

// What running a statement costs is shared by its rows.
constexpr std::size_t rows_at_once = 16;

// OR ROLLBACK, as an append that fails is rolled back whole: so SQLite need not be ready to undo
// one statement of many, and copies no page before it changes it.
std::string insert_events(std::size_t count)
{
    std::string sql = "INSERT OR ROLLBACK INTO event VALUES ";
    for (std::size_t i = 0; i < count; i++)
        sql += i == 0 ? "(?,?,?,?,?,?,?,?,?,?,?,?,?)" : ",(?,?,?,?,?,?,?,?,?,?,?,?,?)";
    return sql;
}

std::unexpected<Error> damaged(std::string detail)
{
    return fail(ErrorCode::internal, "The store is damaged.", std::move(detail));
}

} // namespace

Result<LogFile::Statements> LogFile::Statements::prepare(Database& database)
{
    return Statements{
        .begin = GH_TRY(database.prepare("BEGIN IMMEDIATE")),
        .commit = GH_TRY(database.prepare("COMMIT")),
        .add_stream
        = GH_TRY(database.prepare("INSERT INTO stream VALUES (?1, ?2, ?3, ?4, 0, 0, NULL, 0)")),
        .add_event = GH_TRY(database.prepare(insert_events(1).c_str())),
        .add_events = GH_TRY(database.prepare(insert_events(rows_at_once).c_str())),
        .event = GH_TRY(database.prepare(one_event)),
        .events_from = GH_TRY(database.prepare(sqlite::events_from)),
        .keep_head
        = GH_TRY(database.prepare("UPDATE stream SET version = ?2, finished = ?3, deadline = ?4,"
                                  " last_event = ?5 WHERE id = ?1")),
        .keep_position = GH_TRY(database.prepare("INSERT OR REPLACE INTO slot VALUES (?1, ?2)")),
        .keep_checkpoint = GH_TRY(database.prepare("UPDATE checkpoint SET event = ?1")),
    };
}

Result<std::unique_ptr<LogFile>> LogFile::open(Options const& options)
{
    auto database = GH_TRY(open_database(options));
    auto statements = GH_TRY(Statements::prepare(database));
    std::unique_ptr<LogFile> file(new LogFile(options, std::move(database), std::move(statements)));
    if (auto const loaded = file->load(); !loaded)
        return fail(loaded.error().code, loaded.error().message,
            fmt::format("{}: {}", options.file.native(), loaded.error().detail));
    return file;
}

Result<void> LogFile::load()
{
    auto heads = GH_TRY(database_.prepare("SELECT id, slot, name, category, version, finished, "
                                          "deadline, last_event FROM stream ORDER BY id"));
    auto head = heads.run();
    while (head.next())
        if (!streams_.restore({.id = number<StreamId>(head, 0),
                .slot = number<Slot>(head, 1),
                .name = std::string(head.bytes(2)),
                .category = std::string(head.bytes(3)),
                .version = number(head, 4),
                .state = state_of(head, 5, 6),
                .last_row = number(head, 7)}))
            return damaged(fmt::format("stream {} does not fit", head.integer(0)));
    GH_CHECK(head.finish());

    auto positions = GH_TRY(database_.prepare("SELECT id, position FROM slot"));
    auto last = positions.run();
    while (last.next())
        if (!streams_.restore(number<Slot>(last, 0), number(last, 1)))
            return damaged(fmt::format("there is no slot {}", last.integer(0)));
    GH_CHECK(last.finish());

    checkpoint_ = static_cast<RowId>(GH_TRY(database_.integer("SELECT event FROM checkpoint")));
    streams_.restore_last_row(checkpoint_);
    auto tail = GH_TRY(database_.prepare("SELECT id, stream, previous, version, position, finished,"
                                         " deadline FROM event WHERE id > ?1 ORDER BY id"));
    auto row = tail.run(to_column(checkpoint_));
    while (row.next()) {
        RowSummary const summary{.row = number(row, 0),
            .stream = number<StreamId>(row, 1),
            .previous_row = number(row, 2),
            .version = number(row, 3),
            .position = number(row, 4),
            .state = state_of(row, 5, 6)};
        if (!streams_.replay(summary))
            return damaged(fmt::format("event {} does not follow the one before", row.integer(0)));
        if (summary.previous_row <= checkpoint_)
            moved_.push_back(summary.stream);
    }
    return row.finish();
}

Result<LogFile::Answers> LogFile::append(std::span<StreamAppend const> batch)
{
    auto const moved_before = moved_.size();
    auto answers = commit(batch);
    if (answers) {
        streams_.keep();
        return answers;
    }
    moved_.resize(std::min(moved_before, moved_.size()));
    return std::unexpected(roll_back(std::move(answers.error())));
}

Result<LogFile::Answers> LogFile::commit(std::span<StreamAppend const> batch)
{
    Answers answers;
    answers.reserve(batch.size());
    GH_CHECK(statements_.begin.execute());
    rows_.clear();
    for (auto const& append : batch) {
        auto const placement = streams_.place(append);
        if (!placement) {
            answers.push_back(std::unexpected(placement.error()));
            continue;
        }
        GH_CHECK(write(*placement, append));
        answers.push_back(Appended{placement->slot, placement->first_position});
    }
    GH_CHECK(write_rows());
    bool const keeps_heads = streams_.last_row() - checkpoint_ >= checkpoint_events_min_;
    if (keeps_heads)
        GH_CHECK(keep_heads());
    GH_CHECK(statements_.commit.execute());
    if (keeps_heads) {
        checkpoint_ = streams_.last_row();
        moved_.clear();
    }
    return answers;
}

Result<void> LogFile::write(Placement const& placement, StreamAppend const& append)
{
    if (placement.is_new_stream)
        GH_CHECK(statements_.add_stream.execute(std::int64_t{placement.stream},
            std::int64_t{placement.slot}, std::string_view(append.stream),
            std::string_view(append.category)));
    if (placement.previous_row <= checkpoint_)
        moved_.push_back(placement.stream);

    auto row = placement.first_row;
    auto previous_row = placement.previous_row;
    auto slot_position = placement.first_position;
    for (auto const& event : append.events) {
        rows_.push_back(
            {row, placement.stream, previous_row, slot_position++, &event, &append.state});
        previous_row = row++;
    }
    return {};
}

Result<void> LogFile::write_rows()
{
    std::span<Row const> left(rows_);
    while (!left.empty()) {
        auto const count = left.size() < rows_at_once ? 1 : rows_at_once;
        auto& statement = count == 1 ? statements_.add_event : statements_.add_events;
        int parameter = 1;
        for (auto const& row : left.first(count))
            parameter = statement.bind_from(parameter, to_column(row.row), std::int64_t{row.stream},
                to_column(row.previous_row), to_column(row.event->version), to_column(row.position),
                std::string_view(row.event->type), std::int64_t{row.event->schema},
                row.event->at.ms, std::int64_t{row.event->cause.actor},
                to_column(row.event->cause.action), std::int64_t{row.state->finished},
                to_column(row.state->deadline), Blob{row.event->data});
        GH_CHECK(statement.execute());
        left = left.subspan(count);
    }
    return {};
}

Result<void> LogFile::keep_heads()
{
    for (auto const moved : moved_) {
        auto const& head = streams_.at(moved);
        GH_CHECK(statements_.keep_head.execute(std::int64_t{moved}, to_column(head.version),
            std::int64_t{head.state.finished}, to_column(head.state.deadline),
            to_column(head.last_row)));
    }
    for (Slot filled = 0; filled < slots_total; filled++)
        if (auto const last = streams_.last_position(filled); last != 0)
            GH_CHECK(statements_.keep_position.execute(std::int64_t{filled}, to_column(last)));
    return statements_.keep_checkpoint.execute(to_column(streams_.last_row()));
}

// `unavailable` promises that nothing was written. Believed only when the database says so too;
// otherwise the outcome is unknown.
Error LogFile::roll_back(Error why)
{
    streams_.take_back();
    if (database_.is_in_transaction())
        static_cast<void>(database_.run("ROLLBACK"));
    auto const last_row = database_.integer("SELECT max(id) FROM event");
    if (database_.is_in_transaction() || !last_row
        || static_cast<RowId>(*last_row) != streams_.last_row())
        why.code = ErrorCode::internal;
    return why;
}

Result<std::vector<Event>> LogFile::read(
    std::string_view name, Version after, std::size_t events_max)
{
    auto const* const head = streams_.find(name);
    if (!head || head->version <= after)
        return {};
    std::vector<Event> events(std::min<Version>(head->version - after, events_max));
    auto row = head->last_row;
    for (auto expected = head->version; expected > after; expected--) {
        auto found = statements_.event.run(to_column(row));
        if (!found.next()) {
            GH_CHECK(found.finish());
            return damaged(fmt::format("event {} is missing", row));
        }
        if (number<StreamId>(found, stream) != head->id || number(found, version) != expected)
            return damaged(fmt::format("event {} is not version {} of {}", row, expected, name));
        if (auto const index = expected - after - 1; index < events.size())
            events[index] = event_of(found);
        row = number(found, previous);
    }
    return events;
}

Result<LogPage> LogFile::log(LogCursor from, std::size_t events_max)
{
    LogPage page{.events = {}, .next = std::max<LogCursor>(from, 1), .is_last = false};
    auto const count_max = std::clamp<std::size_t>(events_max, 1, page_events_max);
    std::size_t bytes = 0;
    auto row = statements_.events_from.run(to_column(page.next));
    while (page.next <= streams_.last_row() && page.events.size() < count_max
        && bytes < page_bytes_max) {
        if (!row.next())
            GH_CHECK(row.finish());
        if (number(row, id) != page.next || !streams_.has(number<StreamId>(row, stream)))
            return damaged(fmt::format("event {} is missing", page.next));
        auto const& its_stream = streams_.at(number<StreamId>(row, stream));
        page.events.push_back(
            {its_stream.slot, number(row, position), its_stream.name, its_stream.category, {},
                event_of(row)});
        bytes += page.events.back().event.data.size();
        page.next++;
    }
    page.is_last = page.next > streams_.last_row();
    return page;
}

} // namespace gatehouse::storage::sqlite
