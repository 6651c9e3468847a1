// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/chain.hpp"
#include "storage/archive/folder.hpp"
#include "storage/backup/restore.hpp"
#include "storage/backup/shipping.hpp"
#include "storage/sqlite/restoration.hpp"
#include "storage/sqlite/sqlite_log.hpp"
#include "storage/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <set>

// A store that is shipped to a folder and restored from it.
namespace gatehouse::storage::backup {

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
        auto put = folder_->put(name, bytes);
        puts.emplace_back(name);
        if (after_part && name.ends_with(".jsonl.zst"))
            after_part();
        return loses_answers ? fail(ErrorCode::unavailable, "cut") : put;
    }
    Result<std::string> get(std::string_view name) override
    {
        if (auto const before = name.contains("/part-") ? std::exchange(before_part, {}) : nullptr)
            before();
        return folder_->get(name);
    }
    Result<std::vector<archive::ObjectInfo>> list(
        std::string_view prefix, std::string_view after, std::size_t objects_max) override
    {
        lists++;
        return folder_->list(prefix, after, objects_max);
    }
    Result<void> remove(std::string_view name) override
    {
        return removes_none ? fail(ErrorCode::unavailable, "away") : folder_->remove(name);
    }

    bool is_away = false;
    bool removes_none = false;
    bool loses_answers = false;
    std::size_t lists = 0;
    std::function<void()> after_part{}; // Called when a part is there.
    std::function<void()> before_part{}; // Called once, before one of a base is read.
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
            .now = [this] { return Now{steady(), now_}; },
            .dice = dice_,
            .draft = folder_.path / "copy"});
    }

    TimePoint steady() const { return TimePoint(Milliseconds(now_.ms) + set_back_); }
    void set_clock_back(Milliseconds by)
    {
        now_.ms -= by.count();
        set_back_ += by;
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

    // The machine was lost: what was restored goes on in its place.
    void take_restored()
    {
        log_.reset();
        fs::rename(restored(), store());
        fs::rename(sqlite::keys_of(restored()), sqlite::keys_of(store()));
        open();
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
    Milliseconds set_back_{0}; // By so much the wall clock was, in all.
    std::mt19937 chance_{7};
    std::unique_ptr<SqliteLog> log_;
    std::function<void()> between_;
    int keys_made_ = 0;
    KeyCatalogue::Unmarked unmarked_{};
    std::map<std::string, std::pair<events::Version, events::Link>> rooms_;
};

} // namespace gatehouse::storage::backup
