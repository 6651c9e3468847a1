// SPDX-License-Identifier: Apache-2.0
#include "server/scorer.hpp"

#include "rooms/record.hpp"
#include "runtime/clock.hpp"
#include "server/temporary_folder_test.hpp"
#include "storage/memory_log.hpp"
#include "storage/sqlite/sqlite_log.hpp"

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <future>
#include <mutex>
#include <set>

namespace gatehouse::server {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using projections::FinishedRoom;
using projections::Player;
using projections::Progress;
using projections::Rebuild;

// A log of which something cannot be read.
class DamagedLog final : public storage::MemoryLog {
public:
    Result<events::History> hydrate(std::string_view stream, std::size_t events_max) override
    {
        if (no_snapshot.contains(std::string(stream)))
            return fail(ErrorCode::internal, "The store is damaged.", "a snapshot");
        auto history = GH_TRY(MemoryLog::hydrate(stream, events_max));
        if (no_keys.contains(std::string(stream))) {
            history.keys.clear();
            history.keys_lost = "a page is damaged";
        }
        return history;
    }
    Result<events::LogPage> log(events::LogCursor from, std::size_t events_max) override
    {
        if (from < 2 && beginning_is_away)
            return fail(ErrorCode::unavailable, "The store cannot be read now.");
        auto const first = no_event.lower_bound(from);
        if (first != no_event.end() && *first - from < events_max)
            return fail(ErrorCode::internal, "The store is damaged.", "an event");
        return MemoryLog::log(from, events_max);
    }

    std::set<std::string> no_keys{};
    std::set<std::string> no_snapshot{};
    std::set<events::LogCursor> no_event{};
    std::atomic<bool> beginning_is_away = false;
};

class ScorerTest : public TemporaryFolder {
protected:
    ScorerTest() { shard_.start(); }
    ~ScorerTest() override
    {
        stop();
        shard_.stop();
    }

    // Serves the store from now on.
    void serve(char key = 'k', std::uint64_t history = 0)
    {
        serve(storage::sqlite::SqliteLog::open({.file = store(), .ballast_bytes = 0}).value(), key,
            history);
    }
    void serve(std::unique_ptr<storage::Log> log, char key = 'k', std::uint64_t history = 0)
    {
        std::vector<storage::Committer::Deliver> deliver;
        deliver.emplace_back([this](storage::Committer::Task task) {
            shard_.reactor().mailbox().post_answer(std::move(task));
        });
        committer_.emplace(std::move(log), std::move(deliver));
        auto const seed = std::string(identity::SigningKey::seed_bytes, key);
        is_known_ = false;
        scorer_ = std::make_unique<Scorer>(
            Scorer::Options{.store = store(), .history = history, .has_archive = true,
                .pause_min = 5ms},
            *committer_, clock_, identity::SigningKey::from_seed(seed), stale_.emplace(store()),
            [this](Progress const& progress) {
                std::lock_guard const lock(mutex_);
                progress_ = progress;
                is_known_ = true;
                changed_.notify_all();
            });
        desk_ = scorer_->beside(shard_.reactor());
        scorer_->start();
    }
    void stop()
    {
        if (scorer_)
            scorer_->stop();
        if (committer_)
            committer_->stop();
        scorer_.reset();
        desk_.reset();
        committer_.reset();
    }

    Result<void> rebuild(Rebuild what)
    {
        return ask<Result<void>>([&](auto done) { desk_->rebuild(what, std::move(done)); });
    }
    void await(std::function<bool(Progress const&)> const& is_so)
    {
        std::unique_lock lock(mutex_);
        ASSERT_TRUE(changed_.wait_for(lock, 20s, [&] { return is_known_ && is_so(progress_); }));
    }
    void await_end(events::LogCursor next)
    {
        await([next](Progress const& now) { return now.rows.is_last && now.rows.next == next; });
    }

    // A game between two that the first one wins: 6 events.
    static events::StreamAppend game(std::string const& room)
    {
        events::StreamAppend append{.stream = room, .category = "chess", .events = {}};
        auto const add = [&](auto const& body) {
            events::Event event{.version = append.events.size() + 1,
                .type = std::string(body.name),
                .at = {1'795'000'000'000 + static_cast<std::int64_t>(append.events.size())},
                .data = rooms::encode_body(rooms::PlatformEvent(body))};
            if constexpr (requires { body.schema; })
                event.schema = static_cast<std::uint16_t>(body.schema);
            append.events.push_back(std::move(event));
        };
        add(rooms::Opened{});
        for (std::uint32_t actor : {1u, 2u}) {
            add(rooms::Came{});
            append.keys.push_back({actor == 1 ? "ann" : "bob", actor,
                std::string(events::key_size, static_cast<char>(actor))});
        }
        add(rooms::Seated{1, 0});
        add(rooms::Seated{2, 1});
        add(rooms::Finished{{{0, 1, 1, 7}, {1, 2, 2, 3}}});
        append.state.finished = true;
        return append;
    }
    void play(std::string const& room)
    {
        auto const append = game(room);
        auto const kept = committer_->keep_up_with(
            [&](storage::Log& log) { EXPECT_TRUE(log.append({append}).front()); });
        ASSERT_TRUE(kept.has_value());
    }

    template <typename Answer>
    Answer ask(std::move_only_function<void(std::move_only_function<void(Answer)>)> question)
    {
        std::promise<Answer> promise;
        shard_.reactor().mailbox().post_answer(
            [&] { question([&](Answer found) { promise.set_value(std::move(found)); }); });
        return promise.get_future().get();
    }
    Result<std::vector<Player>> leaders()
    {
        return ask<Result<std::vector<Player>>>(
            [&](auto done) { desk_->leaders({.game = "chess"}, std::move(done)); });
    }
    Result<void> forget(std::string const& who)
    {
        return ask<Result<void>>([&](auto done) { desk_->forget(who, std::move(done)); });
    }
    Player stats(std::string const& who)
    {
        auto const found = ask<Result<std::vector<Player>>>(
            [&](auto done) { desk_->stats(desk_->shown_id(who), std::move(done)); });
        return found && !found->empty() ? found->front() : Player{};
    }

    fs::path store() const { return path("store.db"); }
    fs::path views() const { return storage::sqlite::views_of(store()); }
    fs::path stale() const { return views().native() + ".stale"; }

    runtime::Clock clock_;
    runtime::Worker shard_{clock_, {.name = "shard"}};
    std::optional<storage::Committer> committer_;
    std::optional<StaleRows> stale_;
    std::unique_ptr<Scorer> scorer_;
    std::unique_ptr<projections::Boards> desk_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Progress progress_;
    bool is_known_ = false;
};

TEST_F(ScorerTest, counts_what_is_finished_once_over_all_its_lives)
{
    serve();
    play("a.1");
    await_end(7);
    EXPECT_EQ(stats("ann").wins, 1);
    play("a.2");
    await_end(13);
    stop();
    serve();
    await_end(13);
    EXPECT_EQ(progress_.pages, 1u) << "it had its rows, and looked where it was";
    EXPECT_EQ(stats("ann").wins, 2);
    EXPECT_EQ(stats("bob").games, 2);
    auto const best = leaders().value();
    ASSERT_EQ(best.size(), 2u);
    EXPECT_EQ(best[0].id, desk_->shown_id("ann"));
    EXPECT_EQ(best[0].id.size(), 16u);
    EXPECT_EQ(best[0].id.find("ann"), std::string::npos);
}

TEST_F(ScorerTest, makes_rows_of_another_key_or_history_anew)
{
    serve();
    play("a.1");
    await_end(7);
    auto const id = desk_->shown_id("ann");
    stop();
    serve('l');
    await_end(7);
    EXPECT_NE(desk_->shown_id("ann"), id);
    EXPECT_EQ(stats("ann").wins, 1);
    EXPECT_EQ(leaders().value().size(), 2u) << "and none by their id of before";
    stop();
    serve('l', 17);
    await_end(7);
    EXPECT_EQ(stats("ann").wins, 1);
}

TEST_F(ScorerTest, makes_rows_that_are_ahead_of_their_log_anew)
{
    serve();
    play("a.1");
    await_end(7);
    stop();
    for (auto const* ending : {"store.db", "store.db.keys"})
        fs::copy(path(ending), path(std::string("old.") + ending));
    serve();
    play("a.2");
    await_end(13);
    EXPECT_EQ(stats("ann").wins, 2);
    stop();
    for (auto const* ending : {"store.db", "store.db.keys"})
        fs::copy(
            path(std::string("old.") + ending), path(ending), fs::copy_options::overwrite_existing);
    serve();
    await_end(7);
    EXPECT_EQ(stats("ann").wins, 1);
}

TEST_F(ScorerTest, makes_damaged_rows_anew)
{
    serve();
    play("a.1");
    await_end(7);
    stop();
    std::ofstream(views(), std::ios::binary) << std::string(20'000, '\x5a');
    ::testing::internal::CaptureStderr();
    serve();
    await_end(7);
    EXPECT_EQ(stats("ann").wins, 1);
    stop();
    EXPECT_NE(
        ::testing::internal::GetCapturedStderr().find("made anew from the log"), std::string::npos);
}

TEST_F(ScorerTest, forgets_no_archived_room_unless_it_is_told_to)
{
    serve();
    play("a.1");
    await_end(7);
    auto const refused = rebuild(Rebuild::unless_archived);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::rejected);
    EXPECT_NE(refused.error().message.find("--forget-archived"), std::string::npos);
    EXPECT_EQ(stats("ann").games, 1);
}

TEST_F(ScorerTest, rebuilds_the_same_rows_while_it_answers)
{
    serve();
    for (int i = 0; i < 30; i++)
        play("a." + std::to_string(i));
    await_end(181);
    auto const before = leaders().value();
    ASSERT_TRUE(rebuild(Rebuild::without_archived));
    EXPECT_EQ(leaders().value(), before);
    await([](Progress const& now) { return !now.rebuilt; });
    EXPECT_EQ(leaders().value(), before);
    auto const counted
        = ask<Result<Progress>>([&](auto done) { desk_->progress(std::move(done)); }).value();
    EXPECT_EQ(counted.rooms, 30);
    EXPECT_EQ(counted.seats, 60);
    EXPECT_EQ(counted.place, views().string());
    stop();
    EXPECT_FALSE(fs::exists(path("store.db.anew.views")));
    serve();
    await_end(181);
    EXPECT_EQ(leaders().value(), before);
}

TEST_F(ScorerTest, forgets_whoever_is_erased_in_what_is_and_in_what_is_made)
{
    serve();
    play("a.1");
    await_end(7);
    ASSERT_TRUE(forget("ann"));
    EXPECT_EQ(stats("ann").games, 0);
    EXPECT_EQ(stats("bob").games, 1);
    auto const gone
        = committer_->keep_up_with([](storage::Log& log) { EXPECT_TRUE(log.forget("ann")); });
    ASSERT_TRUE(gone.has_value());
    ASSERT_TRUE(rebuild(Rebuild::without_archived));
    await([](Progress const& now) { return !now.rebuilt; });
    EXPECT_EQ(stats("ann").games, 0) << "without her keys the log tells of nobody";
    EXPECT_EQ(stats("bob").games, 1);
}

// Erased again, as of where the store was set back: the process may die before the rows know it.
TEST_F(ScorerTest, makes_rows_anew_that_an_earlier_process_left_with_somebody_whose_keys_are_gone)
{
    serve();
    play("a.1");
    await_end(7);
    ASSERT_TRUE(stale_->suspect());
    EXPECT_TRUE(fs::exists(stale()));
    auto const gone
        = committer_->keep_up_with([](storage::Log& log) { EXPECT_TRUE(log.forget("ann")); });
    ASSERT_TRUE(gone.has_value());
    stop(); // As if killed: nobody told the rows.
    serve();
    await_end(7);
    EXPECT_EQ(stats("ann").games, 0);
    EXPECT_EQ(stats("bob").games, 1);
    EXPECT_FALSE(fs::exists(stale()));
}

TEST_F(ScorerTest, leaves_word_until_it_knows_for_good_who_was_erased_again)
{
    serve();
    play("a.1");
    await_end(7);
    ASSERT_TRUE(stale_->suspect());
    scorer_->forget("ann");
    scorer_->forget("cem");
    EXPECT_EQ(stats("ann").games, 0);
    EXPECT_TRUE(fs::exists(stale())) << "somebody else is suspected still";
    stale_->clear();
    EXPECT_FALSE(fs::exists(stale()));
    stop();
    EXPECT_EQ(StaleRows(store()).suspicions(), 0u);
}

TEST_F(ScorerTest, is_busy_when_too_much_is_asked)
{
    serve();
    await([](Progress const&) { return true; });
    scorer_->stop(); // Nobody takes questions off its hands any more.
    auto const busy = ask<std::size_t>([&](auto done) {
        std::size_t refused = 0;
        for (std::size_t i = 0; i < Scorer::questions_max + 10; i++)
            desk_->leaders({.game = "chess"}, [&](Result<std::vector<Player>> const& found) {
                EXPECT_EQ(found.error().code, ErrorCode::busy);
                refused++;
            });
        done(refused);
    });
    EXPECT_GE(busy, 10u);
    EXPECT_LE(busy, 20u);
}

TEST_F(ScorerTest, says_when_all_that_is_durable_is_in_the_rows)
{
    serve();
    play("a.1");
    EXPECT_TRUE(scorer_->taken().await(20s, {}));
    EXPECT_EQ(stats("ann").wins, 1);
    std::stop_source stopped;
    stopped.request_stop();
    EXPECT_FALSE(scorer_->taken().await(20s, stopped.get_token()));
}

TEST_F(ScorerTest, goes_on_without_the_keys_of_rooms_that_lost_them)
{
    auto log = std::make_unique<DamagedLog>();
    for (auto const* room : {"a.1", "a.2", "a.3", "a.4"})
        ASSERT_TRUE(log->append({game(room)}).front());
    log->no_keys = {"a.2", "a.3"};
    log->no_snapshot = {"a.4"};
    serve(std::move(log));
    await_end(25);
    EXPECT_EQ(progress_.failures, 4u) << "they were tried";
    EXPECT_EQ(stats("ann").games, 1);
    EXPECT_TRUE(scorer_->taken().await(20s, {})) << "and the archive waits for nothing";
}

TEST_F(ScorerTest, passes_over_damaged_events)
{
    auto log = std::make_unique<DamagedLog>();
    for (auto const* room : {"a.1", "a.2", "a.3"})
        ASSERT_TRUE(log->append({game(room)}).front());
    log->no_event = {9, 10};
    ::testing::internal::CaptureStderr();
    serve(std::move(log));
    await_end(19);
    EXPECT_EQ(progress_.failures, 4u);
    EXPECT_EQ(stats("ann").games, 3) << "who had a seat is named at the end of a game, too";
    ASSERT_TRUE(rebuild(Rebuild::without_archived));
    await([](Progress const& now) { return !now.rebuilt && now.rows.next == 19; });
    EXPECT_EQ(stats("ann").games, 3);
    stop();
    auto const told = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(told.find("damaged events of the log"), std::string::npos) << told;
}

TEST_F(ScorerTest, opens_its_rows_though_the_event_before_is_damaged)
{
    auto const log_of_two = [](std::set<events::LogCursor> damaged) {
        auto log = std::make_unique<DamagedLog>();
        for (auto const* room : {"a.1", "a.2"})
            EXPECT_TRUE(log->append({game(room)}).front());
        log->no_event = std::move(damaged);
        return log;
    };
    serve(log_of_two({}));
    await_end(13);
    stop();
    serve(log_of_two({12}));
    await_end(13);
    EXPECT_EQ(progress_.failures, 0u);
    EXPECT_EQ(progress_.pages, 1u) << "and did not make them anew";
}

// What SQLite left beside the rows of before cannot be removed, so they cannot be replaced.
TEST_F(ScorerTest, keeps_its_rows_where_those_made_anew_cannot_take_their_place)
{
    serve();
    play("a.1");
    await_end(7);
    auto const archived
        = committer_->keep_up_with([](storage::Log& log) { EXPECT_TRUE(log.erase("a.1", 6)); });
    ASSERT_TRUE(archived.has_value());
    fs::create_directories(views().native() + "-journal/full");
    ::testing::internal::CaptureStderr();
    ASSERT_TRUE(rebuild(Rebuild::without_archived));
    await([](Progress const& now) { return !now.rebuilt && now.failures > 0; });
    fs::remove_all(views().native() + "-journal");
    play("a.2");
    await_end(13);
    EXPECT_EQ(stats("ann").wins, 2);
    EXPECT_FALSE(fs::exists(path("store.db.anew.views")));
    stop();
    auto const told = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(told.find("they stay as they are"), std::string::npos) << told;
}

TEST_F(ScorerTest, gives_a_rebuild_up_that_gets_nowhere)
{
    auto log = std::make_unique<DamagedLog>();
    auto& beginning_is_away = log->beginning_is_away;
    ASSERT_TRUE(log->append({game("a.1")}).front());
    ::testing::internal::CaptureStderr();
    serve(std::move(log));
    await_end(7);
    beginning_is_away = true;
    ASSERT_TRUE(rebuild(Rebuild::without_archived));
    await([](Progress const& now) { return !now.rebuilt && now.failures == 10; });
    play("a.2");
    await_end(13);
    EXPECT_EQ(stats("ann").wins, 2);
    EXPECT_TRUE(scorer_->taken().await(20s, {}));
    EXPECT_FALSE(fs::exists(path("store.db.anew.views")));
    stop();
    auto const told = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(told.find("stand still until this is over"), std::string::npos) << told;
    EXPECT_NE(told.find("they stay as they are"), std::string::npos) << told;
}

} // namespace
} // namespace gatehouse::server
