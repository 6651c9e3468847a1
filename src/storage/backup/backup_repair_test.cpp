// SPDX-License-Identifier: Apache-2.0
//
// What a backup is to a store that decays, and is repaired.

#include "storage/backup/backup_world_test.hpp"

#include "storage/sqlite/check.hpp"
#include "storage/sqlite/repair.hpp"

namespace gatehouse::storage::backup {
namespace {

class BackupRepairTest : public BackupTest {
protected:
    std::size_t findings_in(fs::path const& file)
    {
        std::size_t count = 0;
        sqlite::check({.file = file, .ballast_bytes = 0}, [&count](auto const&) { count++; });
        return count;
    }

    // With heads so often that a start reads few events.
    void open()
    {
        log_.reset();
        log_ = SqliteLog::open(
            {.file = store(), .checkpoint_events_min = 10, .ballast_bytes = 0})
                   .value();
    }

    // Of which SQLite knows nothing.
    void decay()
    {
        log_.reset();
        auto database = sqlite::open_database({.file = store(), .ballast_bytes = 0}).value();
        ASSERT_TRUE(database.run("UPDATE event SET data = 'x' WHERE id = 7"));
    }

    void repair()
    {
        log_.reset();
        auto repair = sqlite::Repair::open(store(), folder_.path / "spool").value();
        ASSERT_TRUE(repair.ask({}));
        ASSERT_FALSE(repair.plan().cuts());
        auto const draft = folder_.path / "draft";
        ASSERT_TRUE(repair.write(draft, now_));
        fs::rename(draft, store());
        open();
    }
};

TEST_F(BackupRepairTest, its_oldest_base_has_whole_what_decayed_before_the_newest)
{
    open();
    play_at_random(50);
    ASSERT_TRUE(shipping()->begin());
    decay();
    open();
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    play_at_random(20);
    ASSERT_TRUE(ships->take_base().value());
    play_at_random(20);
    ship_all(*ships);
    EXPECT_EQ(objects("manifest").size(), 2) << "of one chain";

    ASSERT_TRUE(restore_until());
    EXPECT_GT(findings_in(restored()), 0u);
    fs::remove(restored());
    fs::remove(sqlite::keys_of(restored()));
    auto const oldest = restore(target_,
        {.file = restored(), .now = now_, .from = From::oldest_base},
        [](RestoreProgress const&) { });
    ASSERT_TRUE(oldest) << oldest.error().detail;
    EXPECT_EQ(oldest->base.number, 0u);
    EXPECT_EQ(findings_in(restored()), 0u);
    auto const again = SqliteLog::open({.file = restored(), .ballast_bytes = 0}).value();
    for (auto const& [stream, end] : rooms_)
        EXPECT_EQ(again->read(stream, end.first - 1, 1).value().at(0).link, end.second);
}

// However whole the store was: what is in the bases of before, nobody looked at.
TEST_F(BackupRepairTest, begins_with_a_new_base_after_each_repair)
{
    play_at_random(50);
    auto ships = shipping();
    ASSERT_TRUE(ships->begin());
    for (int i = 0; i < 3; i++) {
        play_at_random(10);
        ship_all(*ships);
        auto const chain = ships->chain();
        repair();
        now_.ms += 2000;
        ships = shipping();
        ASSERT_TRUE(ships->begin());
        EXPECT_NE(ships->chain(), chain);
        play_at_random(10);
        ship_all(*ships);
        ASSERT_TRUE(restore_until());
        expect_restored(all_of(*log_).size());
        EXPECT_EQ(findings_in(restored()), 0u);
    }
}

TEST_F(BackupRepairTest, says_of_which_history_it_is)
{
    play_at_random(50);
    auto ships = shipping();
    ASSERT_TRUE(ships->begin());
    EXPECT_EQ(restore_until()->restored_before, std::nullopt);
    take_restored();
    auto const at = now_;
    now_.ms += 2000;
    ships = shipping();
    ASSERT_TRUE(ships->begin());
    play_at_random(10);
    ASSERT_TRUE(ships->take_base().value());
    EXPECT_EQ(restore_until()->restored_before, at);
}

} // namespace
} // namespace gatehouse::storage::backup
