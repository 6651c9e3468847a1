// SPDX-License-Identifier: Apache-2.0
#include "storage/committer.hpp"

#include "storage/memory_log.hpp"
#include "storage/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

namespace gatehouse::storage {
namespace {

using events::Appended;
using events::StreamAppend;
using testing::append_of;

// Counts what reaches it, and holds the committer's thread at its gate while that is closed.
class GatedLog final : public MemoryLog {
public:
    struct Seen {
        std::mutex gate;
        std::vector<std::size_t> commits; // Streams of each append, and 0 for each read.
    };

    explicit GatedLog(Seen& seen)
        : seen_(seen)
    { }

    std::vector<Result<Appended>> append(std::vector<StreamAppend> batch) override
    {
        std::lock_guard const passing(seen_.gate);
        seen_.commits.push_back(batch.size());
        return MemoryLog::append(std::move(batch));
    }
    Result<std::vector<events::Event>> read(
        std::string_view stream, events::Version after, std::size_t events_max) override
    {
        std::lock_guard const passing(seen_.gate);
        seen_.commits.push_back(0);
        return MemoryLog::read(stream, after, events_max);
    }

private:
    Seen& seen_;
};

class CommitterTest : public ::testing::Test {
protected:
    void start(CommitterOptions options)
    {
        std::vector<Committer::Deliver> delivers;
        for (auto& mailbox : mailboxes_)
            delivers.push_back([&mailbox](Committer::Task task) { mailbox.post(std::move(task)); });
        committer_.emplace(std::make_unique<GatedLog>(seen_), std::move(delivers), options);
    }

    void append(events::Version expected, ShardIndex shard = 0)
    {
        committer_->store(shard).append({append_of("a.1", expected)}, [this](auto answers) {
            answered_.emplace_back(answers.at(0) ? "kept" : name_of(answers[0].error().code));
        });
    }

    GatedLog::Seen seen_;
    std::array<testing::Mailbox, 2> mailboxes_;
    std::vector<std::string> answered_;
    std::optional<Committer> committer_;
};

TEST_F(CommitterTest, joins_what_waits_into_one_commit_up_to_its_bound)
{
    start({.commit_events_max = 50});
    {
        std::unique_lock const closed(seen_.gate);
        for (events::Version version = 0; version < 200; version++)
            append(version);
    }
    committer_->stop();
    for (int i = 0; i < 200; i++)
        mailboxes_[0].run_one();
    EXPECT_EQ(answered_, std::vector<std::string>(200, "kept"));
    // The first ones may have gone while the rest came; the others fill commits of 50.
    EXPECT_LE(seen_.commits.size(), 6u);
    auto const tally = committer_->tally();
    EXPECT_EQ(tally.commits, seen_.commits.size());
    EXPECT_EQ(tally.failures, 0u);
    EXPECT_EQ(tally.events, 200u);
    EXPECT_GT(tally.busy.count(), 0);
    for (auto const streams : seen_.commits)
        EXPECT_LE(streams, 50u);
}

TEST_F(CommitterTest, counts_what_became_durable_and_what_did_not)
{
    start({.commit_events_max = 1});
    {
        std::unique_lock const closed(seen_.gate);
        append(0);
        append(7); // There is no such version to go on from.
        append(1);
    }
    committer_->stop();
    auto const tally = committer_->tally();
    EXPECT_EQ(tally.commits, 3u);
    EXPECT_EQ(tally.failures, 1u);
    EXPECT_EQ(tally.events, 2u);
    for (int i = 0; i < 3; i++)
        mailboxes_[0].run_one();
    EXPECT_EQ(std::ranges::count(answered_, "kept"), 2);
}

TEST_F(CommitterTest, reads_and_commits_take_turns)
{
    start({.commit_events_max = 1, .queries_per_commit_max = 2});
    int answers = 0;
    {
        std::unique_lock const closed(seen_.gate);
        for (events::Version version = 0; version < 10; version++)
            append(version);
        for (int i = 0; i < 20; i++)
            committer_->store(0).read("a.1", 0, 10, [&](auto) { answers++; });
    }
    committer_->stop();
    for (int i = 0; i < 30; i++)
        mailboxes_[0].run_one();
    EXPECT_EQ(answers, 20);
    int reads_in_a_row = 0;
    std::size_t commits = 0;
    for (auto const streams : seen_.commits) {
        reads_in_a_row = streams == 0 ? reads_in_a_row + 1 : 0;
        commits += streams;
        if (commits < 10) {
            EXPECT_LE(reads_in_a_row, 2);
        }
    }
}

TEST_F(CommitterTest, a_full_queue_is_busy_at_once_but_not_within_the_call)
{
    start({.waiting_bytes_max = 10'000});
    {
        std::unique_lock const closed(seen_.gate);
        for (events::Version version = 0; version < 100; version++)
            append(version, 1);
        EXPECT_TRUE(answered_.empty());
        mailboxes_[1].run_one();
        EXPECT_EQ(answered_.at(0), "busy") << "though nothing could be written yet";
    }
    committer_->stop();
    for (int i = 1; i < 100; i++)
        mailboxes_[1].run_one();
    auto const kept = std::ranges::count(answered_, "kept");
    EXPECT_GT(kept, 5);
    EXPECT_LT(kept, 14);
    EXPECT_EQ(kept + std::ranges::count(answered_, "busy"), 100);
}

TEST_F(CommitterTest, what_is_answered_makes_room)
{
    start({.waiting_bytes_max = 10'000});
    for (events::Version version = 0; version < 100; version++) {
        append(version);
        mailboxes_[0].run_one();
        committer_->store(0).read("a.1", 0, 1, [this](auto events) {
            answered_.emplace_back(events ? "kept" : name_of(events.error().code));
        });
        mailboxes_[0].run_one();
    }
    EXPECT_EQ(answered_, std::vector<std::string>(200, "kept"));
}

TEST_F(CommitterTest, upkeep_takes_turns_with_commits_and_ends_with_them)
{
    start({.commit_events_max = 1});
    {
        std::unique_lock const closed(seen_.gate);
        for (events::Version version = 0; version < 3; version++) {
            append(version);
            EXPECT_TRUE(committer_->upkeep([this](Log& log) {
                seen_.commits.push_back(100 + log.heads(slot_of("a.1")).value()[0].version);
            }));
        }
    }
    committer_->stop();
    auto const& seen = seen_.commits;
    ASSERT_EQ(seen.size(), 6u);
    EXPECT_EQ(std::ranges::count(seen, 1u), 3);
    // But for the first one, which may have begun when nothing else was there.
    auto const are_commits = [](std::size_t a, std::size_t b) { return a == 1 && b == 1; };
    EXPECT_EQ(std::adjacent_find(seen.begin() + 1, seen.end(), are_commits), seen.end());
    EXPECT_FALSE(committer_->upkeep([this](Log&) { seen_.commits.push_back(0); }));
    EXPECT_EQ(seen_.commits.size(), 6);
}

TEST_F(CommitterTest, answers_all_that_waits_and_refuses_what_comes_after)
{
    start({});
    append(0);
    committer_->stop();
    append(1);
    mailboxes_[0].run_one();
    mailboxes_[0].run_one();
    EXPECT_EQ(answered_, (std::vector<std::string>{"kept", "unavailable"}));
}

} // namespace
} // namespace gatehouse::storage
