// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/key_file.hpp"

#include "storage/sqlite/keys_aside.hpp"
#include "storage/sqlite/layout.hpp"
#include "storage/sqlite/record.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <system_error>

namespace gatehouse::storage::sqlite {

using events::MemberKey;
using events::Membership;
using events::StreamAppend;
using namespace std::chrono_literals;

namespace {

std::int64_t to_bound(std::uint64_t value)
{
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min(value, most));
}

std::uint32_t sum_of(std::string_view stream, MemberKey const& member)
{
    Sum sum;
    sum.add(stream);
    sum.add(member.actor);
    sum.add(member.subject);
    sum.add(member.key);
    return sum.value();
}

// Columns: number, stream, actor, subject, key, sum. Less than so many are all that there are: what
// is damaged does not count.
Result<std::vector<Membership>> read_all(
    Execution rows, std::size_t most = std::numeric_limits<std::size_t>::max())
{
    std::vector<Membership> all;
    while (all.size() < most && rows.next()) {
        Membership membership{.number = static_cast<std::uint64_t>(rows.integer(0)),
            .stream = std::string(rows.bytes(1)),
            .member = {.subject = std::string(rows.bytes(3)),
                .actor = static_cast<std::uint32_t>(rows.integer(2)),
                .key = std::string(rows.bytes(4))}};
        if (rows.integer(5) == sum_of(membership.stream, membership.member))
            all.push_back(std::move(membership));
    }
    if (all.size() < most)
        GH_CHECK(rows.finish());
    return all;
}

// What was deleted may not lie in the WAL either, nor what it deleted in the database.
Result<void> empty_wal(Database& database)
{
    return database.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

bool is_damaged(Database const& database)
{
    return database.last_code() == SQLITE_CORRUPT && !database.is_in_transaction();
}

} // namespace

Result<std::unique_ptr<KeyFile>> KeyFile::open(Options const& options)
{
    std::unique_ptr<KeyFile> file(new KeyFile(options));
    std::error_code missing;
    bool const is_empty = std::filesystem::file_size(keys_of(options.file), missing) == 0;
    file->is_absent_ = options.access == Access::read_only && (missing || is_empty);
    if (!file->is_absent_)
        GH_CHECK(file->open_anyway());
    return file;
}

Result<void> KeyFile::open_anyway()
{
    auto opened = open();
    if (opened || !are_keys_damaged(options_))
        return opened;
    if (options_.access == Access::read_only) {
        is_absent_ = true;
        return {};
    }
    auto const kept = GH_TRY(put_keys_aside(options_));
    if (options_.on_keys_lost)
        options_.on_keys_lost(opened.error().detail, kept);
    return open();
}

Result<void> KeyFile::open()
{
    auto database = GH_TRY(open_keys(options_));
    auto const sql = [&](char const* text) { return database.prepare(text); };
    auto begin = GH_TRY(sql("BEGIN IMMEDIATE"));
    auto commit = GH_TRY(sql("COMMIT"));
    auto add = GH_TRY(sql("INSERT OR REPLACE INTO membership"
                          " (number, stream, actor, subject, key, sum)"
                          " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
    auto replace = GH_TRY(sql("DELETE FROM membership WHERE stream = ?1 AND actor = ?2"
                              " AND (subject, key) <> (?3, ?4)"));
    auto of_stream = GH_TRY(sql("SELECT number, stream, actor, subject, key, sum FROM membership"
                                " WHERE stream = ?1 ORDER BY actor"));
    auto of_subject
        = GH_TRY(sql("SELECT number, stream, actor, subject, key, sum FROM membership"
                     " WHERE subject = ?1 AND stream > ?2 ORDER BY stream, actor"));
    auto after = GH_TRY(sql("SELECT number, stream, actor, subject, key, sum FROM membership"
                            " WHERE number >= ?1 ORDER BY number"));
    auto forget = GH_TRY(sql("DELETE FROM membership WHERE number IN (SELECT number"
                             " FROM membership WHERE subject = ?1 ORDER BY stream, actor"
                             " LIMIT ?2)"));
    auto forget_one = GH_TRY(sql("DELETE FROM membership WHERE number = ?1"));
    auto blank_one = GH_TRY(sql("UPDATE membership SET key = zeroblob(length(key)), sum = -1"
                                " WHERE number = ?1 AND sum <> -1"));
    auto count_forgotten = GH_TRY(sql("UPDATE ring SET forgotten = forgotten + ?1"));
    auto drop = GH_TRY(sql("DELETE FROM membership WHERE stream = ?1"));
    auto ring = GH_TRY(sql("SELECT id, forgotten, (SELECT ifnull(max(seq), 0)"
                           " FROM sqlite_sequence WHERE name = 'membership') FROM ring"));
    opened_ = std::make_unique<Opened>(std::move(database), std::move(begin), std::move(commit),
        std::move(add), std::move(replace),
        std::move(of_stream), std::move(of_subject), std::move(after),
        std::move(forget), std::move(forget_one), std::move(blank_one),
        std::move(count_forgotten), std::move(drop), std::move(ring));
    return {};
}

// What asks a damaged page fails, and all else goes on. Other failures leave in doubt what the file
// holds. At first it is opened again at once, later after a pause.
void KeyFile::failed(Error const& why)
{
    if (opened_ && is_damaged(opened_->database))
        return;
    if (opened_)
        opened_->database.set_close(Close::leaves_wal);
    opened_.reset();
    why_closed_ = why;
    retry_at_ = now() + pause_;
    pause_ = std::clamp<std::chrono::milliseconds>(2 * pause_, 100ms, 5s);
}

template <typename Work>
Result<void> KeyFile::transaction(Opened& opened, Work const& work)
{
    auto done = opened.begin.execute();
    if (done)
        done = work();
    if (done)
        done = opened.commit.execute();
    if (!done && opened.database.is_in_transaction() && !opened.database.run("ROLLBACK"))
        done.error().code = ErrorCode::internal;
    return done;
}

// Whose key gives way to another one is to leave the backup, too: nobody will find them here to
// forget.
Result<void> KeyFile::add(Opened& opened, std::optional<std::uint64_t> number,
    std::string_view stream, MemberKey const& member)
{
    GH_CHECK(opened.replace.execute(stream, std::int64_t{member.actor},
        std::string_view(member.subject), Blob{member.key}));
    if (auto const replaced = sqlite3_changes64(opened.database.handle()); replaced > 0) {
        has_traces_ = true;
        GH_CHECK(opened.count_forgotten.execute(replaced));
    }
    return opened.add.execute(number ? std::optional(to_bound(*number)) : std::nullopt, stream,
        std::int64_t{member.actor}, std::string_view(member.subject), Blob{member.key},
        std::int64_t{sum_of(stream, member)});
}

Result<void> KeyFile::keep(std::span<StreamAppend const* const> appends)
{
    return with([&](Opened& opened) {
        return transaction(opened, [&]() -> Result<void> {
            for (auto const* const append : appends)
                for (auto const& member : append->keys)
                    GH_CHECK(add(opened, std::nullopt, append->stream, member));
            return {};
        });
    });
}

Result<void> KeyFile::restore(KeyRing const& ring)
{
    return with([&](Opened& opened) -> Result<void> {
        auto claim = GH_TRY(opened.database.prepare("UPDATE ring SET id = ?1, forgotten = ?2"));
        return claim.execute(Blob{ring.id}, to_bound(ring.forgotten));
    });
}

Result<void> KeyFile::restore(std::span<Membership const> memberships)
{
    return with([&](Opened& opened) {
        return transaction(opened, [&]() -> Result<void> {
            for (auto const& each : memberships)
                GH_CHECK(add(opened, each.number, each.stream, each.member));
            return {};
        });
    });
}

Result<std::vector<MemberKey>> KeyFile::of_stream(std::string_view stream)
{
    auto found = GH_TRY(
        with([&](Opened& opened) { return read_all(opened.of_stream.run(stream)); }));
    std::vector<MemberKey> members;
    members.reserve(found.size());
    for (auto& each : found)
        members.push_back(std::move(each.member));
    return members;
}

Result<KeyFile::Memberships> KeyFile::memberships(
    std::string_view subject, std::string_view after, std::size_t memberships_max)
{
    return with([&](Opened& opened) {
        return read_all(opened.of_subject.run(subject, after), memberships_max);
    });
}

Result<KeyFile::Memberships> KeyFile::keys(std::uint64_t after, std::size_t memberships_max)
{
    // "> after" would look at the page of `after` first, which may be damaged, not at the next one.
    return with([&](Opened& opened) {
        return read_all(opened.after.run(to_bound(std::max(after, after + 1))), memberships_max);
    });
}

// Rows move between pages as others come and go, and leave copies where they were, which deleting
// them does not overwrite: only a file that is written anew has none. About 2 s for a million keys.
Result<void> KeyFile::leave_no_trace()
{
    GH_CHECK(remove_keys_put_aside(options_));
    if (has_traces_)
        GH_CHECK(opened_->database.run("VACUUM"));
    has_traces_ = false;
    return empty_wal(opened_->database);
}

// `remove` tells how many. Where none are left, an earlier call may have deleted some and left
// traces.
template <typename Remove>
Result<std::uint64_t> KeyFile::forget_with(Opened& opened, Remove const& remove)
{
    std::int64_t forgotten = 0;
    auto const done = transaction(opened, [&]() -> Result<void> {
        forgotten = GH_TRY(remove());
        return {};
    });
    GH_CHECK(done);
    has_traces_ = has_traces_ || forgotten > 0;
    GH_CHECK(forgotten > 0 ? empty_wal(opened.database) : leave_no_trace());
    return static_cast<std::uint64_t>(forgotten);
}

Result<std::uint64_t> KeyFile::forget(std::string_view subject)
{
    return with([&](Opened& opened) {
        return forget_with(opened, [&]() -> Result<std::int64_t> {
            GH_CHECK(opened.forget.execute(subject, std::int64_t{forget_max}));
            auto const forgotten = sqlite3_changes64(opened.database.handle());
            if (forgotten > 0)
                GH_CHECK(opened.count_forgotten.execute(forgotten));
            return forgotten;
        });
    });
}

// A row in whose index something is damaged cannot be deleted. It loses its key, and then its sum
// is wrong, too; and that may not even be counted.
Result<std::uint64_t> KeyFile::forget_keys(std::span<std::uint64_t const> numbers)
{
    return with([&](Opened& opened) {
        auto const each = [&](Statement& statement, bool is_damaged) {
            return forget_with(opened, [&, is_damaged]() -> Result<std::int64_t> {
                std::int64_t forgotten = 0;
                for (auto const number : numbers) {
                    GH_CHECK(statement.execute(to_bound(number)));
                    forgotten += sqlite3_changes64(opened.database.handle());
                }
                if (forgotten > 0 && !is_damaged)
                    GH_CHECK(opened.count_forgotten.execute(forgotten));
                return forgotten;
            });
        };
        auto const deleted = each(opened.forget_one, false);
        bool const is_in_the_way = !deleted && deleted.error().code == ErrorCode::internal
            && !opened.database.is_in_transaction() && !numbers.empty();
        if (!is_in_the_way)
            return deleted;
        auto const blanked = each(opened.blank_one, true);
        static_cast<void>(opened.count_forgotten.execute(std::int64_t{1}));
        return blanked;
    });
}

Result<void> KeyFile::drop_keys(std::string_view stream)
{
    return with([&](Opened& opened) -> Result<void> {
        has_traces_ = true;
        GH_CHECK(transaction(opened, [&] { return opened.drop.execute(stream); }));
        return empty_wal(opened.database);
    });
}

Result<KeyRing> KeyFile::key_ring()
{
    return with([](Opened& opened) -> Result<KeyRing> {
        auto row = opened.ring.run();
        KeyRing ring;
        if (row.next())
            ring = {.id = std::string(row.bytes(0)),
                .forgotten = static_cast<std::uint64_t>(row.integer(1)),
                .last = static_cast<std::uint64_t>(row.integer(2))};
        GH_CHECK(row.finish());
        return ring;
    });
}

} // namespace gatehouse::storage::sqlite
