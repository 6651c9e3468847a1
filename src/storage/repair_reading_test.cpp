// SPDX-License-Identifier: Apache-2.0
// What a repair can read of a damaged store, and that it only reads.
#include "storage/repair_test.hpp"

#include "storage/archive/folder.hpp"
#include "storage/archive/pack.hpp"
#include "storage/archive/part.hpp"
#include "storage/archive/testing.hpp"
#include "storage/sqlite/open.hpp"
#include "storage/sqlite/tables.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <sys/resource.h>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gatehouse::storage::sqlite {
namespace {

namespace fs = std::filesystem;
using events::Event;
using events::Version;
using storage::testing::append_of;
using storage::testing::linked;
using testing::contents_of;
using testing::RepairSqlite;
using testing::Teller;

class RepairReads : public RepairSqlite {
protected:
    // The store, and whatever SQLite may lay beside it.
    std::map<std::string, std::string> files() const
    {
        std::map<std::string, std::string> all;
        for (auto const& each : fs::directory_iterator(folder_.path))
            if (auto const name = each.path().filename().native(); name.starts_with("store.db"))
                all[name] = bytes_of(each.path());
        return all;
    }

    // Where the top of a table lies in the file.
    std::size_t page_of(std::string const& table) const
    {
        auto database = Database::open(options_.file, SQLITE_OPEN_READWRITE).value();
        auto const sql = "SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'";
        return static_cast<std::size_t>(database.integer(sql.c_str()).value() - 1) * 4096;
    }

    void lose_page_of(std::string const& table)
    {
        auto damaged = whole_;
        std::fill_n(
            damaged.begin() + static_cast<std::ptrdiff_t>(page_of(table)), 4096, '\0');
        write(damaged);
    }

    // What SQLite leaves that died amid writing the second page, in a store that is in no WAL mode
    // yet: https://sqlite.org/fileformat2.html#the_rollback_journal.
    std::string hot_journal() const
    {
        std::string journal = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
        auto const add = [&journal](std::size_t word) {
            for (int shift = 24; shift >= 0; shift -= 8)
                journal.push_back(static_cast<char>(word >> shift));
        };
        auto const page = whole_.substr(4096, 4096);
        for (std::size_t const word : {1u, 0u, static_cast<unsigned>(whole_.size() / 4096), 512u,
                 4096u})
            add(word);
        journal.resize(512);
        add(2);
        journal += page;
        std::size_t sum = 0;
        for (std::size_t at = 4096 - 200; at > 0 && at < 4096; at -= 200)
            sum += static_cast<std::uint8_t>(page[at]);
        add(sum);
        return journal;
    }

    void read_in_all_ways()
    {
        static_cast<void>(findings_in(options_));
        auto repair = Repair::open(options_.file, folder_.path / "spool.db");
        EXPECT_TRUE(!repair || repair->ask({}));
    }
};

// Of the header, SQLite takes some for an order to write.
TEST_F(RepairReads, changes_no_byte_whatever_the_header_says)
{
    kill_in_the_midst();
    for (std::size_t at = 0; at < 100; at++)
        for (int bit = 0; bit < 8; bit += 1 + static_cast<int>(at % 2)) {
            auto damaged = whole_;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
            write(damaged, at % 3 == 0 ? wal_ : "");
            auto const before = files();
            read_in_all_ways();
            ASSERT_EQ(files(), before) << "byte " << at << ", bit " << bit;
        }
}

TEST_F(RepairReads, makes_and_removes_no_file)
{
    kill_in_the_midst();
    auto old = whole_;
    old[18] = old[19] = 1; // Of no WAL.
    for (auto const& [bytes, wal, journal] : {std::tuple(whole_, wal_, true),
             std::tuple(old, std::string(), true), std::tuple(old, std::string(), false),
             std::tuple(std::string(), wal_, false), std::tuple(std::string(), wal_, true),
             std::tuple(whole_.substr(0, 4096), wal_, false)}) {
        write(bytes, wal);
        if (wal.empty())
            fs::remove(wal_of(options_.file));
        fs::remove(options_.file.native() + "-journal");
        if (journal)
            std::ofstream(options_.file.native() + "-journal")
                << "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"; // As a journal begins.
        auto const before = files();
        read_in_all_ways();
        ASSERT_EQ(files(), before);
    }
}

// A server would take it for a new store, and remove what is left of the old one.
TEST_F(RepairReads, leaves_the_wal_of_a_file_that_is_empty)
{
    kill_in_the_midst();
    write("", wal_);
    auto const opened = SqliteLog::open(options_);
    ASSERT_FALSE(opened);
    EXPECT_TRUE(opened.error().detail.contains("gatehouse backup restore"))
        << opened.error().detail;
    EXPECT_EQ(bytes_of(wal_of(options_.file)), wal_);
}

TEST_F(RepairReads, names_a_damaged_header_and_what_helps)
{
    for (std::size_t const at : {std::size_t{18}, std::size_t{19}}) {
        auto damaged = whole_;
        damaged[at] = 9;
        write(damaged);
        fs::remove(wal_of(options_.file));
        auto const opened = SqliteLog::open(options_);
        ASSERT_FALSE(opened) << at;
        EXPECT_TRUE(opened.error().detail.contains("damaged")) << opened.error().detail;
        EXPECT_TRUE(opened.error().detail.contains("gatehouse")) << opened.error().detail;
        EXPECT_FALSE(opened.error().detail.contains("not writable")) << opened.error().detail;
    }
}

// Nor is a sound one called damaged where SQLite is kept from it: a repair would help nobody.
TEST_F(RepairReads, calls_no_store_damaged_that_is_not)
{
    write(whole_);
    std::ofstream(options_.file.native() + "-journal") << hot_journal();
    auto reading = options_;
    reading.access = Access::read_only;
    auto const beside_journal = open_database(reading);
    ASSERT_FALSE(beside_journal);
    EXPECT_EQ(beside_journal.error().code, ErrorCode::unavailable);
    EXPECT_FALSE(beside_journal.error().detail.contains("damaged"));
    fs::remove(options_.file.native() + "-journal");

    rlimit usual{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
    auto const next = ::dup(STDERR_FILENO); // The first descriptor that is free.
    ::close(next);
    bool opens = false;
    std::set<std::string> said;
    for (int more = 0; !opens && more < 10; more++) {
        auto few = usual;
        few.rlim_cur = static_cast<rlim_t>(next + more);
        ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
        auto const opened = open_database(options_);
        ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &usual), 0);
        opens = opened.has_value();
        if (!opens && opened.error().detail.contains("SQLite"))
            said.insert(opened.error().detail);
        if (!opens) {
            EXPECT_EQ(opened.error().code, ErrorCode::unavailable) << opened.error().detail;
        }
    }
    EXPECT_TRUE(opens);
    ASSERT_FALSE(said.empty());
    for (auto const& each : said)
        EXPECT_TRUE(each.contains("Too many open files")) << each;
}

// ---- Pages of which others hang

TEST_F(RepairReads, finds_events_that_no_page_leads_to_any_more)
{
    auto const root = page_of("event");
    ASSERT_EQ(whole_[root], 5) << "there are leaves below it";
    auto const word = [this, root](std::size_t at) {
        return static_cast<std::uint8_t>(whole_[root + at]) * 256u
            + static_cast<std::uint8_t>(whole_[root + at + 1]);
    };
    for (std::size_t cell = 0; cell < word(3); cell += 3)
        for (std::size_t const byte : {3u, 4u}) { // Which page lies below, or which rows do.
            auto damaged = whole_;
            damaged[root + word(12 + 2 * cell) + byte] ^= 1;
            write(damaged);
            auto const plan = repair({});
            ASSERT_TRUE(plan);
            EXPECT_EQ(plan->unknown, 0u) << cell;
            EXPECT_EQ(repaired(), before_) << "cell " << cell << ", byte " << byte;
        }
    auto damaged = whole_;
    std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(root), 4096, '\0');
    write(damaged);
    auto const plan = repair({});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->why_endless, "its last pages are damaged");
    EXPECT_EQ(plan->unknown, 0u);
    EXPECT_EQ(repaired(), before_);
}

TEST_F(RepairReads, finds_snapshots_that_no_page_leads_to_any_more)
{
    ASSERT_EQ(whole_[page_of("snapshot")], 5) << "there are leaves below it";
    ASSERT_TRUE(std::ranges::any_of(before_, [](auto const& each) { return each.second.floor; }));
    lose_page_of("snapshot");
    auto const plan = repair({});
    ASSERT_TRUE(plan);
    EXPECT_FALSE(plan->cuts());
    EXPECT_EQ(repaired(), before_);
    auto const log = SqliteLog::open(repaired_).value();
    for (auto const& [name, stream] : before_)
        EXPECT_EQ(log->hydrate(name, 1)->snapshot, other_->hydrate(name, 1)->snapshot) << name;
}

// As of a room that had the number before.
TEST_F(RepairReads, takes_no_snapshot_that_its_room_does_not_prove)
{
    auto const compacted = std::ranges::find_if(
        before_, [](auto const& each) { return each.second.floor > 0; });
    {
        auto database = open_database(options_).value();
        auto tables = Tables::prepare(database).value();
        auto const id = tables.stream(compacted->first).value()->id;
        auto snapshot = tables.snapshot(id).value().value();
        snapshot.link = {};
        ASSERT_TRUE(tables.keep_snapshot(id, snapshot));
    }
    whole_ = bytes_of(options_.file);
    lose_page_of("snapshot");
    auto const plan = repair({});
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->cuts());
    for (auto const& each : plan->mended)
        EXPECT_EQ(each.cut.empty(), each.stream != compacted->first) << each.stream;
}

// What SQLite freed lies where it was.
TEST_F(RepairReads, brings_nothing_back_that_was_removed)
{
    {
        auto const log = SqliteLog::open(options_).value();
        auto long_one = linked(append_of("long.1", 0, 400, std::string(300, 'x')));
        long_one.state = {.finished = true, .deadline = {}};
        ASSERT_TRUE(log->append({long_one}).at(0));
        ASSERT_TRUE(log->erase("long.1", 400));
        before_ = contents_of(*log);
    }
    whole_ = bytes_of(options_.file);
    std::fill_n(whole_.begin() + static_cast<std::ptrdiff_t>(page_of("event")), 4096, '\0');
    write(whole_);
    auto const plan = repair({});
    ASSERT_TRUE(plan);
    EXPECT_EQ(repaired(), before_);
}

TEST_F(RepairReads, loses_no_room_with_the_page_that_has_its_name)
{
    category_of_ = [](Event const*, events::Snapshot const*) { return "liap-tui"; };
    lose_page_of("stream");
    auto const plan = repair({});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->unknown, 0u);
    EXPECT_EQ(repaired(), before_);
    ASSERT_EQ(plan->mended.size(), before_.size());
    for (auto const& each : plan->mended) {
        EXPECT_TRUE(each.lost_row && each.cut.empty()) << each.stream;
        EXPECT_EQ(each.unproven_name, before_.at(each.stream).floor > 0) << each.stream;
    }
    category_of_ = {};
    auto const nameless = repair({});
    ASSERT_TRUE(nameless);
    EXPECT_TRUE(nameless->cuts()) << "nobody says of which game they are";
}

TEST_F(RepairReads, proves_a_lost_name_by_an_event_that_no_page_leads_to)
{
    category_of_ = [](Event const*, events::Snapshot const*) { return "liap-tui"; };
    for (auto const* const table : {"stream", "event"})
        std::fill_n(
            whole_.begin() + static_cast<std::ptrdiff_t>(page_of(table)), 4096, '\0');
    write(whole_);
    auto const plan = repair({});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->unknown, 0u);
    EXPECT_EQ(repaired(), before_);
    for (auto const& each : plan->mended)
        EXPECT_TRUE(each.cut.empty()) << each.stream;
}

TEST_F(RepairReads, proves_a_lost_name_by_what_was_compacted)
{
    auto const played = linked(append_of("long.1", 0, 40));
    {
        auto const log = SqliteLog::open(options_).value();
        ASSERT_TRUE(log->append({played}).at(0));
        ASSERT_TRUE(log->keep(snapshot_at("long.1", played.events[19], 50)));
        ASSERT_TRUE(log->compact("long.1", 20));
        before_ = contents_of(*log);
    }
    whole_ = bytes_of(options_.file);
    category_of_ = [](Event const*, events::Snapshot const*) { return "liap-tui"; };
    lose_page_of("stream");
    Teller archive(Origin::its_histories, "long.1");
    archive.tell = [&played](auto const&) {
        return std::vector<Event>(played.events.begin(), played.events.begin() + 20);
    };
    for (bool const is_asked : {true, false}) {
        std::vector<RepairSource*> asked{&archive};
        asked.resize(is_asked ? 1 : 0);
        auto const plan = repair(asked);
        ASSERT_TRUE(plan);
        auto const found = std::ranges::find(plan->mended, "long.1", &Mended::stream);
        ASSERT_NE(found, plan->mended.end());
        EXPECT_EQ(found->unproven_name, !is_asked);
        EXPECT_EQ(repaired().at("long.1"), before_.at("long.1"));
    }
}

// ---- A store that was set back

class RepairSetBack : public RepairReads {
protected:
    // To an earlier moment, `at` this one.
    void set_back(WallTime at)
    {
        auto database = open_database(options_).value();
        ASSERT_TRUE(note_restoration(database, at));
    }
};

TEST_F(RepairSetBack, doubts_what_the_archive_has_of_before)
{
    auto const& ours = before_.at("gone.1").events;
    auto const last_at = ours.back().at;
    change("UPDATE event SET data = 'x' WHERE id = (SELECT max(id) FROM event)");
    Teller archive(Origin::its_histories, "gone.1");
    archive.tell = [&ours](auto const&) { return ours; };
    auto plan = repair({&archive});
    ASSERT_TRUE(plan);
    EXPECT_FALSE(plan->cuts()) << "it was never set back";

    set_back(last_at + Milliseconds(-1));
    plan = repair({&archive});
    ASSERT_TRUE(plan);
    EXPECT_FALSE(plan->cuts()) << "it was set back before that";

    set_back(last_at);
    plan = repair({&archive});
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->cuts());
    EXPECT_EQ(plan->mended.at(0).unproven, std::vector<Version>{30});

    change("DELETE FROM restoration"); // Nobody knows when.
    plan = repair({&archive});
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->cuts());
}

// Of the other history it has more: that is not what is missing here.
TEST_F(RepairSetBack, explains_no_loss_by_another_history)
{
    auto const& ours = before_.at("gone.1").events;
    set_back(ours.back().at + Milliseconds(10'000));
    Teller archive(Origin::its_histories, "gone.1");
    archive.tell = [&ours](auto const&) {
        auto all = ours;
        auto tip = ours.back();
        std::ranges::copy(next_of("gone.1", tip, 9, "another").events, std::back_inserter(all));
        return all;
    };
    auto const other = std::ranges::find_if(before_, [](auto const& each) {
        return each.first != "gone.1" && each.second.floor == 0 && each.second.events.size() > 9;
    })->first;
    auto const lost = before_.at(other).events.size();
    auto const of_it = "(SELECT id FROM stream WHERE name = '" + other + "')";
    change(("DELETE FROM snapshot WHERE stream = " + of_it).c_str());
    change(("DELETE FROM event WHERE stream = " + of_it).c_str());
    change(("DELETE FROM stream WHERE name = '" + other + "'").c_str());
    auto const plan = repair({&archive});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->unknown, lost);
    EXPECT_EQ(repaired().at("gone.1").events, ours);
}

TEST_F(RepairSetBack, begins_a_later_epoch_with_each_repair)
{
    WallTime const before{now_.ms + 5'000'000}; // The clock may go back.
    set_back(before);
    for (auto const* const damage : {"SELECT 1", "DELETE FROM restoration"}) {
        change(damage);
        auto const plan = repair({});
        ASSERT_TRUE(plan);
        EXPECT_FALSE(plan->cuts());
        auto const after = last_restoration(repaired_.file).value();
        ASSERT_TRUE(after);
        EXPECT_GT(*after, *damage == 'S' ? before : now_ + Milliseconds(-1));
    }
    change("INSERT INTO restoration VALUES (1 << 60)"); // No moment at all.
    ASSERT_TRUE(repair({}));
    EXPECT_EQ(last_restoration(repaired_.file).value(), now_);
}

// ---- What a room waits for

TEST_F(RepairReads, looks_first_at_rooms_of_which_nobody_knows_what_they_wait_for)
{
    auto const& ours = before_.at("gone.1").events;
    change("UPDATE event SET data = 'x' WHERE id = (SELECT max(id) FROM event)");
    change("UPDATE stream SET floor = 7 WHERE name = 'gone.1'");
    Teller teller(Origin::this_store, "gone.1");
    teller.tell = [&ours](auto const&) { return ours; };
    ASSERT_TRUE(repair({&teller}));
    EXPECT_EQ(repaired().at("gone.1").state.deadline, ours.back().at);

    teller.state = events::StreamState{.finished = true, .deadline = {}};
    ASSERT_TRUE(repair({&teller}));
    EXPECT_TRUE(repaired().at("gone.1").state.finished);
    teller.breaks_off = true;
    ASSERT_TRUE(repair({&teller}));
    EXPECT_FALSE(repaired().at("gone.1").state.finished) << "there was more of it";
    EXPECT_EQ(repaired().at("gone.1").events, ours);
}

// ---- What the archive has

// How often it is asked for its names.
class Counting final : public storage::testing::Failing {
public:
    using Failing::Failing;
    Result<std::vector<archive::ObjectInfo>> list(
        std::string_view prefix, std::string_view after, std::size_t objects_max) override
    {
        lists++;
        return Failing::list(prefix, after, objects_max);
    }

    int lists = 0;
};

TEST_F(RepairReads, asks_the_archive_once_what_it_has)
{
    auto const folder = archive::Folder::open(folder_.path / "archive").value();
    auto const played = linked(append_of("long.1", 0, 40)).events;
    archive::Part part{.name = {"long.1", 1, 20}, .game = "liap-tui",
        .before = events::chain_start("long.1"),
        .snapshot = snapshot_at("long.1", played[19], 50).snapshot,
        .events = {played.begin(), played.begin() + 20}};
    ASSERT_TRUE(folder->put(part.name.text(), archive::write_part(part).value()));
    archive::PackWriter writer({.room = "done.1", .game = "liap-tui", .rules = 1,
        .finished = played[2].at, .events = 3});
    auto const done = linked(append_of("done.1", 0, 3)).events;
    for (auto const& event : done)
        ASSERT_TRUE(writer.add(event));
    auto const pack = archive::pack_name(
        {.room = "done.1", .game = "liap-tui", .finished = played[2].at});
    ASSERT_TRUE(folder->put(pack, writer.finish().value()));

    Counting counting(*folder);
    auto const sources = sources_of(counting);
    std::vector<Event> told;
    auto const read_of = [&](RepairSource& source, std::string const& stream, Kept& kept) {
        told.clear();
        return source.read(stream, kept, [&told](Event event) {
            told.push_back(std::move(event));
            return Result<void>();
        });
    };
    auto const read = [&](std::string const& stream, Kept& kept) -> Result<bool> {
        for (auto const& source : sources)
            if (auto const found = read_of(*source, stream, kept); !found || *found)
                return found;
        return false;
    };
    Kept kept;
    EXPECT_EQ(read("long.1", kept), true);
    EXPECT_EQ(told, part.events);
    EXPECT_EQ(kept.state, std::nullopt) << "parts do not say it";
    EXPECT_EQ(kept.at, told.back().at);
    EXPECT_EQ(read("done.1", kept), true);
    EXPECT_EQ(told, done);
    EXPECT_TRUE(kept.state && kept.state->finished);
    for (int i = 0; i < 100; i++)
        EXPECT_EQ(read("other." + std::to_string(i), kept), false);
    EXPECT_LE(counting.lists, 2);
    counting.damages = true;
    EXPECT_FALSE(read("done.1", kept));
    EXPECT_EQ(kept.state, std::nullopt);

    counting.calls = 0;
    auto const away = sources_of(counting);
    EXPECT_FALSE(read_of(*away.front(), "done.1", kept));
    for (auto const& source : away)
        EXPECT_EQ(read_of(*source, "done.1", kept), false);
}

// The store was set back after the room was finished; it went another way, and is in parts, too.
TEST_F(RepairReads, tells_all_that_the_archive_has_of_a_room_that_is_there_more_than_once)
{
    auto const folder = archive::Folder::open(folder_.path / "archive").value();
    std::vector<std::vector<Event>> ways;
    for (std::size_t way = 0; way < 3; way++) {
        auto events = linked(append_of("twice.1", 0, 3 + way)).events;
        for (auto& event : events)
            event.at.ms += static_cast<std::int64_t>(way) * 86'400'000;
        auto way_of = append_of("twice.1", 0, 0);
        way_of.events = std::move(events);
        ways.push_back(linked(std::move(way_of)).events);
    }
    for (auto const& events : {ways[0], ways[1]}) {
        archive::PackHeader const header{.room = "twice.1", .game = "liap-tui", .rules = 1,
            .finished = events.back().at, .events = events.size()};
        archive::PackWriter writer(header);
        for (auto const& event : events)
            ASSERT_TRUE(writer.add(event));
        ASSERT_TRUE(folder->put(archive::pack_name(header), writer.finish().value()));
    }
    archive::Part part{.name = {"twice.1", 1, 5}, .game = "liap-tui",
        .before = events::chain_start("twice.1"),
        .snapshot = snapshot_at("twice.1", ways[2][4], 50).snapshot, .events = ways[2]};
    ASSERT_TRUE(folder->put(part.name.text(), archive::write_part(part).value()));

    std::vector<std::vector<Event>> told;
    for (auto const& source : sources_of(*folder)) {
        Kept kept;
        std::vector<Event> events;
        auto const found = source->read("twice.1", kept, [&events](Event event) {
            events.push_back(std::move(event));
            return Result<void>();
        });
        ASSERT_TRUE(found) << found.error().detail;
        if (*found)
            told.push_back(std::move(events));
    }
    EXPECT_EQ(told, (std::vector{ways[1], ways[0], ways[2]})) << "the newest first";
}

} // namespace
} // namespace gatehouse::storage::sqlite
