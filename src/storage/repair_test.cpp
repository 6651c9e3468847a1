// SPDX-License-Identifier: Apache-2.0
#include "storage/repair_test.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <random>
#include <utility>

namespace gatehouse::storage::sqlite {
namespace {

using events::Event;
using events::Link;
using events::Version;
using storage::testing::append_of;
using storage::testing::linked;
using storage::testing::snapshot_of;
using testing::contents_of;
using testing::RepairSqlite;
using testing::Teller;

TEST_F(RepairSqlite, finds_nothing_to_do_in_a_whole_store)
{
    auto const plan = repair({source_.get()});
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->mended.empty());
    EXPECT_FALSE(plan->cuts());
    EXPECT_EQ(plan->streams, before_.size());
    EXPECT_EQ(repaired(), before_);
    EXPECT_EQ(last_restoration(repaired_.file).value(), std::nullopt);
}

// Whatever bit flips: all is there again, byte for byte, or it is said what is not.
TEST_F(RepairSqlite, puts_back_what_a_flipped_bit_on_any_page_took)
{
    std::mt19937 chance(23);
    int mended = 0, beyond_repair = 0, cut = 0, endless = 0, flips = 0;
    for (std::size_t page = 0; page < whole_.size(); page += 4096)
        for (int i = 0; i < 2; i++, flips++) {
            auto damaged = whole_;
            auto const at = page + (i == 0 ? chance() % 100 : chance() % 4096);
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << chance() % 8));
            write(damaged);
            auto const plan = repair({source_.get()});
            ASSERT_EQ(bytes_of(options_.file), damaged) << "the damaged file is left as it is";
            if (!plan) {
                beyond_repair++;
                EXPECT_EQ(page, 0u) << "only the first page is needed whole";
                continue;
            }
            mended += plan->mended.empty() ? 0 : 1;
            auto const after = repaired();
            endless += plan->why_endless.empty() ? 0 : 1;
            if (plan->cuts() && plan->why_endless.empty()) {
                cut++;
                continue;
            }
            expect_promises_kept(*plan);
            ASSERT_FALSE(HasFatalFailure()) << "byte " << at;
            ASSERT_EQ(after.size(), before_.size()) << "byte " << at;
            for (auto const& [name, stream] : before_)
                ASSERT_TRUE(after.at(name).events == stream.events
                    && after.at(name).state == stream.state && after.at(name).at == stream.at)
                    << name << ", byte " << at;
        }
    EXPECT_GT(mended, flips / 8);
    EXPECT_LT(beyond_repair, flips / 20);
    EXPECT_LT(cut, flips / 20) << "what is there elsewhere is taken from there";
    EXPECT_LT(endless, flips / 10) << "it is two pages that tell where the log ends";
}

// With nobody to ask, every event that is gone is named; those that stay are as they were.
// Where SQLite keeps what is free of a page: a block of no size, behind which it comes itself.
TEST_F(RepairSqlite, ends_where_a_list_of_free_blocks_does_not)
{
    constexpr std::string_view leaf = "\x0d", block = "\x0f\xfc";
    auto damaged = whole_;
    for (std::size_t page = 4096; page < whole_.size(); page += 4096)
        if (damaged.compare(page, 1, leaf) == 0) {
            damaged.replace(page + 1, 2, block);
            damaged.replace(page + 0xffc, 4, std::string(block) + std::string(2, '\0'));
        }
    write(damaged);
    auto const plan = repair({source_.get()});
    ASSERT_TRUE(plan);
    EXPECT_FALSE(plan->why_endless.empty()) << "its last leaf is no page of SQLite's";
    expect_promises_kept(*plan);
}

TEST_F(RepairSqlite, names_each_event_that_nobody_has)
{
    std::mt19937 chance(29);
    int cuts = 0, compactions = 0;
    for (std::size_t page = 4096; page < whole_.size(); page += 4096)
        for (int i = 0; i < 2; i++) {
            auto damaged = whole_;
            auto const at = page + (i == 0 ? chance() % 100 : chance() % 4096);
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << chance() % 8));
            write(damaged);
            auto const plan = repair({});
            ASSERT_TRUE(plan);
            for (auto const& each : plan->mended) {
                cuts += each.cut.empty() ? 0 : 1;
                compactions += each.compacted.empty() ? 0 : 1;
            }
            expect_promises_kept(*plan);
            ASSERT_FALSE(HasFatalFailure()) << "byte " << at;
            EXPECT_EQ(last_restoration(repaired_.file).value().has_value(), plan->cuts());
        }
    EXPECT_GT(cuts, 5);
    EXPECT_GT(compactions, 0);
}

// Pages that are zeros, bits that flipped, files that were cut off: in the database and in the WAL
// of a server that was killed, with somebody to ask and without.
TEST_F(RepairSqlite, keeps_its_promises_whatever_is_damaged)
{
    kill_in_the_midst();
    std::mt19937 chance(31);
    int refused = 0, whole = 0, endless = 0, cuts = 0;
    constexpr int rounds = 120;
    for (int round = 0; round < rounds; round++) {
        auto damaged = whole_, wal = wal_;
        std::string what;
        for (auto left = 1 + chance() % 3; left > 0; left--) {
            auto& file = chance() % 3 == 0 ? wal : damaged;
            what += &file == &wal ? " wal" : " db";
            if (file.empty())
                continue;
            auto const at = chance() % file.size();
            auto const kind = chance() % 8;
            what += ":" + std::to_string(kind) + "@" + std::to_string(at);
            if (kind == 0)
                file.resize(at);
            else if (kind < 4)
                std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(at / 4096 * 4096),
                    std::min<std::size_t>(4096, file.size() - at / 4096 * 4096), '\0');
            else
                file[at] = static_cast<char>(file[at] ^ (1 << chance() % 8));
        }
        write(damaged, wal);
        auto const plan = chance() % 2 == 0 ? repair({}) : repair({source_.get()});
        EXPECT_EQ(bytes_of(options_.file), damaged);
        EXPECT_EQ(bytes_of(wal_of(options_.file)), wal);
        refused += plan ? 0 : 1;
        if (!plan)
            continue;
        // A WAL that was cut off between two commits leaves no trace.
        if (wal.size() < wal_.size() && plan->why_endless.empty())
            continue;
        whole += plan->cuts() ? 0 : 1;
        cuts += plan->cuts() ? 1 : 0;
        endless += plan->why_endless.empty() ? 0 : 1;
        expect_promises_kept(*plan);
        ASSERT_FALSE(HasFatalFailure() || HasNonfatalFailure())
            << "round " << round << ":" << what;
    }
    RecordProperty("refused", refused);
    EXPECT_LT(refused, rounds / 5);
    EXPECT_GT(whole, rounds / 10);
    EXPECT_GT(endless, rounds / 10);
    EXPECT_GT(cuts, endless);
}

// ---- The end of the log

TEST_F(RepairSqlite, tells_that_a_lost_last_page_may_have_had_more)
{
    std::size_t last = 0; // The page with the last events.
    for (std::size_t page = 4096; page < whole_.size(); page += 4096)
        if (whole_.compare(page, 1, "\x0d") == 0
            && whole_.substr(page, 4096).contains(std::string("played")))
            last = page;
    auto zeroed = whole_, shortened = whole_;
    std::fill_n(zeroed.begin() + static_cast<std::ptrdiff_t>(last), 4096, '\0');
    shortened[last + 4]--; // It has one row less.
    for (auto const& damaged : {zeroed, shortened}) {
        write(damaged);
        auto const plan = repair({});
        ASSERT_TRUE(plan);
        EXPECT_TRUE(plan->cuts());
        EXPECT_EQ(plan->why_endless, "its last pages are damaged");
        expect_promises_kept(*plan);
    }
}

TEST_F(RepairSqlite, tells_that_a_wal_went_on_behind_what_can_be_read)
{
    kill_in_the_midst();
    constexpr std::size_t frame = 24 + 4096;
    auto const frames = (wal_.size() - 32) / frame;
    ASSERT_GT(frames, 40u);
    for (auto const n : {std::size_t{0}, frames / 2, frames - 1})
        for (auto const at : {std::size_t{9}, std::size_t{17}, std::size_t{1000}}) {
            auto damaged = wal_;
            damaged[32 + n * frame + at] ^= 4; // Of its salt, its sum, its page.
            write(whole_, damaged);
            auto const plan = repair({});
            ASSERT_TRUE(plan);
            EXPECT_EQ(plan->why_endless, "commits at the end of its WAL cannot be read") << n;
            expect_promises_kept(*plan);
        }
    write(whole_, wal_);
    auto const plan = repair({});
    ASSERT_TRUE(plan);
    EXPECT_FALSE(plan->cuts());
    EXPECT_EQ(repaired(), before_);
}

TEST_F(RepairSqlite, misses_a_room_whose_only_event_is_gone)
{
    change("DELETE FROM event WHERE stream = (SELECT id FROM stream WHERE name = 'gone.1')");
    change("UPDATE event SET id = id");
    auto const plan = repair({});
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->cuts());
    ASSERT_EQ(plan->mended.size(), 1u);
    EXPECT_EQ(plan->mended[0].stream, "gone.1");
}

TEST_F(RepairSqlite, believes_no_number_that_is_out_of_all_bounds)
{
    change("UPDATE event SET id = 1 << 62 WHERE id = (SELECT max(id) FROM event)");
    change("UPDATE stream SET id = 2147483646 WHERE name = 'c1.1'");
    auto const plan = repair({source_.get()});
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->cuts());
    EXPECT_LT(plan->unknown, 10u);
    expect_promises_kept(*plan);
    EXPECT_EQ(repaired(), before_);
}

// ---- What is gone

// Events that lie behind a missing one, and cannot stay either, say nothing of other rooms.
TEST_F(RepairSqlite, counts_only_what_is_missing_as_found)
{
    auto const name = std::ranges::find_if(before_, [](auto const& each) {
        return each.second.floor == 0 && each.second.events.size() > 30;
    })->first;
    change(("DELETE FROM snapshot WHERE stream = (SELECT id FROM stream WHERE name = '" + name
        + "')").c_str());
    change(("DELETE FROM event WHERE id = (SELECT id FROM event WHERE stream = (SELECT id FROM"
            " stream WHERE name = '" + name + "') ORDER BY id LIMIT 1 OFFSET 2)").c_str());
    change("DELETE FROM event WHERE stream = (SELECT id FROM stream WHERE name = 'gone.1')"
           " AND id < (SELECT max(id) FROM event)");
    change("DELETE FROM stream WHERE name = 'gone.1'");
    auto const plan = repair({});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->unknown, 29u);
    expect_promises_kept(*plan);
}

// What was done before stays; a room that ends amid an append would wait for an alarm for ever.
TEST_F(RepairSqlite, leaves_no_append_half_done)
{
    auto const append = [this](Event& tip, std::size_t count, std::uint64_t action) {
        auto one = append_of("half.1", tip.version, count);
        for (auto& event : one.events)
            event.cause = {1, action};
        one = linked(std::move(one), tip.version == 0 ? events::chain_start("half.1") : tip.link);
        tip = one.events.back();
        EXPECT_TRUE(SqliteLog::open(options_).value()->append({one}).at(0));
    };
    Event tip;
    append(tip, 2, 1);
    append(tip, 3, 2);
    change("UPDATE event SET data = 'x' WHERE id = (SELECT max(id) - 1 FROM event)");
    auto const plan = repair({});
    ASSERT_TRUE(plan);
    ASSERT_EQ(plan->mended.size(), 1u);
    EXPECT_EQ(plan->mended[0].cut.size(), 3u);
    EXPECT_EQ(repaired().at("half.1").events.size(), 2u);
}

TEST_F(RepairSqlite, names_a_room_of_which_only_a_snapshot_is_left)
{
    auto const found = std::ranges::find_if(before_, [](auto const& each) {
        return each.second.floor > 0;
    });
    auto const [name, stream] = *found;
    auto const of_it = "(SELECT id FROM stream WHERE name = '" + name + "')";
    {
        auto const log = SqliteLog::open(options_).value();
        ASSERT_TRUE(log->compact(name, stream.events.back().version));
        before_ = contents_of(*log);
    }
    change(("DELETE FROM stream WHERE id = " + of_it).c_str());
    auto const plan = repair({});
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->cuts());
    ASSERT_EQ(plan->mended.size(), 1u);
    EXPECT_EQ(plan->mended[0].stream[0], '?');
    EXPECT_EQ(plan->mended[0].cut.size(), stream.events.back().version);
}

// ---- What others have

TEST_F(RepairSqlite, takes_nothing_that_does_not_follow)
{
    change("DELETE FROM event WHERE id = (SELECT max(id) - 5 FROM event)");
    for (auto const has_links : {true, false}) {
        Teller liar;
        liar.tell = [&](std::string const& stream) {
            auto lie = append_of(stream, 0, 40, "another history");
            return has_links ? linked(lie).events : lie.events;
        };
        liar.snapshot = snapshot_of("gone.1", 30).snapshot;
        auto const plan = repair({&liar, source_.get()});
        ASSERT_TRUE(plan);
        EXPECT_FALSE(plan->cuts());
        ASSERT_EQ(plan->mended.size(), 1u);
        EXPECT_FALSE(plan->mended[0].taken.contains("a teller"));
        EXPECT_EQ(plan->mended[0].taken.at("elsewhere").size(), 1u);
        EXPECT_EQ(repaired(), before_);
    }
}

// It parted from ours before the missing event, and its own one follows on the last that is left.
TEST_F(RepairSqlite, takes_nothing_from_which_its_own_does_not_go_on)
{
    change("DELETE FROM event WHERE id = (SELECT max(id) - 5 FROM event)");
    auto const& ours = before_.at("gone.1").events;
    Teller fork(Origin::this_store, "gone.1");
    fork.tell = [&ours](auto const&) {
        std::vector<Event> events(ours.begin(), ours.begin() + 24);
        auto tip = ours[23];
        std::ranges::copy(next_of("gone.1", tip, 20, "another").events, std::back_inserter(events));
        return events;
    };
    auto const plan = repair({&fork});
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->cuts());
    EXPECT_EQ(plan->mended.at(0).cut.size(), 7u) << "the one before it may be half of an append";
    expect_promises_kept(*plan);
}

// Nothing that is left says which was the last event: a backup's was, another's may have been.
TEST_F(RepairSqlite, asks_before_it_takes_what_nothing_proves)
{
    change("UPDATE event SET data = 'x' WHERE id = (SELECT max(id) FROM event)");
    for (auto const origin : {Origin::this_store, Origin::another}) {
        auto const source = source_of("elsewhere", origin, *other_);
        auto const plan = repair({source.get()});
        ASSERT_TRUE(plan);
        EXPECT_EQ(plan->cuts(), origin == Origin::another);
        EXPECT_EQ(repaired(), before_);
    }
}

TEST_F(RepairSqlite, takes_no_event_without_a_link_among_those_that_have_one)
{
    change("UPDATE event SET data = 'x' WHERE id = (SELECT max(id) FROM event)");
    Teller unlinked(Origin::this_store, "gone.1");
    unlinked.tell = [](std::string const& stream) { return append_of(stream, 0, 30).events; };
    auto const plan = repair({&unlinked});
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->cuts());
    EXPECT_EQ(plan->mended.at(0).cut.size(), 2u) << "the one before it may be half of an append";
    expect_promises_kept(*plan);
}

TEST_F(RepairSqlite, carries_no_room_beyond_its_end)
{
    change("DELETE FROM event WHERE id = (SELECT max(id) - 5 FROM event)");
    auto tip = before_.at("gone.1").events.back();
    ASSERT_TRUE(other_->append({next_of("gone.1", tip, 3, "played on elsewhere")}).at(0));
    for (auto const origin : {Origin::this_store, Origin::another}) {
        auto const source = source_of("elsewhere", origin, *other_);
        auto const plan = repair({source.get()});
        ASSERT_TRUE(plan);
        EXPECT_EQ(repaired().at("gone.1").events, before_.at("gone.1").events);
    }
}

TEST_F(RepairSqlite, leaves_no_proven_chain_for_a_snapshot_of_another_history)
{
    auto const& ours = before_.at("gone.1").events;
    {
        auto const log = SqliteLog::open(options_).value();
        ASSERT_TRUE(log->keep(snapshot_at("gone.1", ours.back(), 9)));
    }
    change("UPDATE snapshot SET state = 'x' WHERE stream = (SELECT id FROM stream WHERE"
           " name = 'gone.1')");
    for (auto const version : {Version{9}, Version{30}}) {
        Teller liar(Origin::this_store, "gone.1");
        liar.snapshot = snapshot_of("gone.1", version).snapshot;
        auto const plan = repair({&liar});
        ASSERT_TRUE(plan);
        EXPECT_FALSE(plan->cuts());
        EXPECT_EQ(repaired(), before_);
    }
}

TEST_F(RepairSqlite, goes_on_without_what_a_source_cannot_read)
{
    change("DELETE FROM event WHERE id = (SELECT max(id) - 5 FROM event)");
    Teller broken(Origin::this_store);
    broken.tell = [this](std::string const& stream) {
        auto events = before_.at(stream).events;
        if (events.size() > 20)
            events.erase(events.begin() + 10); // Which is told as an error.
        return events;
    };
    auto const plan = repair({&broken, source_.get()});
    ASSERT_TRUE(plan);
    EXPECT_FALSE(plan->cuts());
    EXPECT_EQ(repaired(), before_);
    ASSERT_FALSE(plan->unread.empty());
    EXPECT_EQ(plan->unread.front(), "a teller: It has no list. ");
    EXPECT_TRUE(plan->unread.back().starts_with("a teller: gone.1: Events are missing."));
}

} // namespace
} // namespace gatehouse::storage::sqlite
