// SPDX-License-Identifier: Apache-2.0
#include "storage/verify.hpp"

#include "storage/conformance_test.hpp"
#include "storage/sqlite/check.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>

namespace gatehouse::storage {
namespace {

namespace fs = std::filesystem;
using events::Event;
using events::Finding;
using events::Version;
using testing::append_of;
using testing::Folder;
using testing::linked;
using testing::snapshot_of;

std::vector<std::string> findings_of(Log& log)
{
    std::vector<std::string> findings;
    verify(
        log,
        [&](Finding const& finding) {
            findings.push_back(
                finding.stream + "/" + std::to_string(finding.version) + " " + finding.what);
        },
        [](Verified const&) { });
    return findings;
}

using Findings = std::vector<std::string>;

// Rooms of one to a hundred linked events, among each other; some finished, compacted, erased.
void fill(Log& log)
{
    std::mt19937 chance(3);
    std::map<std::string, Event> last;
    for (int round = 0; round < 120; round++) {
        auto const stream = "c" + std::to_string(chance() % 12) + ".1";
        auto& tip = last[stream];
        auto const before = tip.version == 0 ? events::chain_start(stream) : tip.link;
        auto one = linked(append_of(stream, tip.version, chance() % 20 + 1,
                              std::string(chance() % 300, static_cast<char>(chance()))),
            before);
        one.state.finished = chance() % 5 == 0;
        tip = one.events.back();
        ASSERT_TRUE(log.append({one}).at(0));
    }
    for (auto& [stream, tip] : last) {
        auto kept = snapshot_of(stream, tip.version, std::string(chance() % 9000 + 1, 's'));
        kept.snapshot.link = tip.link;
        if (chance() % 2 == 0) {
            ASSERT_TRUE(log.keep(kept));
        }
        if (chance() % 3 == 0)
            static_cast<void>(log.compact(stream, chance() % tip.version + 1));
        if (chance() % 4 == 0)
            static_cast<void>(log.erase(stream, tip.version));
    }
}

// Everything that a log tells, as text.
std::string contents_of(Log& log)
{
    std::string all;
    auto const heads = log.streams("", 1000);
    if (!heads)
        return "unreadable";
    for (auto const& head : *heads) {
        all += head.stream + head.category + std::to_string(head.version)
            + std::to_string(head.floor) + std::to_string(head.at.ms)
            + std::to_string(head.state.finished)
            + std::to_string(head.state.deadline.value_or(WallTime{}).ms);
        auto const history = log.hydrate(head.stream, 10'000);
        if (!history)
            return "unreadable";
        if (history->snapshot)
            all += history->snapshot->state + history->snapshot->hash;
    }
    for (events::LogCursor from = 0;;) {
        auto const page = log.log(from, 1000);
        if (!page)
            return "unreadable";
        for (auto const& each : page->events) {
            all += each.stream + each.category + std::to_string(each.position) + each.event.type
                + std::to_string(each.event.version) + each.event.data
                + std::to_string(each.event.at.ms) + std::to_string(each.event.cause.action)
                + std::to_string(each.state.finished);
            all.append(reinterpret_cast<char const*>(each.event.link.data()), 16);
        }
        if (page->is_last)
            return all;
        from = page->next;
    }
}

TEST(Verify, finds_nothing_in_a_whole_log_and_counts_it)
{
    MemoryLog log;
    fill(log);
    EXPECT_EQ(findings_of(log), Findings{});
    std::uint64_t calls = 0;
    auto const verified = verify(
        log, [](Finding const&) { }, [&](Verified const&) { calls++; });
    EXPECT_EQ(verified.streams, log.streams("", 1000)->size());
    EXPECT_GT(verified.events, 500u);
    EXPECT_EQ(verified.findings, 0u);
    EXPECT_GE(calls, verified.streams);
}

TEST(Verify, finds_an_event_that_was_changed_or_has_no_link)
{
    MemoryLog log;
    auto changed = linked(append_of("a.1", 0, 5));
    changed.events[2].data = "other";
    auto bare = linked(append_of("b.1", 0, 3));
    bare.events[2].link = {};
    auto of_another_name = linked(append_of("c.1", 0, 1));
    of_another_name.stream = "d.1";
    for (auto const& one : {changed, bare, of_another_name})
        ASSERT_TRUE(log.append({one}).at(0));
    EXPECT_EQ(findings_of(log),
        (Findings{"a.1/3 its link does not fit: it, or an event before it, was changed",
            "b.1/3 its link is missing",
            "d.1/1 its link does not fit: it, or an event before it, was changed"}));
}

TEST(Verify, finds_a_snapshot_of_another_history)
{
    MemoryLog log;
    auto const all = linked(append_of("a.1", 0, 5));
    ASSERT_TRUE(log.append({all}).at(0));
    ASSERT_TRUE(log.keep(snapshot_of("a.1", 4)));
    EXPECT_EQ(findings_of(log),
        Findings{"a.1/4 the snapshot of this version belongs to another history"});
    ASSERT_TRUE(log.compact("a.1", 4));
    EXPECT_EQ(findings_of(log),
        Findings{"a.1/5 its link does not fit: it, or an event before it, was changed"});
    auto right = snapshot_of("a.1", 4);
    right.snapshot.link = all.events[3].link;
    ASSERT_TRUE(log.keep(right));
    EXPECT_EQ(findings_of(log), Findings{});
}

class VerifySqlite : public ::testing::Test {
protected:
    void SetUp() override
    {
        fill(*sqlite::SqliteLog::open(options_).value());
        whole_ = bytes();
    }

    std::string bytes() const
    {
        std::ifstream in(options_.file, std::ios::binary);
        return std::string(std::istreambuf_iterator(in), {});
    }

    void write(std::string const& bytes) const
    {
        std::ofstream(options_.file, std::ios::binary | std::ios::trunc) << bytes;
    }

    // By both, as far as each can look.
    Findings findings() const
    {
        Findings all;
        sqlite::check(options_, [&](Finding const& finding) { all.push_back(finding.what); });
        auto reading = options_;
        reading.access = sqlite::Access::read_only;
        auto const log = sqlite::SqliteLog::open(reading);
        if (!log)
            all.push_back(log.error().detail);
        else
            std::ranges::move(findings_of(**log), std::back_inserter(all));
        return all;
    }

    std::string contents() const
    {
        auto reading = options_;
        reading.access = sqlite::Access::read_only;
        auto const log = sqlite::SqliteLog::open(reading);
        return log ? contents_of(**log) : "unreadable";
    }

    void run_sql(char const* sql) const
    {
        auto database = sqlite::Database::open(options_.file, SQLITE_OPEN_READWRITE).value();
        ASSERT_TRUE(database.run(sql)) << sql;
    }

    Folder folder_;
    sqlite::Options options_{.file = folder_.path / "store.db",
        .checkpoint_events_min = 400,
        .ballast_bytes = 0};
    std::string whole_;
};

TEST_F(VerifySqlite, finds_nothing_in_a_whole_store)
{
    EXPECT_EQ(findings(), Findings{});
    EXPECT_EQ(bytes(), whole_) << "nothing was changed";
}

// Where a flipped bit is not found, it meant nothing.
TEST_F(VerifySqlite, finds_a_flipped_bit_on_any_page)
{
    auto const contents_before = contents();
    ASSERT_GT(contents_before.size(), 100'000u);
    std::mt19937 chance(11);
    int found = 0, flips = 0;
    for (std::size_t page = 0; page < whole_.size(); page += 4096)
        for (int i = 0; i < 8; i++, flips++) {
            auto damaged = whole_;
            auto const at = page + (i == 0 ? chance() % 100 : chance() % 4096);
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << chance() % 8));
            write(damaged);
            if (!findings().empty())
                found++;
            else
                ASSERT_EQ(contents(), contents_before) << "byte " << at;
        }
    EXPECT_GT(found, flips / 3);
}

// Rows that are searched for and walked through in different orders may be walked through for ever.
TEST_F(VerifySqlite, looks_no_further_where_events_are_out_of_order)
{
    std::size_t root = 0;
    {
        auto database = sqlite::Database::open(options_.file, SQLITE_OPEN_READWRITE).value();
        auto const* const sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'event'";
        root = static_cast<std::size_t>(database.integer(sql).value());
    }
    auto damaged = whole_;
    auto const word = [&](std::size_t at) {
        return static_cast<unsigned char>(damaged[at]) * 256uz
            + static_cast<unsigned char>(damaged[at + 1]);
    };
    // The page of the first events: https://sqlite.org/fileformat2.html#b_tree_pages.
    auto page = (root - 1) * 4096;
    while (damaged[page] == 5) {
        auto const cell = page + word(page + 12);
        page = (word(cell) * 65'536 + word(cell + 2) - 1) * 4096;
    }
    auto const cells = damaged.begin() + static_cast<std::ptrdiff_t>(page) + 8;
    std::swap_ranges(cells + 6, cells + 8, cells + 8); // The fourth one and the fifth.
    write(damaged);
    std::string all;
    sqlite::check(options_, [&](Finding const& finding) { all += finding.what + "\n"; });
    EXPECT_NE(all.find(" stands behind event "), std::string::npos) << all;
    EXPECT_EQ(all.find("1844674407370955"), std::string::npos) << all;
}

// Each try would keep its files open, until there are no more descriptors.
TEST_F(VerifySqlite, closes_what_it_cannot_read)
{
    auto const open_files = [] {
        return std::ranges::distance(std::filesystem::directory_iterator("/proc/self/fd"));
    };
    run_sql("DROP TABLE checkpoint"); // One of the last that are asked for.
    auto const before = open_files();
    EXPECT_FALSE(findings().empty());
    EXPECT_EQ(open_files(), before);
}

TEST_F(VerifySqlite, counts_the_keys_and_finds_what_is_wrong_with_them)
{
    auto const member = [](std::uint32_t actor) {
        return events::MemberKey{.subject = "u:" + std::to_string(actor), .actor = actor,
            .key = std::string(events::key_size, static_cast<char>(actor))};
    };
    std::vector<events::Membership> had;
    {
        auto const log = sqlite::SqliteLog::open(options_).value();
        for (std::uint32_t actor = 1; actor <= 100; actor++) {
            auto one = testing::append_of("keyed.1", actor - 1);
            one.keys.push_back(member(actor));
            ASSERT_TRUE(log->append({one}).at(0));
        }
        had = log->keys(0, 1000).value();
    }
    Findings found;
    auto const count = [&] {
        found.clear();
        return sqlite::check(
            options_, [&](Finding const& finding) { found.push_back(finding.what); });
    };
    EXPECT_EQ(count(), 100u);
    EXPECT_EQ(found, Findings{});

    auto const file = sqlite::keys_of(options_.file);
    std::ifstream in(file, std::ios::binary);
    auto const whole = std::string(std::istreambuf_iterator(in), {});
    std::mt19937 chance(3);
    for (std::size_t at = 0; at < whole.size(); at += 1 + chance() % 100) {
        auto damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << chance() % 8));
        std::ofstream(file, std::ios::binary | std::ios::trunc) << damaged;
        static_cast<void>(count());
        if (found.empty()) {
            auto reading = options_;
            reading.access = sqlite::Access::read_only;
            ASSERT_EQ(sqlite::SqliteLog::open(reading).value()->keys(0, 1000).value(), had) << at;
        }
    }
    std::ofstream(file, std::ios::binary | std::ios::trunc) << whole;
    {
        auto database = sqlite::Database::open(file, SQLITE_OPEN_READWRITE).value();
        ASSERT_TRUE(database.run("UPDATE membership SET subject = 'x' WHERE actor < 4"));
    }
    EXPECT_EQ(count(), 97u);
    EXPECT_EQ(found.size(), 1u);
}

// Some of it SQLite asks for only as it writes.
TEST_F(VerifySqlite, finds_all_that_keeps_a_start_from_being_had)
{
    for (std::size_t at = 0; at < 100; at += at < 24 ? 1 : 9)
        for (int bit = 0; bit < 8; bit++) {
            auto damaged = whole_;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
            write(damaged);
            bool const is_found = !findings().empty();
            ASSERT_TRUE(is_found || sqlite::SqliteLog::open(options_)) << at << ", " << bit;
        }
}

TEST_F(VerifySqlite, finds_what_is_missing_and_what_does_not_belong_there)
{
    for (auto const* const damage :
        {"DELETE FROM event WHERE id = (SELECT max(id) - 300 FROM event)",
            "DELETE FROM event WHERE id = (SELECT max(id) FROM event)",
            "DELETE FROM stream WHERE id = (SELECT min(id) FROM stream)",
            "DELETE FROM stream WHERE id = (SELECT max(id) FROM stream)",
            "DELETE FROM hole WHERE first = (SELECT max(first) FROM hole)",
            "UPDATE hole SET last = last + 1 WHERE first = (SELECT min(first) FROM hole)",
            "DELETE FROM snapshot WHERE stream IN (SELECT id FROM stream WHERE floor > 0)",
            "UPDATE snapshot SET state = 'other'", "DELETE FROM checkpoint",
            "UPDATE checkpoint SET event = event - 1",
            "UPDATE stream SET category = 'other'"}) {
        write(whole_);
        run_sql(damage);
        EXPECT_FALSE(findings().empty()) << damage;
    }
}

// A log that breaks off early lays old pages over newer ones, and not over all of them.
TEST_F(VerifySqlite, finds_a_snapshot_of_events_that_are_gone)
{
    {
        auto const log = sqlite::SqliteLog::open(options_).value();
        ASSERT_TRUE(log->append({append_of("late.1", 0, 5)}).at(0));
        auto snapshot = snapshot_of("late.1", 5);
        snapshot.snapshot.link = log->read("late.1", 4, 1)->front().link;
        ASSERT_TRUE(log->keep(std::move(snapshot)));
    }
    EXPECT_EQ(findings(), Findings{});
    run_sql("DELETE FROM event WHERE id = (SELECT max(id) FROM event)");
    auto const found = findings();
    auto const says = [&](std::string_view what) {
        return std::ranges::any_of(found, [&](auto const& each) { return each.contains(what); });
    };
    EXPECT_TRUE(says("the snapshot of version 5 is newer: events are lost"));
    EXPECT_TRUE(says("late.1 has a snapshot of version 5 and events up to 4"));
}

} // namespace
} // namespace gatehouse::storage
