// SPDX-License-Identifier: Apache-2.0
// `events verify` finds a snapshot that fits in all its parts and tells another state than replay.
#include "server/replay_check.hpp"

#include "base/digest.hpp"
#include "rooms/testing.hpp"
#include "storage/memory_log.hpp"

#include <gtest/gtest.h>

namespace gatehouse::server {
namespace {

using rooms::testing::Bench;

struct ReplayCheck : ::testing::Test {
    // A room in which somebody said this number.
    static void play(Bench& bench, int number)
    {
        bench.open();
        auto ann = bench.add("ann", 1);
        auto bob = bench.add("bob", 2);
        bench.join(ann);
        bench.join(bob);
        bench.act(ann, 1, "add", R"({"n":)" + std::to_string(number) + "}");
        bench.settle();
    }

    void SetUp() override
    {
        play(bench, 5);
        ASSERT_EQ(bench.sum(), 5);
        ASSERT_TRUE(
            log.append({{.stream = Bench::stream, .category = "coins", .events = bench.kept}})
                .front());
    }

    std::vector<std::string> findings_of(events::Snapshot const& snapshot)
    {
        EXPECT_TRUE(log.keep({Bench::stream, snapshot}));
        std::vector<std::string> findings;
        auto const checked = check_snapshots(log, nullptr, bench.games,
            [&](events::Finding const& finding) { findings.push_back(finding.what); });
        EXPECT_EQ(checked.value(), (CheckedSnapshots{.replayed = 1}));
        return findings;
    }

    Bench bench{};
    storage::MemoryLog log{};
};

TEST_F(ReplayCheck, agrees_with_a_snapshot_of_what_was)
{
    EXPECT_TRUE(findings_of(bench.room->state().snapshot()).empty());
}

TEST_F(ReplayCheck, says_of_which_snapshots_it_cannot_tell)
{
    auto const snapshot = bench.room->state().snapshot();
    ASSERT_TRUE(log.keep({Bench::stream, snapshot}));
    ASSERT_TRUE(log.compact(Bench::stream, snapshot.version - 1));
    auto const checked = check_snapshots(log, nullptr, bench.games,
        [&](events::Finding const& finding) { ADD_FAILURE() << finding.what; });
    EXPECT_EQ(checked.value(), (CheckedSnapshots{.passed_over = 1}));
}

TEST_F(ReplayCheck, finds_a_snapshot_that_tells_another_state)
{
    Bench other;
    play(other, 6);
    auto const mine = bench.room->state().snapshot();
    auto snapshot = other.room->state().snapshot();
    auto const bytes_of = [](events::Link const& link) {
        return std::string(reinterpret_cast<char const*>(link.data()), link.size());
    };
    auto const at = snapshot.state.find(bytes_of(snapshot.link));
    ASSERT_NE(at, std::string::npos);
    snapshot.state.replace(at, snapshot.link.size(), bytes_of(mine.link));
    snapshot.link = mine.link;
    snapshot.hash = sha256(snapshot.state);
    ASSERT_EQ(snapshot.version, mine.version);
    ASSERT_TRUE(rooms::RoomState::restore(snapshot, bench.games)) << "a room would go on from it";
    EXPECT_EQ(findings_of(snapshot),
        std::vector<std::string>{"replay comes to another state than the snapshot"});
}

} // namespace
} // namespace gatehouse::server
