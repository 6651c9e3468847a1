// SPDX-License-Identifier: Apache-2.0
#include "events/stream_check.hpp"

#include "events/chain.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace gatehouse::events {
namespace {

constexpr char const* name = "k7qxm.9f0c2ab1";

struct History {
    StreamHead head{.stream = name, .category = "tally"};
    std::optional<Snapshot> snapshot{};
    std::vector<Event> events{};

    explicit History(Version size)
    {
        auto link = chain_start(name);
        for (Version version = 1; version <= size; version++) {
            Event event{.version = version,
                .type = "added",
                .at = {static_cast<std::int64_t>(1000 + version)},
                .cause = {.actor = 1, .action = version},
                .data = "\xa1"};
            link = event.link = chain_link(link, event);
            events.push_back(std::move(event));
        }
        head.version = size;
        head.at = events.back().at;
    }
    void snap(Version version)
    {
        snapshot = Snapshot{version, events[version - 1].link, "state", std::string(32, 'h')};
    }
    void compact(Version up_to)
    {
        events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(up_to));
        head.floor = up_to;
    }
    [[nodiscard]] std::vector<Version> findings() const
    {
        std::vector<Version> where;
        StreamCheck check(head, snapshot, [&](Finding finding) {
            EXPECT_EQ(finding.stream, name);
            where.push_back(finding.version);
        });
        for (auto const& event : events)
            check.take(event);
        check.finish();
        return where;
    }
};

TEST(StreamCheck, finds_nothing_in_a_sound_stream)
{
    History history(20);
    EXPECT_TRUE(history.findings().empty());
    history.snap(12);
    EXPECT_TRUE(history.findings().empty());
    history.compact(7);
    EXPECT_TRUE(history.findings().empty());
    history.compact(5); // Up to 12, where the snapshot is.
    history.head.floor = 12;
    EXPECT_TRUE(history.findings().empty());
}

TEST(StreamCheck, finds_each_change_of_each_event)
{
    std::vector<std::function<void(Event&)>> const changes{
        [](Event& event) { event.data += '\0'; }, [](Event& event) { event.type = "addee"; },
        [](Event& event) { event.cause.action++; }, [](Event& event) { event.schema++; },
        [](Event& event) { event.link[3] ^= std::byte{1}; },
        [](Event& event) { event.link = {}; }};
    for (auto const& change : changes)
        for (std::size_t at = 0; at < 6; at++) {
            History history(6);
            change(history.events[at]);
            auto const found = history.findings();
            ASSERT_FALSE(found.empty());
            EXPECT_LE(found.front(), at + 2) << "there, or where the next one links to it";
            EXPECT_GE(found.front(), at + 1);
        }
}

TEST(StreamCheck, one_missing_event_is_one_finding)
{
    for (std::size_t at = 0; at < 6; at++) {
        History history(6);
        history.events.erase(history.events.begin() + static_cast<std::ptrdiff_t>(at));
        EXPECT_EQ(history.findings(), std::vector<Version>{at + 1});
    }
}

TEST(StreamCheck, finds_versions_twice_and_ends_that_are_none)
{
    History twice(4);
    twice.events.insert(twice.events.begin() + 2, twice.events[1]);
    EXPECT_EQ(twice.findings(), std::vector<Version>{2});
    History behind(4);
    behind.head.version = 3;
    EXPECT_EQ(behind.findings(), std::vector<Version>{3});
    History late(4);
    late.head.at.ms++;
    EXPECT_EQ(late.findings(), std::vector<Version>{4});
}

TEST(StreamCheck, finds_snapshots_that_do_not_belong)
{
    History other(5);
    other.snap(3);
    other.snapshot->link[0] ^= std::byte{1};
    EXPECT_EQ(other.findings(), std::vector<Version>{3});
    History newer(5);
    newer.snap(5);
    newer.snapshot->version = 6;
    EXPECT_EQ(newer.findings(), std::vector<Version>{6});
    History bare(5);
    bare.compact(2);
    EXPECT_EQ(bare.findings(), std::vector<Version>{2});
}

TEST(StreamCheck, a_stream_older_than_chains_can_only_be_counted)
{
    History history(4);
    for (auto& event : history.events)
        event.link = {};
    EXPECT_TRUE(history.findings().empty());
    history.events[2].link[0] = std::byte{1};
    EXPECT_EQ(history.findings(), std::vector<Version>{3});
}

} // namespace
} // namespace gatehouse::events
