// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "events/chain.hpp"
#include "storage/conformance_test.hpp"
#include "storage/sqlite/check.hpp"
#include "storage/sqlite/repair.hpp"
#include "storage/sqlite/restoration.hpp"
#include "storage/sqlite/sqlite_log.hpp"
#include "storage/verify.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::storage::sqlite::testing {
namespace fs = std::filesystem;
using events::Event;
using events::Version;
using storage::testing::append_of;
using storage::testing::Folder;
using storage::testing::linked;
using storage::testing::snapshot_of;

// All that can be asked of a stream.
struct Stream {
    std::string category;
    events::StreamState state;
    WallTime at;
    Version floor;
    std::vector<Event> events;

    bool operator==(Stream const&) const = default;
};
using Contents = std::map<std::string, Stream>;

inline Contents contents_of(storage::Log& log)
{
    Contents all;
    auto const heads = log.streams("", 1000).value();
    for (auto const& head : heads)
        all[head.stream] = {head.category, head.state, head.at, head.floor,
            log.read(head.stream, head.floor, 10'000).value()};
    return all;
}

// Whatever it says of a stream.
struct Teller final : RepairSource {
    explicit Teller(Origin said = Origin::another, std::string stream = {})
        : said_origin(said)
        , only(std::move(stream))
    { }

    std::string name() const override { return "a teller"; }
    Origin origin() const override { return said_origin; }
    Result<void> streams(std::vector<std::string>&) override
    {
        return fail(ErrorCode::internal, "It has no list.");
    }
    Result<bool> read(std::string const& stream, Kept& kept, OnEvent const& visit) override
    {
        if (!only.empty() && stream != only)
            return false;
        kept = {.category = "liap-tui", .snapshot = snapshot};
        for (auto const& event : tell(stream)) {
            kept.at = event.at;
            GH_CHECK(visit(event));
        }
        kept.state = state;
        if (breaks_off)
            return fail(ErrorCode::internal, "The rest is damaged.");
        return true;
    }

    Origin said_origin;
    std::string only;
    std::function<std::vector<Event>(std::string const& stream)> tell
        = [](auto const&) { return std::vector<Event>(); };
    std::optional<events::Snapshot> snapshot{};
    std::optional<events::StreamState> state{};
    bool breaks_off = false; // In the end.
};

// A store to damage, what it held, and a copy of it.
class RepairSqlite : public ::testing::Test {
protected:
    void SetUp() override
    {
        fill(*SqliteLog::open(options_).value());
        whole_ = bytes_of(options_.file);
        fs::copy_file(options_.file, elsewhere_.file);
        other_ = SqliteLog::open(elsewhere_).value();
        before_ = contents_of(*other_);
        source_ = source_of("elsewhere", Origin::this_store, *other_);
    }

    // Long and short rooms among each other: some finished, with snapshots, compacted, erased.
    void fill(storage::Log& log)
    {
        std::mt19937 chance(5);
        for (int round = 0; round < 70; round++) {
            auto const stream = "c" + std::to_string(chance() % 9) + ".1";
            auto const count = chance() % 14 + 1;
            auto one = next_of(stream, last_[stream], count,
                std::string(chance() % 200, static_cast<char>(chance())));
            one.state.finished = chance() % 6 == 0;
            if (!one.state.finished && chance() % 3 != 0)
                one.state.deadline = one.events.back().at + Milliseconds(chance() % 90'000);
            ASSERT_TRUE(log.append({one}).at(0));
        }
        for (auto& [stream, tip] : last_) {
            auto const kept = snapshot_at(stream, tip, chance() % 3000 + 1);
            if (chance() % 2 == 0) {
                ASSERT_TRUE(log.keep(kept));
                if (chance() % 2 == 0) {
                    ASSERT_TRUE(log.compact(stream, tip.version / 2 + 1));
                }
            }
        }
        ASSERT_TRUE(log.append({linked(append_of("gone.1", 0, 30))}).at(0));
        auto finished = linked(append_of("gone.2", 0, 3));
        finished.state.finished = true;
        ASSERT_TRUE(log.append({finished}).at(0));
        ASSERT_TRUE(log.erase("gone.2", 3));
    }

    static std::string bytes_of(fs::path const& file)
    {
        std::ifstream in(file, std::ios::binary);
        return std::string(std::istreambuf_iterator(in), {});
    }
    static fs::path wal_of(fs::path const& file) { return file.native() + "-wal"; }
    void write(std::string const& bytes, std::string const& wal = {}) const
    {
        std::ofstream(options_.file, std::ios::binary | std::ios::trunc) << bytes;
        std::ofstream(wal_of(options_.file), std::ios::binary | std::ios::trunc) << wal;
    }

    // From here on the store has a WAL with some commits and snapshots, as of a server that was
    // killed, and rows beyond the checkpoint: of rooms old and new.
    void kill_in_the_midst()
    {
        auto const log = SqliteLog::open(options_).value();
        for (int i = 0; i < 40; i++) {
            auto const stream = i % 5 == 0 ? "n" + std::to_string(i) + ".1" : last_.begin()->first;
            auto& tip = last_[stream];
            ASSERT_TRUE(log->append({next_of(stream, tip, 1 + static_cast<std::size_t>(i % 3))})
                            .at(0));
            if (i % 7 == 3) {
                ASSERT_TRUE(log->keep(snapshot_at(stream, tip, 2000)));
            }
        }
        whole_ = bytes_of(options_.file);
        wal_ = bytes_of(wal_of(options_.file));
        other_.reset();
        std::ofstream(elsewhere_.file, std::ios::binary | std::ios::trunc) << whole_;
        std::ofstream(wal_of(elsewhere_.file), std::ios::binary | std::ios::trunc) << wal_;
        other_ = SqliteLog::open(elsewhere_).value();
        before_ = contents_of(*other_);
        source_ = source_of("elsewhere", Origin::this_store, *other_);
    }

    static events::StreamAppend next_of(
        std::string const& stream, Event& tip, std::size_t count, std::string data = "more")
    {
        auto one = linked(append_of(stream, tip.version, count, std::move(data)),
            tip.version == 0 ? events::chain_start(stream) : tip.link);
        tip = one.events.back();
        return one;
    }
    static events::StreamSnapshot snapshot_at(
        std::string const& stream, Event const& tip, std::size_t size)
    {
        auto kept = snapshot_of(stream, tip.version, std::string(size, 's'));
        kept.snapshot.link = tip.link;
        return kept;
    }

    static std::vector<std::string> findings_in(Options options)
    {
        std::vector<std::string> all;
        auto const found = [&all](events::Finding const& finding) {
            all.push_back(
                finding.stream + "/" + std::to_string(finding.version) + " " + finding.what);
        };
        check(options, found);
        options.access = Access::read_only;
        auto const log = SqliteLog::open(options);
        if (!log)
            all.push_back(log.error().detail);
        else
            static_cast<void>(verify(**log, found, [](Verified const&) { }));
        return all;
    }

    // Empty where SQLite cannot open it.
    std::optional<RepairPlan> repair(std::vector<RepairSource*> const& sources)
    {
        fs::remove(repaired_.file);
        auto repair = Repair::open(options_.file, folder_.path / "spool.db", category_of_);
        if (!repair)
            return std::nullopt;
        EXPECT_TRUE(repair->ask(sources));
        auto const written = repair->write(repaired_.file, now_);
        EXPECT_TRUE(written) << written.error().detail;
        EXPECT_EQ(findings_in(repaired_), std::vector<std::string>{});
        return repair->plan();
    }

    // What a repair promises, whatever was damaged: an event that is there is as it was; one that
    // is not is named, or counted; and where nobody has to agree, none is gone that a snapshot does
    // not tell of.
    void expect_promises_kept(RepairPlan const& plan)
    {
        std::set<std::pair<std::string, Version>> gone;
        std::uint64_t of_nobody = plan.unknown;
        for (auto const& each : plan.mended)
            for (auto const* const lost : {&each.cut, &each.compacted}) {
                of_nobody += each.stream[0] == '?' ? lost->size() : 0;
                for (auto const& event : *lost)
                    gone.emplace(each.stream, event.version);
            }
        auto const after = repaired();
        std::uint64_t unnamed = 0;
        for (auto const& [name, stream] : before_) {
            std::map<Version, Event> kept;
            if (after.contains(name))
                for (auto const& event : after.at(name).events)
                    kept[event.version] = event;
            for (auto const& event : stream.events) {
                bool const is_named = gone.erase({name, event.version}) > 0;
                if (!kept.contains(event.version)) {
                    unnamed += is_named ? 0 : 1;
                    continue;
                }
                ASSERT_FALSE(is_named) << name << "/" << event.version << " is there";
                ASSERT_EQ(kept.at(event.version), event) << name << "/" << event.version;
            }
            auto const last = stream.events.empty() ? stream.floor : stream.events.back().version;
            ASSERT_TRUE(kept.empty() || kept.rbegin()->first <= last) << name << " goes on";
            ASSERT_TRUE(plan.cuts() || after.contains(name)) << name << " is gone";
            std::erase_if(gone, [&](auto const& each) {
                return each.first == name && each.second <= stream.floor;
            });
        }
        for (auto const& [name, stream] : after)
            ASSERT_TRUE(before_.contains(name)) << name << " never was";
        for (auto const& [name, version] : gone)
            ASSERT_EQ(name[0], '?') << name << "/" << version << " never was";
        ASSERT_TRUE(!plan.why_endless.empty() || unnamed <= of_nobody);
        ASSERT_TRUE(plan.cuts() || unnamed == 0) << unnamed << " are gone, and nobody is told";
    }

    Contents repaired()
    {
        return contents_of(*SqliteLog::open(repaired_).value());
    }

    // As SQLite would, but for what our sums and links say.
    void change(char const* sql) const
    {
        auto database = Database::open(options_.file, SQLITE_OPEN_READWRITE).value();
        auto const done = database.run(sql);
        ASSERT_TRUE(done) << done.error().detail;
    }

    Options options_of(std::string const& name) const
    {
        return {.file = folder_.path / name, .checkpoint_events_min = 150, .ballast_bytes = 0};
    }

    Folder folder_;
    Options options_ = options_of("store.db");
    Options elsewhere_ = options_of("elsewhere.db");
    Options repaired_ = options_of("repaired.db");
    WallTime now_{1'790'000'000'000};
    CategoryOf category_of_{};
    std::string whole_;
    std::string wal_;
    std::map<std::string, Event> last_; // Of each room.
    Contents before_;
    std::unique_ptr<SqliteLog> other_;
    std::unique_ptr<RepairSource> source_;
};

} // namespace gatehouse::storage::sqlite::testing
