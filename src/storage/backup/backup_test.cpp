// SPDX-License-Identifier: Apache-2.0
//
// A store shipped to a folder and restored from it, and what may be wrong with the folder.

#include "storage/backup/backup_world_test.hpp"
#include "storage/sqlite/files.hpp"

#include <atomic>
#include <fstream>
#include <thread>

namespace gatehouse::storage::backup {
namespace {

TEST_F(BackupTest, a_store_that_is_lost_is_restored_as_it_was)
{
    play_at_random(50);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    for (int i = 0; i < 10; i++) {
        play_at_random(20);
        ship_all(*ships);
    }
    play("r1.1", 1, true);
    ship_all(*ships);
    auto const answer = restore_until();
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(answer->base.number, 0);
    EXPECT_EQ(answer->segments, 11);
    EXPECT_EQ(answer->last_at, now_);
    expect_restored(all_of(*log_).size());
    EXPECT_EQ(sqlite::last_restoration(restored()).value(), now_);
    log_.reset();
    EXPECT_EQ(sqlite::last_restoration(store()).value(), std::nullopt);
    EXPECT_EQ(restore(target_, {.file = restored()}, [](auto const&) { }).error().code,
        ErrorCode::bad_request) << "nothing is overwritten";
}

// SQLite would replay what is left of another store over the restored one.
TEST_F(BackupTest, nothing_is_restored_beside_what_is_left_of_another_store)
{
    play_at_random(5);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    for (auto const* const left :
        {"", "-wal", "-shm", "-journal", ".keys", ".keys-wal", ".keys-shm", ".keys-journal",
            ".repaired"}) {
        fs::path const file = restored().native() + left;
        std::ofstream(file) << "of another store";
        auto const answer
            = restore(target_, {.file = restored(), .now = now_}, [](auto const&) { });
        ASSERT_FALSE(answer) << left;
        EXPECT_EQ(answer.error().code, ErrorCode::bad_request);
        EXPECT_TRUE(answer.error().detail.starts_with(file.native() + ": move all"))
            << answer.error().detail;
        fs::remove(file);
        EXPECT_FALSE(fs::exists(restored())) << left;
    }
    ASSERT_TRUE(restore_until());
    expect_restored(all_of(*log_).size());
}

TEST_F(BackupTest, a_restore_tells_how_far_it_is_up_to_its_end)
{
    play_at_random(50);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    for (int i = 0; i < 3; i++) {
        play_at_random(4);
        ship_all(*ships);
    }
    std::vector<RestoreProgress> told;
    auto const answer = restore(target_, {.file = restored(), .now = now_},
        [&told](RestoreProgress const& at) { told.push_back(at); });
    ASSERT_TRUE(answer) << answer.error().detail;
    ASSERT_GE(told.size(), 4u) << "of the base, and of each segment";
    EXPECT_EQ(told.front().segments, 0u);
    for (std::size_t i = 1; i < told.size(); i++) {
        EXPECT_GE(told[i].base_bytes, told[i - 1].base_bytes);
        EXPECT_GE(told[i].segments, told[i - 1].segments);
        EXPECT_GE(told[i].events, told[i - 1].events);
    }
    EXPECT_EQ(told.back().base_bytes, told.back().base_bytes_total);
    EXPECT_EQ(told.back().base_bytes_total, answer->base.bytes);
    EXPECT_EQ(told.back().segments, 3u);
    EXPECT_EQ(told.back().segments_total, 3u);
    EXPECT_EQ(told.back().events, answer->events);
}

TEST_F(BackupTest, a_base_is_taken_while_commits_go_on)
{
    for (int i = 0; i < 5; i++)
        play("big" + std::to_string(i) + ".1", 4000); // Many steps of a copy.
    auto const ships = shipping();
    between_ = [this] { play_at_random(1); };
    ASSERT_TRUE(ships->begin());
    ASSERT_EQ(ships->take_base().value(), true);
    play_at_random(30);
    ASSERT_EQ(ships->take_base().value(), true);
    between_ = {};
    ship_all(*ships);
    EXPECT_EQ(objects("manifest").size(), 3);
    auto const answer = restore_until();
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_GT(answer->base.number, 0);
    expect_restored(all_of(*log_).size());
    static_cast<void>(ships->take_base().value());
    EXPECT_FALSE(ships->take_base().value()) << "nothing came";
}

// Also by a server that was started since, and where nothing follows them.
TEST_F(BackupTest, events_that_left_before_they_were_shipped_call_for_a_base)
{
    for (bool const is_restarted : {false, true}) {
        for (bool const goes_on : {true, false}) {
            auto ships = shipping();
            ASSERT_TRUE(ships->begin());
            play("long.1", 5);
            play("other.1"); // By which the chain is known again.
            ship_all(*ships);
            ASSERT_FALSE(ships->needs_base());
            play("long.1", 5);
            auto const [version, link] = rooms_.at("long.1");
            ASSERT_TRUE(log_->keep({"long.1",
                {.version = version, .link = link, .state = "s", .hash = std::string(32, 'h')}}));
            ASSERT_TRUE(log_->compact("long.1", version - 1));
            if (goes_on)
                play("long.1", 5);
            if (is_restarted) {
                ships = shipping();
                ASSERT_TRUE(ships->begin());
            }
            ship_all(*ships);
            ASSERT_TRUE(ships->needs_base()) << is_restarted << goes_on;
            ASSERT_TRUE(ships->take_base().value());
            ship_all(*ships);
            EXPECT_FALSE(ships->needs_base());
            play("long.1", 5);
            ship_all(*ships);
            auto const answer = restore_until();
            ASSERT_TRUE(answer) << answer.error().detail;
            EXPECT_EQ(answer->last_at, now_);
        }
    }
}

TEST_F(BackupTest, tells_who_deletes_what_has_been_shipped)
{
    using std::chrono::milliseconds;
    auto const ships = shipping();
    auto& shipped = ships->shipped();
    ASSERT_TRUE(ships->begin());
    play("a.1");
    ASSERT_TRUE(ships->ship());
    EXPECT_FALSE(shipped.await(milliseconds(0), {})) << "nobody has looked since it was asked";
    std::atomic<int> looks = 0;
    auto const go_on = [&](std::stop_token const& stop) {
        for (; !stop.stop_requested(); looks++)
            static_cast<void>(ships->ship());
    };
    {
        std::jthread const shipper(go_on);
        EXPECT_TRUE(shipped.await(std::chrono::minutes(1), {}));
    }
    target_.is_away = true;
    play("a.1");
    std::jthread const shipper(go_on);
    for (int const before = looks; looks < before + 2;)
        EXPECT_FALSE(shipped.await(milliseconds(1), {})) << "whoever looks, nothing is shipped";
}

TEST_F(BackupTest, any_moment_after_the_first_base_can_be_had)
{
    play_at_random(5);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    for (int i = 0; i < 4; i++) {
        play_at_random(10);
        ship_all(*ships);
        if (i == 1) {
            ASSERT_TRUE(ships->take_base().value());
        }
    }
    auto const all = all_of(*log_);
    std::size_t const in_base = 5;
    for (auto const& each : all) {
        auto const until = each.event.at;
        auto const expected = std::ranges::count_if(
            all, [until](auto const& other) { return other.event.at <= until; });
        auto const answer = restore_until(until);
        if (until.ms < 1'790'000'000'000 + static_cast<std::int64_t>(in_base)) {
            EXPECT_EQ(answer.error().code, ErrorCode::not_found);
            continue;
        }
        ASSERT_TRUE(answer) << answer.error().detail;
        expect_restored(static_cast<std::size_t>(expected));
    }
}

TEST_F(BackupTest, the_next_server_goes_on_with_the_chain_and_another_store_begins_one)
{
    ASSERT_TRUE(shipping()->begin());
    auto first = shipping();
    ASSERT_TRUE(first->begin()) << "empty still, and known again";
    auto const chain = first->chain();
    play_at_random(10);
    ship_all(*first);
    play_at_random(10);
    open();
    auto const second = shipping();
    ASSERT_TRUE(second->begin());
    EXPECT_EQ(second->chain(), chain);
    ship_all(*second);
    EXPECT_EQ(second->number(), 2);
    ASSERT_TRUE(restore_until());
    expect_restored(all_of(*log_).size());

    auto const before = objects("");
    ASSERT_TRUE(restore_until({{now_.ms - 5}}));
    take_restored();
    now_.ms += 2000;
    auto const third = shipping();
    ASSERT_TRUE(third->begin());
    EXPECT_NE(third->chain(), chain) << "the store went back";
    rooms_.clear();
    play("new.1");
    ship_all(*third);
    for (auto const& name : before)
        EXPECT_TRUE(target_.get(name)) << "nothing is overwritten";
    ASSERT_TRUE(restore_until());
    expect_restored(all_of(*log_).size());
}

TEST_F(BackupTest, a_target_that_is_away_is_caught_up_with)
{
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    play_at_random(5);
    target_.is_away = true;
    auto const shipped_until = ships->shipped_until();
    for (int i = 0; i < 10; i++) {
        EXPECT_EQ(ships->ship().error().code, ErrorCode::unavailable);
        play_at_random(5);
    }
    EXPECT_EQ(ships->shipped_until(), shipped_until);
    target_.is_away = false;
    target_.loses_answers = true;
    EXPECT_FALSE(ships->ship());
    target_.loses_answers = false;
    ship_all(*ships);
    EXPECT_EQ(objects("segments").size(), 2) << "the one of unknown fate, and the rest";
    ASSERT_TRUE(restore_until());
    expect_restored(all_of(*log_).size());
}

TEST_F(BackupTest, what_is_wrong_with_a_target_is_named)
{
    play_at_random(10);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    for (int i = 0; i < 5; i++) {
        play_at_random(3);
        ship_all(*ships);
    }
    auto const tally = verify(target_, [](auto const&) { }).value();
    EXPECT_EQ(tally.segments, 5);
    EXPECT_TRUE(tally.findings.empty());

    auto const names = objects("");
    auto const segments = objects("segments");
    for (auto const& name : names) {
        auto const bytes = target_.get(name).value();
        auto const expect_named = [&](std::string const& what) {
            auto const found = verify(target_, [](auto const&) { }).value();
            EXPECT_EQ(found.findings.size(), 1) << what << name;
            EXPECT_FALSE(restore_until()) << what << name;
            EXPECT_FALSE(fs::exists(restored()));
        };
        auto damaged = bytes;
        auto const at = name.ends_with(".json") ? bytes.find("sha256") + 20 : bytes.size() / 2;
        damaged[at] = static_cast<char>(damaged[at] ^ 4);
        ASSERT_TRUE(target_.put(name, damaged));
        expect_named("damaged ");
        ASSERT_TRUE(target_.put(name, bytes.substr(0, bytes.size() - 1)));
        expect_named("cut short ");
        ASSERT_TRUE(target_.remove(name));
        if (name != segments.back()) // That one cannot be known of.
            expect_named("missing ");
        ASSERT_TRUE(target_.put(name, bytes));
    }
    auto const bytes = target_.get(segments[1]).value();
    auto other = segments[1];
    other[other.size() - 15] = other[other.size() - 15] == 'a' ? 'b' : 'a';
    ASSERT_TRUE(target_.put(other, bytes));
    EXPECT_TRUE(restore_until().error().detail.contains("two servers"));
    ASSERT_TRUE(target_.remove(other));
    EXPECT_TRUE(restore_until());
}

TEST_F(BackupTest, what_no_moment_needs_any_more_is_removed)
{
    constexpr std::int64_t day = 24 * 3600 * 1000;
    auto const ships = shipping();
    auto const began = now_;
    ASSERT_TRUE(ships->begin());
    for (int i = 0; i < 5; i++) {
        now_.ms = began.ms + i * day;
        play_at_random(3);
        ship_all(*ships);
        ASSERT_TRUE(ships->take_base().value());
    }
    Catalogue catalogue(target_);
    EXPECT_EQ(catalogue.prune({began.ms - 1}, nothing).value(), 0);
    EXPECT_EQ(objects("manifest").size(), 6);
    WallTime const horizon{began.ms + 2 * day + day / 2};
    EXPECT_GT(catalogue.prune(horizon, nothing).value(), 0);
    EXPECT_EQ(objects("manifest").size(), 3) << "of days 2, 3 and 4";
    EXPECT_EQ(objects("segments").size(), 2);
    EXPECT_TRUE(restore_until(horizon));
    EXPECT_FALSE(restore_until(WallTime{began.ms + day}));
    EXPECT_TRUE(restore_until());
    EXPECT_TRUE(catalogue.prune({now_.ms + day}, nothing));
    EXPECT_EQ(objects("manifest").size(), 1) << "the last one stays, however old";
    EXPECT_TRUE(restore_until());
    expect_restored(all_of(*log_).size());
}

// A drill beside a server that tidies up: what is wrong then is not the backup.
TEST_F(BackupTest, a_base_that_goes_while_it_is_restored_gives_way_to_the_next)
{
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    play_at_random(20);
    ASSERT_TRUE(ships->take_base().value());
    auto const first = ships->number();
    target_.before_part = [&] {
        play_at_random(20);
        ASSERT_TRUE(ships->take_base().value());
        ASSERT_GT(Catalogue(target_).prune({now_.ms + 1}, nothing).value(), 0);
    };
    auto const answer = restore_until();
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_GT(answer->base.number, first);
    expect_restored(all_of(*log_).size());

    target_.before_part = [&] { ASSERT_TRUE(target_.remove(objects("/part-").back())); };
    auto const damaged = restore_until();
    EXPECT_EQ(damaged.error().code, ErrorCode::internal) << "its manifest is there still";
}

// A chain is as old as its name says, whatever the clock says.
TEST_F(BackupTest, a_chain_begun_with_the_clock_set_back_is_the_newest)
{
    constexpr std::int64_t day = 24 * 3600 * 1000;
    play_at_random(5);
    auto const first = shipping();
    ASSERT_TRUE(first->begin());
    play_at_random(5);
    ship_all(*first);
    ASSERT_TRUE(restore_until({{now_.ms - 3}}));
    take_restored(); // Another history, and a chain of its own.
    rooms_.clear();
    auto const at_first = now_;
    set_clock_back(Milliseconds(3 * day));
    auto const second = shipping();
    ASSERT_TRUE(second->begin());
    play("new.1");
    ship_all(*second);
    Catalogue catalogue(target_);
    EXPECT_EQ(catalogue.chains().value(), (std::vector{first->chain(), second->chain()}));
    ASSERT_TRUE(restore_until());
    expect_restored(all_of(*log_).size());

    EXPECT_GT(catalogue.prune({at_first.ms + 30 * day}, nothing).value(), 0);
    EXPECT_EQ(catalogue.chains().value(), std::vector{second->chain()});
    ASSERT_TRUE(restore_until());
    expect_restored(all_of(*log_).size());
}

// Nor does anything wait until it has caught up.
TEST_F(BackupTest, a_clock_that_is_set_back_holds_nothing_up)
{
    for (int i = 0; i < 5; i++)
        play("big" + std::to_string(i) + ".1", 4000); // Many steps of a copy.
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    play("a.1");
    ship_all(*ships);
    auto const shipped_until = ships->shipped_until();
    set_clock_back(std::chrono::hours(1));
    play("a.1");
    target_.is_away = true;
    EXPECT_FALSE(ships->ship());
    now_.ms += 30'000;
    EXPECT_EQ(ships->shipped_until(), shipped_until);
    EXPECT_GE(steady() - ships->shipped_until(), std::chrono::seconds(30));
    target_.is_away = false;

    auto const before = ships->number();
    std::uint64_t while_copied = 0;
    between_ = [&] {
        now_.ms += 700;
        if (target_.puts.back().contains("/segments/"))
            while_copied = ships->number();
        play("a.1");
    };
    ASSERT_TRUE(ships->take_base().value());
    between_ = {};
    EXPECT_GT(while_copied, before + 5) << "segments are shipped during a base";
    ship_all(*ships);
    EXPECT_EQ(ships->shipped_until(), steady());

    set_clock_back(std::chrono::hours(1));
    auto const next = shipping();
    ASSERT_TRUE(next->begin());
    EXPECT_EQ(next->base_at(), steady()) << "one of the future is of now";
    ASSERT_TRUE(restore_until());
    expect_restored(all_of(*log_).size());
}

// By which a clock is doubted that leaps forward.
TEST_F(BackupTest, knows_what_has_passed_whatever_the_clock_says)
{
    auto const first = shipping();
    ASSERT_TRUE(first->begin());
    EXPECT_EQ(first->passed(), std::nullopt);
    play("a.1");
    ship_all(*first);
    auto const played = now_;
    now_.ms += 1'000'000'000;
    auto const second = shipping();
    ASSERT_TRUE(second->begin());
    EXPECT_EQ(second->passed(), played);

    log_.reset();
    for (auto const& file : sqlite::files_of(store()))
        fs::remove(file);
    open(); // Nothing has happened in it, but the target has a chain.
    auto const third = shipping();
    ASSERT_TRUE(third->begin());
    EXPECT_EQ(third->passed(), began_at(first->chain()));
}

// As servers of before named them.
TEST_F(BackupTest, the_chain_that_is_shipped_to_is_never_removed_for_its_name)
{
    constexpr std::int64_t day = 24 * 3600 * 1000;
    play_at_random(5);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    auto const later = chain_name({now_.ms + day}, "abcd");
    ASSERT_TRUE(target_.put(segment_object(later, {1, std::string(16, 'a')}), "of a chain"));
    Catalogue catalogue(target_);
    EXPECT_EQ(catalogue.prune({now_.ms + 30 * day}, nothing, ships->chain()).value(), 0);
    ASSERT_TRUE(restore_until());
    EXPECT_GT(catalogue.prune({now_.ms + 30 * day}, nothing).value(), 0);
}

TEST_F(BackupTest, a_chain_that_was_not_begun_leaves_nothing_to_the_next)
{
    play_at_random(5);
    auto const ships = shipping();
    bool has_played = false;
    between_ = [&] {
        if (!ships->chain().empty() && !std::exchange(has_played, true))
            play("r1.1");
        target_.is_away = std::ranges::any_of(
            target_.puts, [](auto const& each) { return each.contains("/bases/"); });
    };
    EXPECT_FALSE(ships->begin());
    between_ = {};
    target_.is_away = false;
    now_.ms += 2000;
    ASSERT_TRUE(ships->begin());
    play("r1.1");
    ship_all(*ships);
    ASSERT_TRUE(restore_until());
    expect_restored(all_of(*log_).size());
}

} // namespace
} // namespace gatehouse::storage::backup
