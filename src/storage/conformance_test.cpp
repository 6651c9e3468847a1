// SPDX-License-Identifier: Apache-2.0
// What every store promises, asked of each through the port: a log behind a committer, with shards
// that are queues pumped by the test.
#include "events/append_check.hpp"
#include "storage/committer.hpp"
#include "storage/memory_log.hpp"
#include "storage/postgres/postgres_log.hpp"
#include "storage/postgres/server_test.hpp"
#include "storage/sqlite/sqlite_log.hpp"
#include "storage/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>

namespace gatehouse::storage {
namespace {

using events::Appended;
using events::Event;
using events::LogPage;
using events::PositionedEvent;
using events::StreamAppend;
using events::StreamHead;
using events::Version;
using testing::append_of;
using testing::Folder;

enum class Kind { memory, sqlite, postgres };

class Stores : public ::testing::TestWithParam<Kind> {
protected:
    static constexpr ShardIndex shards = 2;

    void SetUp() override
    {
        if (GetParam() == Kind::postgres) {
            database_server_ = postgres::testing::Server::instance();
            if (!database_server_)
                GTEST_SKIP() << postgres::testing::Server::what_is_missing;
            database_ = database_server_->make_database();
        }
        start();
    }

    void start()
    {
        std::vector<Committer::Deliver> delivers;
        for (auto& mailbox : mailboxes_)
            delivers.push_back([&mailbox](Committer::Task task) { mailbox.post(std::move(task)); });
        committer_ = std::make_unique<Committer>(make_log(), std::move(delivers));
    }

    // Only what keeps its events past its process can be opened again.
    bool reopen()
    {
        if (GetParam() == Kind::memory)
            return false;
        committer_.reset();
        start();
        return true;
    }

    std::unique_ptr<Log> make_log()
    {
        if (GetParam() == Kind::memory)
            return std::make_unique<MemoryLog>();
        if (GetParam() == Kind::postgres)
            return postgres::PostgresLog::open(
                {.target = {.url = database_server_->url(database_)}})
                .value();
        // A checkpoint of heads every 50 events, so that the tests pass over many.
        return sqlite::SqliteLog::open(
            {.file = folder_.path / "store.db", .checkpoint_events_min = 50, .ballast_bytes = 0})
            .value();
    }

    events::EventStore& store(ShardIndex shard = 0) { return committer_->store(shard); }

    // Asks, then runs what is delivered to the shard until the answer is there.
    template <typename Answer, typename Ask>
    Answer wait_for(ShardIndex shard, Ask ask)
    {
        std::optional<Answer> answer;
        ask([&answer](Answer given) { answer = std::move(given); });
        EXPECT_FALSE(answer) << "answered within the call";
        while (!answer)
            mailboxes_[shard].run_one();
        return *std::move(answer);
    }

    std::vector<Result<Appended>> append(std::vector<StreamAppend> batch, ShardIndex shard = 0)
    {
        return wait_for<std::vector<Result<Appended>>>(
            shard, [&](auto done) { store(shard).append(std::move(batch), std::move(done)); });
    }

    std::vector<Event> read(std::string stream, Version after = 0, std::size_t events_max = 1000)
    {
        return wait_for<Result<std::vector<Event>>>(0, [&](auto done) {
            store().read(std::move(stream), after, events_max, std::move(done));
        }).value();
    }

    std::vector<StreamHead> heads(Slot slot)
    {
        return wait_for<Result<std::vector<StreamHead>>>(0, [&](auto done) {
            store().heads(slot, std::move(done));
        }).value();
    }

    std::vector<PositionedEvent> whole_log(std::size_t page_size)
    {
        std::vector<PositionedEvent> all;
        LogPage page;
        do {
            page = wait_for<Result<LogPage>>(0, [&](auto done) {
                store().log(page.next, page_size, std::move(done));
            }).value();
            EXPECT_LE(page.events.size(), page_size);
            std::ranges::move(page.events, std::back_inserter(all));
        } while (!page.is_last);
        return all;
    }

    Folder folder_;
    postgres::testing::Server* database_server_ = nullptr;
    std::string database_;
    std::array<testing::Mailbox, shards> mailboxes_;
    std::unique_ptr<Committer> committer_;
};

TEST_P(Stores, an_append_can_be_read_back_whole)
{
    StreamAppend deal{.stream = "k7qxm.9f0c2ab1",
        .category = "liap-tui",
        .expected = 0,
        .events = {{.version = 1,
                       .type = "dealt",
                       .schema = 7,
                       .at = {1'790'000'000'123},
                       .cause = {.actor = 0xffffffff, .action = 0xffffffffffffffff},
                       .data = std::string("\0\xff'\";", 5)},
            {.version = 2, .type = "declared", .at = {-1}, .data = ""}},
        .state = {.finished = true, .deadline = WallTime{1'790'000'030'000}}};

    auto const appended = append({deal});
    ASSERT_TRUE(appended.at(0));
    EXPECT_EQ(appended[0]->slot, slot_of(deal.stream));
    EXPECT_EQ(appended[0]->first_position, 1u);
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(read(deal.stream), deal.events);
        auto found = heads(slot_of(deal.stream));
        ASSERT_EQ(found.size(), 1u);
        found[0].at = {};
        EXPECT_EQ(found[0], (StreamHead{deal.stream, deal.category, 2, deal.state}));
        reopen();
    }
}

TEST_P(Stores, one_stream_is_refused_and_the_next_one_kept)
{
    auto const answers = append({append_of("a.1", 0, 2), append_of("b.1", 3), append_of("a.1", 2),
        append_of("a.1", 2), append_of("c.1", 0)});
    ASSERT_EQ(answers.size(), 5u);
    EXPECT_TRUE(answers[0]);
    EXPECT_EQ(answers[1].error().code, ErrorCode::stale_base);
    EXPECT_EQ(answers[2]->first_position, 3u) << "a batch may append to one stream twice";
    EXPECT_EQ(answers[3].error().code, ErrorCode::stale_base);
    EXPECT_TRUE(answers[4]);
    EXPECT_EQ(read("a.1").size(), 3u);
    EXPECT_TRUE(read("b.1").empty());
    EXPECT_EQ(read("c.1").size(), 1u);
    EXPECT_EQ(append({append_of("a.1", 0)}).at(0).error().code, ErrorCode::stale_base);
}

TEST_P(Stores, a_stream_that_does_not_exist_has_no_events)
{
    EXPECT_TRUE(read("nobody.1").empty());
    EXPECT_TRUE(heads(17).empty());
    EXPECT_TRUE(heads(slots_total).empty());
    EXPECT_TRUE(whole_log(10).empty());
}

TEST_P(Stores, reads_what_comes_after_a_version_up_to_a_number)
{
    auto const kept = append_of("a.1", 0, 10);
    append({kept});
    auto const part = [&](std::size_t begin, std::size_t end) {
        return std::vector(kept.events.begin() + static_cast<std::ptrdiff_t>(begin),
            kept.events.begin() + static_cast<std::ptrdiff_t>(end));
    };
    EXPECT_EQ(read("a.1", 0, 3), part(0, 3));
    EXPECT_EQ(read("a.1", 3, 3), part(3, 6));
    EXPECT_EQ(read("a.1", 8, 3), part(8, 10));
    EXPECT_EQ(read("a.1", 10, 3), part(0, 0));
    EXPECT_EQ(read("a.1", ~Version{0}, 3), part(0, 0));
    EXPECT_EQ(read("a.1", 4, 0), part(0, 0));
    EXPECT_EQ(read("a.1", 4, ~std::size_t{0}), part(4, 10));
}

TEST_P(Stores, refuses_what_no_store_may_keep)
{
    auto long_type = append_of("a.1", 0);
    long_type.events[0].type.assign(events::word_size_max + 1, 't');
    auto const answers = append({append_of("a.1", 0, 0), long_type,
        append_of("a.1", 0, 1, std::string(events::data_size_max + 1, 'd')),
        append_of("a.1", 0, 1, std::string(events::data_size_max, 'd'))});
    for (std::size_t i = 0; i < 3; i++)
        EXPECT_EQ(answers[i].error().code, ErrorCode::bad_request);
    ASSERT_TRUE(answers[3]);
    EXPECT_EQ(read("a.1").at(0).data.size(), events::data_size_max);
}

TEST_P(Stores, answers_each_kind_in_the_order_of_the_questions)
{
    std::vector<int> appended, found;
    for (int i = 0; i < 200; i++) {
        store().append({append_of("a.1", static_cast<Version>(i))}, [&appended, i](auto answers) {
            EXPECT_TRUE(answers.at(0));
            appended.push_back(i);
        });
        store().read("a.1", 0, 1000, [&found, i](auto events) {
            EXPECT_GT(events.value().size(), static_cast<std::size_t>(i))
                << "its shard appended them";
            found.push_back(i);
        });
    }
    while (appended.size() + found.size() < 400)
        mailboxes_[0].run_one();
    EXPECT_TRUE(std::ranges::is_sorted(appended));
    EXPECT_TRUE(std::ranges::is_sorted(found));
}

TEST_P(Stores, a_page_of_the_log_is_bounded_by_bytes_too)
{
    for (int i = 0; i < 10; i++)
        append({append_of(
            "a" + std::to_string(i) + ".1", 0, 1, std::string(events::data_size_max, 'd'))});
    auto const page
        = wait_for<Result<LogPage>>(0, [&](auto done) { store().log(0, 1000, std::move(done)); });
    EXPECT_EQ(page->events.size(), page_bytes_max / events::data_size_max);
    EXPECT_FALSE(page->is_last);
    EXPECT_EQ(whole_log(1000).size(), 10u);
}

// Random batches, many of them with wrong versions, from two shards in turn, against a model that
// keeps a list of events per stream and slot.
struct Model {
    // What the store has to answer: the position, or 0 where the version is stale.
    std::uint64_t append(StreamAppend const& append)
    {
        auto& events = streams[append.stream];
        if (append.expected != events.size())
            return 0;
        auto& slot_size = slot_sizes[slot_of(append.stream)];
        for (auto const& event : append.events) {
            events.push_back(event);
            log.push_back({slot_of(append.stream), ++slot_size, append.stream,
                append.category, append.state, event});
        }
        states[append.stream] = append.state;
        return slot_size - append.events.size() + 1;
    }

    std::map<std::string, std::vector<Event>> streams;
    std::map<std::string, events::StreamState> states;
    std::map<Slot, std::uint64_t> slot_sizes;
    std::vector<PositionedEvent> log;
};

TEST_P(Stores, agrees_with_a_naive_model)
{
    std::mt19937 chance(1);
    Model model;
    // Rooms of one code share a slot.
    auto const any_stream = [&] {
        return "code" + std::to_string(chance() % 10) + "." + std::to_string(chance() % 5);
    };
    for (int round = 0; round < 200; round++) {
        std::vector<StreamAppend> batch(chance() % 25 + 1);
        for (auto& one : batch) {
            auto const stream = any_stream();
            auto const version = model.streams[stream].size();
            one = append_of(stream, chance() % 4 == 0 ? chance() % 5 : version, chance() % 3 + 1,
                std::string(chance() % 200, static_cast<char>(chance())));
            one.state = {.finished = chance() % 2 == 0,
                .deadline = chance() % 2 == 0 ? std::nullopt : std::optional(WallTime{round})};
        }
        auto const answers = append(batch, static_cast<ShardIndex>(chance() % shards));
        for (std::size_t i = 0; i < batch.size(); i++)
            ASSERT_EQ(answers[i] ? answers[i]->first_position : 0, model.append(batch[i]));
        if (chance() % 20 == 0)
            reopen();
        auto const stream = any_stream();
        ASSERT_EQ(read(stream), model.streams[stream]);
    }

    auto const log = whole_log(37);
    ASSERT_EQ(log.size(), model.log.size());
    for (std::size_t i = 0; i < log.size(); i++) {
        EXPECT_EQ(log[i].slot, model.log[i].slot);
        EXPECT_EQ(log[i].position, model.log[i].position);
        EXPECT_EQ(log[i].stream, model.log[i].stream);
        EXPECT_EQ(log[i].event, model.log[i].event);
    }
    std::size_t heads_total = 0;
    for (auto const& [slot, positions] : model.slot_sizes)
        for (auto const& head : heads(slot)) {
            heads_total++;
            EXPECT_EQ(head.version, model.streams[head.stream].size());
            EXPECT_EQ(head.state, model.states[head.stream]);
        }
    EXPECT_EQ(heads_total, model.states.size());
}

// Both shards append at once without waiting, to streams that share slots.
TEST_P(Stores, positions_have_no_gaps_whoever_appends)
{
    std::array<std::size_t, shards> answered{};
    for (Version version = 0; version < 100; version++)
        for (ShardIndex shard = 0; shard < shards; shard++)
            for (auto const* const code : {"x.", "y."})
                store(shard).append({append_of(code + std::to_string(shard), version)},
                    [&answered, shard](auto answers) {
                        EXPECT_TRUE(answers.at(0));
                        answered[shard]++;
                    });
    for (ShardIndex shard = 0; shard < shards; shard++)
        while (answered[shard] < 200)
            mailboxes_[shard].run_one();
    std::map<Slot, std::uint64_t> positions;
    for (auto const& event : whole_log(64))
        ASSERT_EQ(event.position, ++positions[event.slot]);
    EXPECT_EQ(positions.size(), 2u);
}

std::string name_of(::testing::TestParamInfo<Kind> const& each)
{
    constexpr std::array names{"memory", "sqlite", "postgres"};
    return names[static_cast<std::size_t>(each.param)];
}

INSTANTIATE_TEST_SUITE_P(Each, Stores,
    ::testing::Values(Kind::memory, Kind::sqlite, Kind::postgres), name_of);

} // namespace
} // namespace gatehouse::storage
