// SPDX-License-Identifier: Apache-2.0
//
// A store shipped to a folder and restored from it, and what may be wrong with the folder.

#include "storage/backup/restore.hpp"
#include "storage/backup/shipping.hpp"

#include "events/chain.hpp"
#include "storage/archive/folder.hpp"
#include "storage/sqlite/restoration.hpp"
#include "storage/sqlite/sqlite_log.hpp"
#include "storage/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <set>

namespace gatehouse::storage::backup {
namespace {

namespace fs = std::filesystem;
using archive::Folder;
using sqlite::SqliteLog;

class CountingDice final : public Dice {
public:
    std::string bytes(std::size_t size) override
    {
        drawn_++;
        return std::string(size, static_cast<char>(drawn_));
    }

private:
    unsigned drawn_ = 0;
};

// Puts nothing while it is away.
class Target final : public archive::Objects {
public:
    explicit Target(std::unique_ptr<Folder> folder)
        : folder_(std::move(folder))
    { }
    Result<void> put(std::string_view name, std::string_view bytes) override
    {
        if (is_away)
            return fail(ErrorCode::unavailable, "away");
        if (loses_answers)
            static_cast<void>(folder_->put(name, bytes));
        puts.emplace_back(name);
        return loses_answers ? fail(ErrorCode::unavailable, "cut") : folder_->put(name, bytes);
    }
    Result<std::string> get(std::string_view name) override { return folder_->get(name); }
    Result<std::vector<archive::ObjectInfo>> list(
        std::string_view prefix, std::string_view after, std::size_t objects_max) override
    {
        return folder_->list(prefix, after, objects_max);
    }
    Result<void> remove(std::string_view name) override { return folder_->remove(name); }

    bool is_away = false;
    bool loses_answers = false;
    std::vector<std::string> puts{};

private:
    std::unique_ptr<Folder> folder_;
};

class BackupTest : public ::testing::Test {
protected:
    BackupTest() { open(); }

    void open()
    {
        log_.reset();
        log_ = SqliteLog::open({.file = store(), .ballast_bytes = 0}).value();
    }
    fs::path store() const { return folder_.path / "g.db"; }
    fs::path restored() const { return folder_.path / "restored.db"; }

    std::unique_ptr<Shipping> shipping()
    {
        return std::make_unique<Shipping>(Shipping::World{
            .objects = target_,
            .ask_log = [this](std::function<void(Log&)> const& question) -> Result<void> {
                question(*log_);
                if (between_)
                    between_();
                return {};
            },
            .now = [this] { return now_; },
            .dice = dice_,
            .draft = folder_.path / "copy"});
    }

    // Some events for one of a few rooms; linked, one millisecond apart.
    void play(std::string const& stream, std::size_t count = 1, bool finishes = false,
        std::vector<events::MemberKey> keys = {})
    {
        auto const start = events::chain_start(stream);
        auto& [version, link] = rooms_.try_emplace(stream, 0, start).first->second;
        now_.ms++;
        auto append = testing::append_of(stream, version, count, "data of " + stream);
        append.state.finished = finishes;
        append.keys = std::move(keys);
        for (auto& event : append.events) {
            event.at = now_;
            link = event.link = events::chain_link(link, event);
        }
        version += count;
        ASSERT_TRUE(log_->append({append}).at(0));
    }

    void play_at_random(int appends)
    {
        for (int i = 0; i < appends; i++)
            play("r" + std::to_string(chance_() % 20) + ".1", 1 + chance_() % 4);
    }

    void ship_all(Shipping& shipping)
    {
        while (shipping.ship().value()) { }
    }

    Result<Restored> restore_until(std::optional<WallTime> until = {})
    {
        fs::remove(restored());
        fs::remove(sqlite::keys_of(restored()));
        return restore(target_, {.file = restored(), .now = now_, .until = until},
            [](RestoreProgress const&) { });
    }

    std::vector<events::PositionedEvent> all_of(Log& log)
    {
        std::vector<events::PositionedEvent> all;
        events::LogPage page;
        do {
            page = log.log(page.next, 1000).value();
            std::ranges::move(page.events, std::back_inserter(all));
        } while (!page.is_last);
        return all;
    }

    static std::string told(events::PositionedEvent const& each)
    {
        return each.stream + "/" + std::to_string(each.event.version) + "@"
            + std::to_string(each.slot) + ":" + std::to_string(each.position) + each.category
            + each.event.data + std::to_string(each.event.at.ms)
            + std::to_string(each.state.finished);
    }

    // The restored store is the live one's log up to there.
    void expect_restored(std::size_t events)
    {
        auto const again = SqliteLog::open({.file = restored(), .ballast_bytes = 0}).value();
        auto const had = all_of(*log_);
        auto const has = all_of(*again);
        ASSERT_EQ(has.size(), events);
        for (std::size_t i = 0; i < events; i++) {
            EXPECT_EQ(told(has[i]), told(had[i]));
            EXPECT_EQ(has[i].event, had[i].event);
        }
        for (Slot slot = 0; events == had.size() && slot < slots_total; slot++)
            EXPECT_EQ(again->heads(slot).value(), log_->heads(slot).value());
    }

    // Somebody comes to a room.
    void join(std::string const& stream, std::string subject, std::uint32_t actor)
    {
        play(stream, 1, false,
            {{.subject = std::move(subject),
                .actor = actor,
                .key = std::string(events::key_size, static_cast<char>(++keys_made_))}});
    }

    void join_at_random(int times)
    {
        for (int i = 0; i < times; i++)
            join("r" + std::to_string(chance_() % 20) + ".1",
                chance_() % 3 == 0 ? "u:anna" : "u:ben",
                1 + static_cast<std::uint32_t>(chance_() % 4));
    }

    void erase_person(std::string const& subject)
    {
        while (log_->forget(subject).value() > 0) { }
    }

    // Who can still be named, with all that lies in the target; whatever it is called.
    std::set<std::string> named_in_target()
    {
        std::set<std::string> subjects;
        auto const all = target_.list("keys/", "", 100'000).value();
        for (auto const& each : all)
            if (auto const part = read_key_part(target_.get(each.name).value()))
                for (auto const& key : part->keys)
                    subjects.insert(key.member.subject);
        return subjects;
    }

    std::vector<events::Membership> restored_keys()
    {
        auto const again = SqliteLog::open({.file = restored(), .ballast_bytes = 0}).value();
        return again->keys(0, 100'000).value();
    }

    std::vector<std::string> objects(std::string const& part)
    {
        std::vector<std::string> names;
        auto const all = target_.list("backup/", "", 100'000).value();
        for (auto const& each : all)
            if (each.name.contains(part))
                names.push_back(each.name);
        return names;
    }

    testing::Folder folder_;
    Target target_{Folder::open(folder_.path / "target").value()};
    CountingDice dice_;
    WallTime now_{1'790'000'000'000};
    std::mt19937 chance_{7};
    std::unique_ptr<SqliteLog> log_;
    std::function<void()> between_;
    int keys_made_ = 0;
    std::map<std::string, std::pair<events::Version, events::Link>> rooms_;
};

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
    log_.reset();
    fs::rename(restored(), store());
    fs::rename(sqlite::keys_of(restored()), sqlite::keys_of(store()));
    open();
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
    EXPECT_EQ(catalogue.prune({began.ms - 1}).value(), 0);
    EXPECT_EQ(objects("manifest").size(), 6);
    WallTime const horizon{began.ms + 2 * day + day / 2};
    EXPECT_GT(catalogue.prune(horizon).value(), 0);
    EXPECT_EQ(objects("manifest").size(), 3) << "of days 2, 3 and 4";
    EXPECT_EQ(objects("segments").size(), 2);
    EXPECT_TRUE(restore_until(horizon));
    EXPECT_FALSE(restore_until(WallTime{began.ms + day}));
    EXPECT_TRUE(restore_until());
    EXPECT_TRUE(catalogue.prune({now_.ms + day}));
    EXPECT_EQ(objects("manifest").size(), 1) << "the last one stays, however old";
    EXPECT_TRUE(restore_until());
    expect_restored(all_of(*log_).size());
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

// ---- Keys

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
    auto const ring = log_->key_ring().value();
    log_.reset();
    fs::rename(restored(), store());
    fs::rename(sqlite::keys_of(restored()), sqlite::keys_of(store()));
    open();
    EXPECT_EQ(log_->key_ring().value(), ring);
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
    EXPECT_EQ(catalogue.prune(second->ring(), {now_.ms - 10'000}).value(), 0u);
    EXPECT_GT(catalogue.prune(second->ring(), {now_.ms - 1000}).value(), 0u);
    EXPECT_EQ(named_in_target(), std::set<std::string>{"u:ben"});
}

} // namespace
} // namespace gatehouse::storage::backup
