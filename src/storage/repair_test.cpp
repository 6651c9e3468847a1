// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/repair.hpp"

#include "events/chain.hpp"
#include "storage/conformance_test.hpp"
#include "storage/sqlite/check.hpp"
#include "storage/sqlite/restoration.hpp"
#include "storage/verify.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <set>

namespace gatehouse::storage::sqlite {
namespace {

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
    bool is_finished;
    Version floor;
    std::vector<Event> events;

    bool operator==(Stream const&) const = default;
};
using Contents = std::map<std::string, Stream>;

Contents contents_of(storage::Log& log)
{
    Contents all;
    auto const heads = log.streams("", 1000).value();
    for (auto const& head : heads)
        all[head.stream] = {head.category, head.state.finished, head.floor,
            log.read(head.stream, head.floor, 10'000).value()};
    return all;
}

class RepairSqlite : public ::testing::Test {
protected:
    void SetUp() override
    {
        fill(*SqliteLog::open(options_).value());
        whole_ = bytes_of(options_.file);
        fs::copy_file(options_.file, elsewhere_.file);
        other_ = SqliteLog::open(elsewhere_).value();
        before_ = contents_of(*other_);
        source_ = source_of("elsewhere", *other_);
    }

    // Long and short rooms among each other: some finished, with snapshots, compacted, erased.
    static void fill(storage::Log& log)
    {
        std::mt19937 chance(5);
        std::map<std::string, Event> last;
        for (int round = 0; round < 70; round++) {
            auto const stream = "c" + std::to_string(chance() % 9) + ".1";
            auto& tip = last[stream];
            auto one = linked(append_of(stream, tip.version, chance() % 14 + 1,
                                  std::string(chance() % 200, static_cast<char>(chance()))),
                tip.version == 0 ? events::chain_start(stream) : tip.link);
            one.state.finished = chance() % 6 == 0;
            tip = one.events.back();
            ASSERT_TRUE(log.append({one}).at(0));
        }
        for (auto& [stream, tip] : last) {
            auto kept = snapshot_of(stream, tip.version, std::string(chance() % 3000 + 1, 's'));
            kept.snapshot.link = tip.link;
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
    void write(std::string const& bytes) const
    {
        std::ofstream(options_.file, std::ios::binary | std::ios::trunc) << bytes;
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
    std::optional<RepairPlan> repair(std::vector<RepairSource*> sources)
    {
        fs::remove(repaired_.file);
        auto repair = Repair::plan(options_.file, std::move(sources));
        if (!repair)
            return std::nullopt;
        auto const written = repair->write(repaired_.file, now_);
        EXPECT_TRUE(written) << written.error().detail;
        EXPECT_EQ(findings_in(repaired_), std::vector<std::string>{});
        return repair->plan();
    }

    Contents repaired()
    {
        return contents_of(*SqliteLog::open(repaired_).value());
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
    std::string whole_;
    Contents before_;
    std::unique_ptr<SqliteLog> other_;
    std::unique_ptr<RepairSource> source_;
};

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
    int mended = 0, beyond_repair = 0, cut = 0, flips = 0;
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
            if (plan->cuts()) {
                cut++;
                continue;
            }
            ASSERT_EQ(after.size(), before_.size()) << "byte " << at;
            for (auto const& [name, stream] : before_)
                ASSERT_EQ(after.at(name).events, stream.events) << name << ", byte " << at;
        }
    EXPECT_GT(mended, flips / 8);
    EXPECT_LT(beyond_repair, flips / 20);
    EXPECT_LT(cut, flips / 20) << "what is there elsewhere is taken from there";
}

// With nobody to ask, every event that is gone is named; those that stay are as they were.
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
            std::set<std::pair<std::string, Version>> gone;
            for (auto const& each : plan->mended) {
                for (auto const& lost : each.cut)
                    gone.emplace(each.stream, lost.version);
                for (auto const& lost : each.compacted)
                    gone.emplace(each.stream, lost.version);
                cuts += each.cut.empty() ? 0 : 1;
                compactions += each.compacted.empty() ? 0 : 1;
            }
            auto const after = repaired();
            std::uint64_t missing = 0;
            for (auto const& [name, stream] : before_) {
                std::map<Version, Event> kept;
                if (after.contains(name))
                    for (auto const& event : after.at(name).events)
                        kept[event.version] = event;
                for (auto const& event : stream.events)
                    if (kept.contains(event.version))
                        ASSERT_EQ(kept.at(event.version), event) << "byte " << at;
                    else if (!gone.contains({name, event.version}))
                        missing++;
            }
            // Of a room whose name is gone, by its number alone.
            bool const is_nameless = plan->unknown > 0
                || std::ranges::any_of(
                    plan->mended, [](auto const& each) { return each.stream[0] == '?'; });
            ASSERT_TRUE(missing == 0 || is_nameless) << "byte " << at << ": " << missing;
            EXPECT_EQ(last_restoration(repaired_.file).value().has_value(), plan->cuts());
        }
    EXPECT_GT(cuts, 5);
    EXPECT_GT(compactions, 0);
}

TEST_F(RepairSqlite, takes_nothing_that_does_not_follow)
{
    {
        auto database = Database::open(options_.file, SQLITE_OPEN_READWRITE).value();
        ASSERT_TRUE(database.run("DELETE FROM event WHERE id = (SELECT max(id) - 5 FROM event)"));
    }
    struct Liar final : RepairSource {
        std::string name() const override { return "a liar"; }
        Result<std::vector<std::string>> streams() override { return std::vector<std::string>(); }
        Result<std::optional<Kept>> read(std::string const& stream) override
        {
            auto lie = linked(append_of(stream, 0, 40, "another history"));
            return Kept{.category = "liap-tui", .events = lie.events};
        }
    } liar;
    auto const plan = repair({&liar, source_.get()});
    ASSERT_TRUE(plan);
    EXPECT_FALSE(plan->cuts());
    ASSERT_EQ(plan->mended.size(), 1u);
    EXPECT_FALSE(plan->mended[0].taken.contains("a liar"));
    EXPECT_EQ(plan->mended[0].taken.at("elsewhere").size(), 1u);
    EXPECT_EQ(repaired(), before_);
}

} // namespace
} // namespace gatehouse::storage::sqlite
