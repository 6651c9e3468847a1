// SPDX-License-Identifier: Apache-2.0
//
// The keys of a store in its backup: there when a machine is lost, gone when a person was erased.

#include "base/bytes.hpp"
#include "storage/backup/backup_world_test.hpp"
#include "storage/backup/names.hpp"

namespace gatehouse::storage::backup {
namespace {

TEST_F(BackupTest, names_are_there_after_a_lost_machine)
{
    join_at_random(30);
    auto ships = shipping();
    ASSERT_TRUE(ships->begin());
    for (int i = 0; i < 10; i++) {
        join_at_random(5);
        play_at_random(5);
        ship_all(*ships);
    }
    auto const all = log_->keys(0, 100'000).value();
    auto const restored_all = restore_until();
    ASSERT_TRUE(restored_all) << restored_all.error().detail;
    EXPECT_TRUE(restored_all->lost_keys.empty());
    EXPECT_EQ(restored_keys(), all);
    expect_restored(all_of(*log_).size());

    // The next server is the same store, with the same generation.
    auto const ring = log_->key_ring()->id;
    take_restored();
    EXPECT_EQ(log_->key_ring()->id, ring);
    target_.puts.clear();
    ships = shipping();
    ASSERT_TRUE(ships->begin());
    join("r1.1", "u:carl", 9);
    ship_all(*ships);
    EXPECT_EQ(std::ranges::count_if(target_.puts, [](auto const& each) {
        return each.starts_with("keys/");
    }), 1) << "only what is new";
    ASSERT_TRUE(restore_until());
    EXPECT_EQ(restored_keys(), log_->keys(0, 100'000).value());
}

TEST_F(BackupTest, a_key_is_in_the_target_before_what_it_seals)
{
    join("r1.1", "u:anna", 1);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    auto const last_is_key_before = [&](std::string const& object) {
        bool has_key = false;
        for (auto const& each : target_.puts)
            if (each.contains(object))
                return has_key;
            else
                has_key = has_key || (each.starts_with("keys/") && each.ends_with(".zst"));
        return false;
    };
    EXPECT_TRUE(last_is_key_before("/bases/"));
    target_.puts.clear();
    join("r2.1", "u:ben", 1);
    ship_all(*ships);
    EXPECT_TRUE(last_is_key_before("/segments/"));
    // The events are read first: a key that came meanwhile is there as well, and one whose events
    // were read is never behind.
    target_.puts.clear();
    bool once = true;
    between_ = [&] {
        if (std::exchange(once, false))
            join("r3.1", "u:carl", 1);
    };
    ship_all(*ships);
    between_ = {};
    ship_all(*ships);
    EXPECT_TRUE(last_is_key_before("/segments/"));
    ASSERT_TRUE(restore_until());
    EXPECT_EQ(restored_keys(), log_->keys(0, 100'000).value());
}

TEST_F(BackupTest, who_was_erased_stays_so_whatever_moment_is_restored)
{
    join_at_random(40);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    join_at_random(40);
    ship_all(*ships);
    auto const then = now_;
    join_at_random(10);
    ship_all(*ships);
    ASSERT_TRUE(ships->erase_keys());
    EXPECT_FALSE(ships->owes_erasure());
    EXPECT_EQ(named_in_target(), (std::set<std::string>{"u:anna", "u:ben"}));

    erase_person("u:anna");
    target_.is_away = true;
    EXPECT_FALSE(ships->ship().value()) << "there is nothing new to ship";
    EXPECT_TRUE(ships->owes_erasure());
    EXPECT_FALSE(ships->renew_keys());
    target_.is_away = false;
    EXPECT_TRUE(ships->owes_erasure()) << "until it has reached the target";
    ASSERT_TRUE(ships->renew_keys());
    EXPECT_FALSE(ships->owes_erasure());
    EXPECT_EQ(named_in_target(), std::set<std::string>{"u:ben"});
    ASSERT_TRUE(restore_until(then));
    auto const left = log_->keys(0, 100'000).value();
    EXPECT_EQ(restored_keys(), left) << "at an earlier moment";
    ASSERT_TRUE(restore_until());
    EXPECT_EQ(restored_keys(), left);
}

TEST_F(BackupTest, an_erasure_reaches_the_target_through_kills_at_any_point)
{
    for (int kill_after = 0; kill_after < 8; kill_after++) {
        join_at_random(20);
        join("r1.1", "u:dora", 5);
        auto ships = shipping();
        ASSERT_TRUE(ships->begin());
        ship_all(*ships);
        erase_person("u:dora");
        int asked = 0;
        between_ = [&] { target_.is_away = ++asked > kill_after; };
        static_cast<void>(ships->renew_keys());
        between_ = {};
        target_.is_away = false;
        join_at_random(3);

        ships = shipping();
        ASSERT_TRUE(ships->begin());
        ship_all(*ships);
        if (ships->owes_erasure()) {
            ASSERT_TRUE(ships->renew_keys());
        }
        EXPECT_FALSE(named_in_target().contains("u:dora")) << kill_after;
        ASSERT_TRUE(restore_until());
        EXPECT_EQ(restored_keys(), log_->keys(0, 100'000).value());
    }
}

TEST_F(BackupTest, what_was_erased_is_owed_until_the_last_object_of_it_is_removed)
{
    join("r1.1", "u:anna", 1);
    join("r1.1", "u:dora", 2);
    auto ships = shipping();
    ASSERT_TRUE(ships->begin());
    erase_person("u:dora");
    ship_all(*ships);
    target_.removes_none = true;
    EXPECT_FALSE(ships->erase_keys());
    EXPECT_TRUE(ships->owes_erasure());
    ships = shipping(); // The server was killed then.
    ASSERT_TRUE(ships->begin());
    EXPECT_TRUE(ships->owes_erasure());
    EXPECT_TRUE(named_in_target().contains("u:dora"));
    target_.removes_none = false;
    ASSERT_TRUE(ships->erase_keys());
    EXPECT_FALSE(ships->owes_erasure());
    EXPECT_EQ(named_in_target(), std::set<std::string>{"u:anna"});
}

TEST_F(BackupTest, a_damaged_generation_is_replaced_where_its_keys_are_and_else_left_alone)
{
    join_at_random(10);
    auto ships = shipping();
    ASSERT_TRUE(ships->begin());
    auto const marker = std::ranges::find_if(
        target_.puts, [](auto const& each) { return each.ends_with("complete.json"); });
    ASSERT_TRUE(target_.put(std::string(*marker), "{}"));
    auto const other = "keys/" + std::string(32, 'a') + "/000000000001/complete.json";
    ASSERT_TRUE(target_.put(other, "{}"));
    ships = shipping();
    ASSERT_TRUE(ships->begin());
    auto const restored = restore_until();
    ASSERT_TRUE(restored) << restored.error().detail;
    EXPECT_TRUE(restored->lost_keys.empty());
    EXPECT_EQ(restored_keys(), log_->keys(0, 1000).value());
    EXPECT_TRUE(KeyCatalogue(target_).prune(ships->ring(), {now_.ms + 1000}, unmarked_, nothing));
    EXPECT_TRUE(target_.get(other)) << "somebody may want to look at it";
}

TEST_F(BackupTest, keys_that_a_lost_store_began_to_ship_go_when_nobody_goes_on_with_them)
{
    KeyCatalogue catalogue(target_);
    auto const part = [&](std::uint64_t after) {
        KeyPartHeader const header{std::string(32, 'a'), 1, after, after + 1};
        auto const packed = KeyCatalogue::pack(header, {});
        ASSERT_TRUE(catalogue.put(header, packed));
    };
    auto const prune = [&] { return catalogue.prune("another", now_, unmarked_, nothing).value(); };
    part(0);
    EXPECT_EQ(prune(), 0u);
    part(1);
    EXPECT_EQ(prune(), 0u) << "somebody is at work";
    EXPECT_EQ(prune(), 2u);
    EXPECT_TRUE(catalogue.rings()->empty());
}

TEST_F(BackupTest, a_base_from_before_there_were_keys_gets_those_of_the_only_store)
{
    join_at_random(10);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    auto const name = objects("manifest").at(0);
    auto manifest = target_.get(name).value();
    manifest.replace(manifest.find(ships->ring()), ships->ring().size(), "");
    ASSERT_TRUE(target_.put(name, manifest));
    ASSERT_TRUE(restore_until());
    EXPECT_EQ(restored_keys(), log_->keys(0, 1000).value());
    ASSERT_TRUE(KeyCatalogue(target_).mark({.ring = std::string(32, 'a'), .number = 1}));
    auto const unsure = restore_until();
    ASSERT_TRUE(unsure);
    EXPECT_EQ(unsure->lost_keys.size(), 1u) << "nobody can tell which of two";
}

TEST_F(BackupTest, who_is_erased_while_keys_are_renewed_is_owed)
{
    join_at_random(20);
    join("r1.1", "u:dora", 5);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    int asked = 0;
    between_ = [&] {
        if (++asked == 2) // Once the first page was read.
            erase_person("u:dora");
    };
    ASSERT_TRUE(ships->renew_keys());
    between_ = {};
    ship_all(*ships);
    EXPECT_TRUE(ships->owes_erasure());
    ASSERT_TRUE(ships->renew_keys());
    EXPECT_FALSE(named_in_target().contains("u:dora"));
}

TEST_F(BackupTest, keys_that_are_damaged_cost_names_and_no_room)
{
    join_at_random(20);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    for (int i = 0; i < 3; i++) {
        join_at_random(2);
        ship_all(*ships);
    }
    auto const tally = verify(target_, [](auto const&) { }).value();
    EXPECT_TRUE(tally.findings.empty());
    EXPECT_GE(tally.keys, log_->keys(0, 1000)->size());

    auto const all = target_.list("keys/", "", 1000).value();
    ASSERT_EQ(all.size(), 5u) << "two parts of the first generation's, three since, and its marker";
    for (auto const& [name, size] : all) {
        auto const bytes = target_.get(name).value();
        auto const expect_named = [&](std::string const& what) {
            EXPECT_EQ(verify(target_, [](auto const&) { })->findings.size(), 1u) << what << name;
            auto const answer = restore_until();
            ASSERT_TRUE(answer) << what << name;
            EXPECT_EQ(answer->lost_keys.size(), 1u) << what << name;
            expect_restored(all_of(*log_).size());
        };
        auto damaged = bytes;
        damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 4);
        ASSERT_TRUE(target_.put(name, damaged));
        expect_named("damaged ");
        ASSERT_TRUE(target_.remove(name));
        if (&name != &all[3].name) // The last part: nobody can know of it.
            expect_named("missing ");
        ASSERT_TRUE(target_.put(name, bytes));
    }
}

TEST_F(BackupTest, keys_that_were_given_lost_numbers_are_shipped)
{
    join("r1.1", "u:anna", 1);
    auto ships = shipping();
    ASSERT_TRUE(ships->begin());
    join("r1.1", "u:ben", 2);
    ship_all(*ships);
    auto parts = target_.list("keys/", "", 1000).value();
    std::erase_if(parts, [](auto const& each) { return !each.name.ends_with(".zst"); });
    auto const bytes = target_.get(parts.back().name).value();
    ASSERT_TRUE(target_.remove(parts.back().name));
    ASSERT_TRUE(restore_until());
    ASSERT_TRUE(target_.put(parts.back().name, bytes)); // That disk is back.
    take_restored();
    join("r1.1", "u:carl", 3);
    EXPECT_EQ(log_->keys(0, 10)->back().number, 2u) << "that of Ben's";
    ships = shipping();
    ASSERT_TRUE(ships->begin());
    join("r1.1", "u:dora", 4);
    ship_all(*ships);
    ASSERT_TRUE(restore_until());
    EXPECT_EQ(restored_keys(), log_->keys(0, 10).value());
}

TEST_F(BackupTest, two_copies_of_a_store_do_not_take_away_each_others_keys)
{
    join("r1.1", "u:anna", 1);
    auto const first = shipping();
    ASSERT_TRUE(first->begin());
    ASSERT_TRUE(restore_until());
    auto const rooms_then = rooms_;
    auto first_log = std::move(log_);
    log_ = SqliteLog::open({.file = restored(), .ballast_bytes = 0}).value();
    now_.ms += 2000;
    auto second = shipping();
    ASSERT_TRUE(second->begin()) << "a machine that was lost, it believes";
    join("r1.1", "u:ben", 2);
    ship_all(*second);

    log_.swap(first_log);
    auto const rooms_of_second = std::exchange(rooms_, rooms_then);
    join("r1.1", "u:carl", 2);
    auto const refused = first->ship();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::stale_base);
    EXPECT_TRUE(refused.error().detail.contains("backup.to")) << refused.error().detail;
    EXPECT_EQ(first->erase_keys().error().code, ErrorCode::stale_base);
    EXPECT_EQ(first->renew_keys().error().code, ErrorCode::stale_base);
    EXPECT_EQ(named_in_target(), (std::set<std::string>{"u:anna", "u:ben"})) << "Ben's stay";

    // Only the first one is started again: now it is the store, and the other one is told.
    auto const again = shipping();
    ASSERT_TRUE(again->begin());
    ship_all(*again);
    EXPECT_EQ(named_in_target(), (std::set<std::string>{"u:anna", "u:carl"}));
    log_.swap(first_log);
    rooms_ = rooms_of_second;
    join("r1.1", "u:dora", 3);
    EXPECT_EQ(second->ship().error().code, ErrorCode::stale_base);
}

// A damaged file of keys was put aside, and the store goes on with a new one.
TEST_F(BackupTest, keys_that_are_lost_while_it_ships_stay_in_the_target)
{
    join("r1.1", "u:anna", 1);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    ship_all(*ships);
    auto const ring = to_hex(log_->key_ring()->id);
    auto const of_ring = [&] { return target_.list("keys/" + ring, "", 100)->size(); };
    auto const shipped = of_ring();
    ASSERT_GT(shipped, 0);

    log_.reset();
    for (auto const* ending : {"", "-wal", "-shm"})
        fs::remove(store().native() + ".keys" + ending);
    open();
    ASSERT_NE(to_hex(log_->key_ring()->id), ring);
    join("r1.1", "u:ben", 2);
    auto const refused = ships->ship();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::out_of_order);
    auto const renewed = ships->renew_keys();
    ASSERT_FALSE(renewed);
    EXPECT_EQ(renewed.error().code, ErrorCode::out_of_order);
    EXPECT_FALSE(ships->owes_erasure());
    EXPECT_EQ(of_ring(), shipped);

    ASSERT_TRUE(ships->begin()) << "with the new keys, beside the old ones";
    ship_all(*ships);
    ASSERT_TRUE(ships->needs_base());
    ASSERT_TRUE(ships->take_base());
    EXPECT_EQ(of_ring(), shipped);
    EXPECT_EQ(target_.list("keys/" + to_hex(log_->key_ring()->id), "", 100)->empty(), false);
}

TEST_F(BackupTest, what_was_put_with_no_answer_is_no_other_servers)
{
    join("r1.1", "u:anna", 1);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    target_.loses_answers = true;
    for (auto const* const name : {"u:ben", "u:carl", "u:dora"}) {
        join("r1.1", name, static_cast<std::uint32_t>(rooms_.at("r1.1").first + 1));
        EXPECT_FALSE(ships->ship());
        EXPECT_FALSE(ships->renew_keys());
    }
    target_.loses_answers = false;
    erase_person("u:ben");
    ship_all(*ships);
    ASSERT_TRUE(ships->erase_keys());
    EXPECT_EQ(named_in_target(), (std::set<std::string>{"u:anna", "u:carl", "u:dora"}));
    ASSERT_TRUE(restore_until());
    EXPECT_EQ(restored_keys(), log_->keys(0, 10).value());
}

TEST_F(BackupTest, a_round_ends_however_many_come_meanwhile)
{
    join("r1.1", "u:anna", 1);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    target_.puts.clear();
    std::uint32_t actor = 1;
    between_ = [&] {
        actor++;
        join("r1.1", "u:" + std::to_string(actor), actor);
    };
    ASSERT_TRUE(ships->renew_keys());
    between_ = nullptr;
    EXPECT_LE(target_.puts.size(), 3u);
    ship_all(*ships);
    ASSERT_TRUE(restore_until());
    EXPECT_EQ(restored_keys().size(), log_->keys(0, 1000).value().size());
}

TEST_F(BackupTest, who_comes_during_a_renewal_is_not_left_behind)
{
    join("r1.1", "u:anna", 1);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    int asked = 0;
    between_ = [&] {
        if (++asked != 2) // Its keys were read, and are not put yet.
            return;
        join("r1.1", "u:ben", 2);
        now_.ms += 2000; // A segment is due.
    };
    ASSERT_TRUE(ships->renew_keys());
    between_ = nullptr;
    ship_all(*ships);
    EXPECT_EQ(named_in_target(), (std::set<std::string>{"u:anna", "u:ben"}));
}

TEST_F(BackupTest, what_was_broken_off_does_not_pile_up)
{
    for (std::uint32_t actor = 1; actor <= 3; actor++)
        join("r1.1", "u:" + std::to_string(actor), actor);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    std::size_t most = 0;
    for (int tries = 0; tries < 5; tries++) {
        target_.after_part = [&] { target_.is_away = true; };
        EXPECT_FALSE(ships->renew_keys());
        target_.is_away = false;
        most = std::max(most, target_.list("keys/", "", 1000).value().size());
    }
    EXPECT_LE(most, 4u) << "what counts, and the last two that were broken off";
    target_.after_part = nullptr;
    ASSERT_TRUE(ships->renew_keys());
    EXPECT_EQ(target_.list("keys/", "", 1000).value().size(), 2u);
}

// Each sees what was there before, and then there are two of the same numbers.
TEST_F(BackupTest, a_part_that_another_puts_in_the_same_moment_is_seen_at_once)
{
    join("r1.1", "u:anna", 1);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    join("r1.1", "u:ben", 2);
    bool is_first = true;
    target_.after_part = [&] {
        auto name = target_.puts.back();
        if (!name.starts_with("keys/") || !std::exchange(is_first, false))
            return;
        auto const digest = name.rfind('-') + 1;
        name.replace(digest, 4, name.substr(digest, 4) == "0000" ? "1111" : "0000");
        ASSERT_TRUE(target_.put(name, "the keys of another"));
    };
    EXPECT_EQ(ships->ship().error().code, ErrorCode::stale_base);
    EXPECT_FALSE(is_first);
}

TEST_F(BackupTest, keys_that_another_removed_do_not_count_as_shipped)
{
    join("r1.1", "u:anna", 1);
    auto const first = shipping();
    ASSERT_TRUE(first->begin());
    auto const second = shipping();
    bool is_first_look = true; // With one part; of several, any may be gone.
    target_.after_part = [&] {
        if (std::exchange(is_first_look, false)) {
            ASSERT_TRUE(second->begin()); // Which removes all that does not count.
        }
    };
    EXPECT_EQ(first->renew_keys().error().code, ErrorCode::stale_base);
    target_.after_part = nullptr;
    ASSERT_TRUE(restore_until());
    EXPECT_EQ(restored_keys(), log_->keys(0, 10).value());
}

TEST_F(BackupTest, nobody_looks_again_for_a_key_that_was_forgotten_at_once)
{
    join("r1.1", "u:anna", 1);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    join("r1.1", "u:ben", 2);
    erase_person("u:ben");
    ship_all(*ships);
    ASSERT_TRUE(ships->erase_keys());
    ship_all(*ships);
    auto const lists = target_.lists;
    ship_all(*ships);
    EXPECT_EQ(target_.lists, lists);
}

TEST_F(BackupTest, who_gave_way_to_another_leaves_the_target)
{
    join("r1.1", "u:anna", 1);
    join("r1.1", "u:dora", 2);
    auto const ships = shipping();
    ASSERT_TRUE(ships->begin());
    join("r1.1", "u:ben", 2); // What Dora's key sealed was never kept.
    ship_all(*ships);
    EXPECT_TRUE(ships->owes_erasure());
    ASSERT_TRUE(ships->erase_keys());
    EXPECT_EQ(named_in_target(), (std::set<std::string>{"u:anna", "u:ben"}));
}

TEST(BackupNames, end_behind_whatever_somebody_put_there)
{
    EXPECT_LT(std::string("keys/a/\xff"), behind("keys/a/"));
    EXPECT_LT(behind("keys/a/"), "keys/a0/complete.json");
}

TEST_F(BackupTest, another_store_leaves_the_keys_of_the_first_alone)
{
    join("r1.1", "u:anna", 1);
    ASSERT_TRUE(shipping()->begin());
    log_.reset();
    for (auto const& file : {store(), sqlite::keys_of(store())})
        fs::remove(file);
    open();
    rooms_.clear();
    now_.ms += 2000;
    auto const chain_before = now_;
    join("r2.1", "u:ben", 1);
    auto const second = shipping();
    ASSERT_TRUE(second->begin());
    ship_all(*second);
    ASSERT_TRUE(second->renew_keys());
    EXPECT_EQ(named_in_target(), (std::set<std::string>{"u:anna", "u:ben"}));
    ASSERT_TRUE(restore_until({{chain_before.ms - 1}}));
    ASSERT_EQ(restored_keys().size(), 1u);
    EXPECT_EQ(restored_keys()[0].member.subject, "u:anna");

    KeyCatalogue catalogue(target_);
    EXPECT_EQ(catalogue.prune(second->ring(), {now_.ms - 10'000}, unmarked_, nothing).value(), 0u);
    EXPECT_GT(catalogue.prune(second->ring(), {now_.ms - 1000}, unmarked_, nothing).value(), 0u);
    EXPECT_EQ(named_in_target(), std::set<std::string>{"u:ben"});
}

} // namespace
} // namespace gatehouse::storage::backup
