// SPDX-License-Identifier: Apache-2.0
// What conformance_test.cpp does not ask, because other stores cannot fail so: other owners,
// connections that break, a database that crashes, schemas of other versions.
#include "storage/postgres/postgres_log.hpp"

#include "storage/clock.hpp"
#include "storage/conformance_test.hpp"
#include "storage/postgres/owner.hpp"
#include "storage/postgres/proxy_test.hpp"
#include "storage/postgres/reader.hpp"
#include "storage/postgres/schema.hpp"
#include "storage/postgres/server_test.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

namespace gatehouse::storage::postgres {
namespace {

using namespace std::chrono_literals;
using events::Appended;
using events::StreamAppend;
using events::Version;
using storage::testing::append_of;
using storage::testing::linked;
using storage::testing::member_of;
using storage::testing::snapshot_of;
using testing::Proxy;
using testing::Server;

constexpr int proxy_port = 5433;

class PostgresTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        server = Server::instance();
        if (!server)
            GTEST_SKIP() << Server::what_is_missing;
        database = server->make_database();
    }

    Result<std::unique_ptr<PostgresLog>> try_open(
        std::chrono::milliseconds lease = 60s, int port = 5432)
    {
        return PostgresLog::open({.target = {.url = server->url(database, port)}, .lease = lease,
            .on_lost = [this](std::string const& why) {
                std::lock_guard const lock(mutex);
                lost.push_back(why);
                is_lost = true;
            },
            .on_held = [this](TimePoint until) {
                held_until = until;
                news++;
            }});
    }

    std::unique_ptr<PostgresLog> open() { return *try_open(); }

    std::unique_ptr<PostgresLog> open_by_proxy()
    {
        proxy.emplace(server->socket(proxy_port), server->socket());
        return *try_open(60s, proxy_port);
    }

    std::string ask(std::string const& sql) const
    {
        auto connection = *Connection::open({.url = server->url(database)});
        auto const text = "SELECT (" + sql + ")::text";
        auto const rows = connection.run({"ask", text.c_str()});
        return rows ? std::string(rows->bytes(0, 0)) : rows.error().message;
    }

    void run(std::string const& sql) const { server->run(sql, database); }

    static std::string append(
        Log& log, std::string stream, Version expected, std::size_t count = 1)
    {
        auto const answers = log.append({append_of(std::move(stream), expected, count)});
        return answers.at(0) ? "kept" : std::string(name_of(answers[0].error().code));
    }

    static std::size_t size_of(Log& log, std::string_view stream)
    {
        return log.read(stream, 0, 100'000).value().size();
    }

    Server* server = nullptr;
    std::string database;
    std::optional<Proxy> proxy;
    std::mutex mutex;
    std::vector<std::string> lost;
    std::atomic<bool> is_lost = false;
    std::atomic<TimePoint> held_until{};
    std::atomic<int> news = 0;
};

TEST_F(PostgresTest, lays_its_tables_in_an_empty_database_and_finds_them_again)
{
    append(*open(), "a.1", 0, 3);
    EXPECT_EQ(ask("SELECT count(*) FROM gatehouse.migration"), "4");
    auto const log = open();
    EXPECT_EQ(size_of(*log, "a.1"), 3u);
    EXPECT_EQ(append(*log, "a.1", 3), "kept");
}

TEST_F(PostgresTest, says_who_holds_the_store)
{
    auto const log = open();
    auto const second = try_open();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::unavailable);
    EXPECT_NE(second.error().detail.find("process " + std::to_string(::getpid()) + " on "),
        std::string::npos)
        << second.error().detail;
    EXPECT_NE(second.error().detail.find("lease until 2"), std::string::npos);
    EXPECT_EQ(append(*log, "a.1", 0), "kept") << "the first one is not disturbed";
}

TEST_F(PostgresTest, an_owner_that_closes_leaves_no_lease)
{
    open();
    EXPECT_TRUE(try_open());
}

TEST_F(PostgresTest, a_lease_that_ran_out_lets_another_take_over_and_fences_the_first)
{
    auto const first = open();
    EXPECT_EQ(append(*first, "a.1", 0), "kept");
    run("UPDATE gatehouse.slot SET lease_until = now() - interval '1 second'");
    auto const second = open();
    EXPECT_EQ(append(*second, "a.1", 1), "kept");

    // To slots that the second has not written to: their positions give nothing away.
    auto const answers = first->append({append_of("b.1", 0), append_of("c.1", 0)});
    EXPECT_EQ(answers[0].error().code, ErrorCode::unavailable);
    EXPECT_EQ(answers[1].error().code, ErrorCode::unavailable);
    EXPECT_EQ(append(*first, "a.1", 1), "unavailable");
    EXPECT_EQ(lost, std::vector<std::string>{"another gatehouse has taken the store over"});
    EXPECT_EQ(size_of(*second, "a.1"), 2u);
    EXPECT_EQ(ask("SELECT count(*) FROM gatehouse.event"), "2");
    EXPECT_EQ(append(*second, "a.1", 2), "kept");
}

TEST_F(PostgresTest, who_is_fenced_out_keeps_compacts_and_erases_nothing)
{
    auto const first = open();
    append(*first, "a.1", 0, 3);
    auto last = append_of("b.1", 0);
    last.state.finished = true;
    first->append({last});
    ASSERT_TRUE(first->keep(snapshot_of("a.1", 2)));
    run("UPDATE gatehouse.slot SET lease_until = now() - interval '1 second'");
    auto const second = open();
    EXPECT_EQ(first->keep(snapshot_of("a.1", 3)).error().code, ErrorCode::unavailable);
    EXPECT_EQ(first->compact("a.1", 2).error().code, ErrorCode::unavailable);
    EXPECT_EQ(first->erase("b.1", 1).error().code, ErrorCode::unavailable);
    EXPECT_EQ(lost, std::vector<std::string>{"another gatehouse has taken the store over"});
    EXPECT_EQ(second->hydrate("a.1", 10)->snapshot->version, 2u);
    EXPECT_EQ(size_of(*second, "a.1") + size_of(*second, "b.1"), 4u);

    // Each by itself, as the first one's question ended its tenure.
    for (auto const* const change :
        {"keep(0, 1, 'a.1', 3, '', '', '')", "compact(0, 1, 'a.1', 2, 9)",
            "erase(0, 1, 'b.1', 1)", "clear(0, 1, 'b.1', 9)", "forget_numbers(0, 1, '{1}')"})
        EXPECT_EQ(ask(std::string("SELECT gatehouse.") + change), "fenced out");
}

// Its row lock makes whoever takes the slots over wait, as for an append.
TEST_F(PostgresTest, a_snapshot_in_work_is_waited_for_by_who_takes_over)
{
    auto const first = open();
    append(*first, "a.1", 0, 3);
    auto const slot = std::to_string(slot_of("a.1"));
    auto busy = *Connection::open({.url = server->url(database)});
    ASSERT_TRUE(busy.script("BEGIN; SELECT gatehouse.fence(" + slot + ", 1)"));
    run("UPDATE gatehouse.slot SET lease_until = now() - interval '1 second'");
    std::atomic<bool> is_open = false;
    std::thread second([&] {
        EXPECT_TRUE(try_open());
        is_open = true;
    });
    while (ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "0")
        ::poll(nullptr, 0, 1);
    EXPECT_FALSE(is_open);
    EXPECT_TRUE(busy.script("COMMIT"));
    second.join();
}

TEST_F(PostgresTest, finished_streams_are_not_in_memory_until_they_are_named)
{
    auto finish = [](std::string name, Version expected) {
        auto last = append_of(std::move(name), expected);
        last.state = {.finished = true, .deadline = std::nullopt};
        return last;
    };
    append(*open(), "a.1", 0, 3);
    open()->append({finish("a.1", 3), finish("b.1", 0)});
    auto const log = open();
    EXPECT_EQ(append(*log, "a.1", 0), "stale_base") << "it is not a new one";
    EXPECT_EQ(append(*log, "b.1", 7), "stale_base");
    EXPECT_EQ(append(*log, "c.1", 1), "stale_base") << "there is none";
    EXPECT_EQ(append(*log, "a.1", 4), "kept") << "it may go on";
    EXPECT_EQ(append(*log, "a.1", 5), "kept");
    auto const both = log->append({finish("b.1", 1), append_of("b.1", 2), append_of("c.1", 0)});
    EXPECT_TRUE(both[0] && both[1] && both[2]);
    EXPECT_EQ(size_of(*log, "a.1"), 6u);
    EXPECT_EQ(size_of(*log, "b.1"), 3u);
}

TEST_F(PostgresTest, a_lease_is_kept_by_who_has_nothing_to_write)
{
    auto const log = *try_open(600ms);
    auto const until = ask("SELECT max(lease_until) FROM gatehouse.slot");
    while (ask("SELECT min(lease_until) FROM gatehouse.slot") <= until)
        ASSERT_FALSE(is_lost);
}

TEST_F(PostgresTest, an_owner_hears_until_when_nobody_else_can_have_the_slots)
{
    auto const clock = [] { return TimePoint(now().time_since_epoch()); };
    auto const before = clock();
    auto const log = *try_open(900ms);
    auto const first = held_until.load();
    EXPECT_GE(first, before + 900ms);
    EXPECT_LE(first, clock() + 900ms);
    while (held_until.load() == first)
        ::poll(nullptr, 0, 10);
    auto const told = held_until.load();
    EXPECT_GT(told, first);
    EXPECT_LE(told, clock() + 900ms);
    auto const left = std::stoll(ask("SELECT floor(extract(epoch FROM "
                                     "min(lease_until) - clock_timestamp()) * 1000) "
                                     "FROM gatehouse.slot"));
    EXPECT_GE(clock() + Milliseconds(left + 1), told) << "no later than the database says";
}

TEST_F(PostgresTest, an_owner_counts_on_no_more_than_the_slot_that_it_has_shortest)
{
    auto const log = *try_open(1500ms);
    auto writer = *Connection::open({.url = server->url(database)});
    ASSERT_TRUE(writer.run({"begin", "BEGIN"}));
    constexpr auto lock = "SELECT FROM gatehouse.slot WHERE slot = 7 FOR UPDATE";
    ASSERT_TRUE(writer.run({"lock", lock})); // As an append does that renews it by itself.
    auto const hear = [this] {
        for (auto const heard = news.load(); news == heard;)
            ::poll(nullptr, 0, 10);
        return held_until.load();
    };
    auto const end_of = [this](std::string const& which) {
        auto const left = ask("SELECT floor(extract(epoch FROM " + which
            + "(lease_until) - clock_timestamp()) * 1000) FROM gatehouse.slot");
        return TimePoint(now().time_since_epoch()) + Milliseconds(std::stoll(left) + 1);
    };
    hear();
    auto const told = hear();
    EXPECT_LE(told, end_of("min"));
    EXPECT_LE(end_of("min") + 300ms, end_of("max")) << "all others were renewed";
    ASSERT_TRUE(writer.run({"commit", "COMMIT"}));
    while (hear() <= told)
        ;
    EXPECT_EQ(append(*log, "a.1", 0), "kept");
    auto const last = hear();
    EXPECT_LE(last, end_of("min"));
    EXPECT_FALSE(is_lost);
}

TEST_F(PostgresTest, who_is_fenced_out_hears_of_it_without_writing)
{
    auto const log = *try_open(600ms);
    run("UPDATE gatehouse.slot SET owner = 'other', epoch = epoch + 1 WHERE slot = 7");
    while (!is_lost)
        ::poll(nullptr, 0, 10);
    EXPECT_EQ(lost, std::vector<std::string>{"another gatehouse has taken the store over"});
}

TEST_F(PostgresTest, a_process_of_this_machine_that_has_ended_need_not_be_waited_for)
{
    auto const child = ::fork();
    if (child == 0) {
        ::_exit(0);
    }
    auto gone = new_owner();
    auto const own_pid = "/" + std::to_string(::getpid()) + "/";
    gone.replace(gone.find(own_pid), own_pid.size(), "/" + std::to_string(child) + "/");
    ::waitpid(child, nullptr, 0);
    EXPECT_TRUE(has_ended(gone));
    EXPECT_FALSE(has_ended(new_owner()));
    EXPECT_FALSE(has_ended("elsewhere" + gone)) << "another machine";
    EXPECT_FALSE(has_ended(""));

    open();
    run("UPDATE gatehouse.slot SET lease_until = 'infinity', owner = '" + gone + "'");
    EXPECT_TRUE(try_open());
    run("UPDATE gatehouse.slot SET lease_until = 'infinity', owner = 'else" + gone + "'");
    EXPECT_FALSE(try_open());
}

TEST_F(PostgresTest, a_commit_whose_request_was_lost_is_unavailable_and_not_kept)
{
    auto const log = open_by_proxy();
    EXPECT_EQ(append(*log, "a.1", 0), "kept");
    for (Version round = 0; round < 10; round++) {
        proxy->set(Proxy::Fault::lose_next_request);
        EXPECT_EQ(append(*log, "a.1", 1 + round), "unavailable");
        EXPECT_TRUE(proxy->is_over());
        EXPECT_EQ(size_of(*log, "a.1"), 1 + round);
        EXPECT_EQ(append(*log, "a.1", 1 + round), "kept");
    }
    EXPECT_FALSE(is_lost);
}

TEST_F(PostgresTest, a_commit_whose_answer_was_lost_is_found_to_be_kept)
{
    auto const log = open_by_proxy();
    EXPECT_EQ(append(*log, "a.1", 0), "kept");
    for (Version round = 0; round < 10; round++) {
        proxy->set(Proxy::Fault::lose_next_answer);
        auto const answers = log->append({append_of("a.1", 1 + round), append_of("a.1", 99)});
        EXPECT_TRUE(proxy->is_over());
        ASSERT_TRUE(answers[0]) << answers[0].error().detail;
        EXPECT_EQ(answers[0]->first_position, 2 + round) << "a.1 and b.1 share no slot";
        EXPECT_EQ(answers[1].error().code, ErrorCode::stale_base);
        EXPECT_EQ(size_of(*log, "a.1"), 2 + round);
        EXPECT_EQ(append(*log, "b.1", round), "kept") << "it prepares the statement again";
    }
    EXPECT_FALSE(is_lost);
}

TEST_F(PostgresTest, a_snapshot_that_fails_costs_no_append)
{
    auto const log = open_by_proxy();
    EXPECT_EQ(append(*log, "a.1", 0), "kept");
    for (Version version = 1; version < 10; version += 2) {
        proxy->set(Proxy::Fault::lose_next_request);
        EXPECT_EQ(log->keep(snapshot_of("a.1", version)).error().code, ErrorCode::internal);
        EXPECT_EQ(append(*log, "a.1", version), "kept");
        EXPECT_EQ(log->keep(snapshot_of("a.1", 99)).error().code, ErrorCode::stale_base);
        EXPECT_EQ(append(*log, "a.1", version + 1), "kept");
    }
    EXPECT_FALSE(log->hydrate("a.1", 1)->snapshot);
}

TEST_F(PostgresTest, a_commit_that_cannot_be_looked_for_is_unknown)
{
    proxy.emplace(server->socket(proxy_port), server->socket());
    auto const log = *PostgresLog::open(
        {.target = {.url = server->url(database, proxy_port)}, .lease = 60s, .resolve_within = 0s});
    EXPECT_EQ(append(*log, "a.1", 0), "kept");
    proxy->set(Proxy::Fault::refuse);
    EXPECT_EQ(append(*log, "a.1", 1), "internal");
    EXPECT_EQ(append(*log, "a.1", 1), "unavailable") << "at once, as it does not connect each time";
    EXPECT_EQ(log->read("a.1", 0, 10).error().code, ErrorCode::unavailable);

    proxy->set(Proxy::Fault::none);
    while (append(*log, "b.1", 0) != "kept")
        ::poll(nullptr, 0, 10);
    auto const version = size_of(*log, "a.1");
    EXPECT_EQ(append(*log, "a.1", version), "kept") << "what is there now counts";
}

TEST_F(PostgresTest, while_the_database_is_away_it_is_asked_seldom_and_answers_come_at_once)
{
    auto const log = open_by_proxy();
    EXPECT_EQ(append(*log, "a.1", 0), "kept");
    proxy->set(Proxy::Fault::refuse);
    while (log->read("a.1", 0, 10))
        ::poll(nullptr, 0, 1);
    auto const before = proxy->connections();
    for (int i = 0; i < 10'000; i++) {
        EXPECT_EQ(append(*log, "a.1", 1), "unavailable");
        EXPECT_EQ(log->keep(snapshot_of("a.1", 1)).error().code, ErrorCode::unavailable);
    }
    EXPECT_LE(proxy->connections() - before, 20) << "pauses grow";
    proxy->set(Proxy::Fault::none);
    while (append(*log, "a.1", 1) != "kept")
        ::poll(nullptr, 0, 1);
}

TEST_F(PostgresTest, a_database_that_crashes_under_load_loses_and_repeats_nothing)
{
    auto const log = open();
    std::atomic<Version> kept = 0;
    std::atomic<bool> is_over = false;
    std::thread writer([&] {
        while (!is_over) {
            auto const answer = append(*log, "a.1", kept);
            EXPECT_TRUE(answer == "kept" || answer == "unavailable" || answer == "internal")
                << answer;
            if (answer == "kept") {
                kept++;
                continue;
            }
            auto events = log->read("a.1", 0, 100'000);
            for (; !events; events = log->read("a.1", 0, 100'000))
                ::poll(nullptr, 0, 10);
            EXPECT_LE(kept, events->size()) << "what was acked is there";
            EXPECT_GE(kept + (answer == "internal" ? 1 : 0), events->size());
            kept = events->size();
        }
    });
    for (int crash = 0; crash < 3; crash++) {
        for (auto const before = kept.load(); kept < before + 50;)
            ::poll(nullptr, 0, 1);
        server->crash();
        server->start();
    }
    is_over = true;
    writer.join();
    EXPECT_EQ(size_of(*log, "a.1"), kept);
    EXPECT_EQ(ask("SELECT count(*) || ' ' || max(position) || ' ' || max(id) || ' '"
                  " || count(DISTINCT action) FROM gatehouse.event"),
        fmt::format("{0} {0} {0} {0}", kept.load()));
    EXPECT_FALSE(is_lost);
}

TEST_F(PostgresTest, a_database_that_was_restarted_while_nobody_asked_is_found_again)
{
    auto const log = open();
    EXPECT_EQ(append(*log, "a.1", 0), "kept");
    server->crash();
    server->start();
    EXPECT_EQ(append(*log, "a.1", 1), "kept");
}

TEST_F(PostgresTest, a_database_that_went_back_in_time_is_not_written_to)
{
    auto const log = open_by_proxy();
    append(*log, "a.1", 0, 5);
    run("DELETE FROM gatehouse.event WHERE version = 5;"
        "UPDATE gatehouse.stream SET version = 4;"
        "UPDATE gatehouse.slot SET next_position = 5 WHERE next_position = 6");
    proxy->set(Proxy::Fault::lose_next_request);
    EXPECT_EQ(append(*log, "a.1", 5), "internal");
    EXPECT_EQ(append(*log, "b.1", 0), "unavailable");
    EXPECT_EQ(lost, std::vector<std::string>{"the database has lost events that it had kept"});
}

TEST_F(PostgresTest, an_action_decided_twice_is_refused_and_its_neighbours_kept)
{
    auto const log = open();
    auto dealt = append_of("a.1", 0, 3);
    for (auto& event : dealt.events)
        event.cause = {.actor = 1, .action = 7};
    EXPECT_TRUE(log->append({dealt}).at(0)) << "one action may cause several events";

    auto again = append_of("a.1", 3);
    again.events[0].cause = {.actor = 1, .action = 7};
    auto const answers = log->append({append_of("b.1", 0), again, append_of("c.1", 0)});
    EXPECT_TRUE(answers[0]);
    EXPECT_EQ(answers[1].error().code, ErrorCode::stale_base);
    EXPECT_TRUE(answers[2]);
    auto other = append_of("a.1", 3, 2);
    other.events[0].cause = other.events[1].cause = {.actor = 0, .action = 7};
    EXPECT_TRUE(log->append({other}).at(0)) << "the system's actions have no numbers";
}

// A statement for all of them would end with its timeout, in each try anew.
TEST_F(PostgresTest, no_transaction_deletes_more_than_some_of_a_long_room)
{
    auto const log = open();
    for (Version version = 0; version < 10'000; version += 5000)
        EXPECT_EQ(append(*log, "long.1", version, 5000), "kept");
    auto last = append_of("long.1", 10'000);
    last.state.finished = true;
    ASSERT_TRUE(log->append({last}).at(0));
    ASSERT_TRUE(log->keep(snapshot_of("long.1", 9000)));
    run("CREATE TABLE public.deleted (how_many bigint, by xid8);"
        "CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO public.deleted SELECT count(*), pg_current_xact_id() FROM gone; RETURN NULL;"
        " END $$;"
        "CREATE TRIGGER note AFTER DELETE ON gatehouse.event REFERENCING OLD TABLE AS gone"
        " FOR EACH STATEMENT EXECUTE FUNCTION public.note()");

    ASSERT_TRUE(log->compact("long.1", 9000));
    EXPECT_EQ(ask("SELECT sum(how_many) FROM public.deleted"), "9000");
    EXPECT_EQ(log->find("long.1")->at(0).floor, 9000u);
    EXPECT_EQ(log->read("long.1", 9000, 10'000)->size(), 1001u);
    ASSERT_TRUE(log->erase("long.1", 10'001));
    EXPECT_EQ(ask("SELECT sum(how_many) FROM public.deleted"), "10001");
    EXPECT_EQ(ask("SELECT sum(how_many) FROM public.deleted GROUP BY by ORDER BY 1 DESC LIMIT 1"),
        "4096");
    EXPECT_EQ(ask("SELECT count(*) FROM gatehouse.remains"), "0");
}

// As if the server had died after the first transaction.
TEST_F(PostgresTest, a_room_that_is_half_erased_is_gone_for_all_and_goes_on_to_be_erased)
{
    auto log = open();
    EXPECT_EQ(append(*log, "a.1", 0), "kept");
    auto one = append_of("long.1", 0, 6000);
    one.state.finished = true;
    ASSERT_TRUE(log->append({one}).at(0));
    EXPECT_EQ(append(*log, "a.1", 1), "kept");
    auto const slot = slot_of("long.1");
    run(fmt::format("SELECT gatehouse.erase({0}, (SELECT epoch FROM gatehouse.slot"
                    " WHERE slot = {0}), 'long.1', 6000)",
        slot));
    log.reset();
    log = open();
    EXPECT_EQ(ask("SELECT count(*) FROM gatehouse.event"), "6002");
    EXPECT_TRUE(log->find("long.1")->empty());
    EXPECT_TRUE(log->hydrate("long.1", 10)->events.empty());
    EXPECT_EQ(log->erase("long.1", 6000).error().code, ErrorCode::not_found);
    auto const page = log->log(1, 10'000).value();
    EXPECT_EQ(page.events.size(), 2u) << "what lies behind it is not missed";
    EXPECT_EQ(page.events.back().stream, "a.1");

    EXPECT_EQ(append(*log, "long.1", 0), "kept") << "nothing is left in its way";
    EXPECT_EQ(size_of(*log, "long.1"), 1u);
    EXPECT_EQ(ask("SELECT count(*) FROM gatehouse.event"), "3");
    EXPECT_EQ(ask("SELECT count(*) FROM gatehouse.remains"), "0");
}

TEST_F(PostgresTest, keys_that_were_set_back_or_copied_are_known_by_their_ring)
{
    auto log = open();
    auto one = append_of("a.1", 0);
    for (std::uint32_t actor = 1; actor <= 3; actor++)
        one.keys.push_back(member_of("u:" + std::to_string(actor), actor));
    ASSERT_TRUE(log->append({one}).at(0));
    auto const before = log->key_ring().value();
    EXPECT_EQ(before.id.size(), 16u);
    EXPECT_EQ(before.last, 3u);
    EXPECT_EQ(log->forget("u:1"), 1u);
    EXPECT_EQ(log->forget("u:1"), 0u);
    EXPECT_EQ(log->forget_keys(std::array<std::uint64_t, 2>{3, 4}), 1u);
    EXPECT_EQ(log->key_ring()->forgotten, before.forgotten + 2);
    log.reset();
    log = open();
    EXPECT_EQ(log->key_ring()->id, before.id) << "a restart is none";
    log.reset();

    auto const original = std::exchange(database, database + "_copy");
    server->run("CREATE DATABASE " + database + " TEMPLATE " + original);
    EXPECT_NE(open()->key_ring()->id, before.id);
    database = original;
    run("CREATE TABLE gatehouse.restored AS SELECT * FROM gatehouse.membership;"
        "DROP TABLE gatehouse.membership; ALTER TABLE gatehouse.restored RENAME TO membership");
    EXPECT_NE(open()->key_ring()->id, before.id) << "as pg_restore --clean leaves it";
}

TEST_F(PostgresTest, names_that_are_no_text_are_refused)
{
    auto const log = open();
    auto const answers = log->append(
        {append_of("a\xff", 0), append_of(std::string("a\0", 2), 0), append_of("ä", 0)});
    EXPECT_EQ(answers[0].error().code, ErrorCode::bad_request);
    EXPECT_EQ(answers[1].error().code, ErrorCode::bad_request);
    EXPECT_TRUE(answers[2]);
}

TEST_F(PostgresTest, a_reader_sees_what_the_owner_writes_and_disturbs_nobody)
{
    EXPECT_EQ(Reader::open({.url = server->url(database)}).error().code, ErrorCode::unsupported);
    auto const log = open();
    auto const reader = *Reader::open({.url = server->url(database)});
    append(*log, "a.1", 0, 3);
    EXPECT_EQ(reader->read("a.1", 1, 10)->size(), 2u);
    EXPECT_EQ(reader->heads(slot_of("a.1"))->at(0).version, 3u);
    EXPECT_EQ(reader->log(0, 2)->events.size(), 2u);
    EXPECT_TRUE(reader->log(3, 2)->is_last);
    EXPECT_EQ(append(*reader, "a.1", 3), "unsupported");
    EXPECT_EQ(append(*log, "a.1", 3), "kept");
}

TEST_F(PostgresTest, migrations_go_forward_and_only_as_known)
{
    auto connection = *Connection::open({.url = server->url(database)});
    EXPECT_EQ(schema_version(connection), 0);
    auto const ours = migrations();
    auto const last = static_cast<int>(ours.size());
    EXPECT_EQ(migrate(connection), 0);
    EXPECT_EQ(migrate(connection), last) << "nothing to do";
    EXPECT_TRUE(check_schema(connection));

    auto const and_one = [&](Migration const& one) {
        std::vector<Migration> all(ours.begin(), ours.end());
        all.push_back(one);
        return all;
    };
    auto const later = and_one({last + 1, "colour", "CREATE TABLE gatehouse.colour ()"});
    auto const older = check_schema(connection, later);
    ASSERT_FALSE(older);
    EXPECT_NE(older.error().detail.find("gatehouse store migrate"), std::string::npos);
    EXPECT_EQ(migrate(connection, later), last);
    EXPECT_TRUE(check_schema(connection, later));

    auto const newer = try_open();
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().code, ErrorCode::unsupported);
    EXPECT_NE(newer.error().detail.find("upgrade gatehouse first"), std::string::npos);

    auto const other = and_one({last + 1, "colour", "CREATE TABLE gatehouse.color ()"});
    EXPECT_EQ(schema_version(connection, other).error().code, ErrorCode::unsupported);
}

TEST_F(PostgresTest, migration_2_links_the_events_that_are_there)
{
    auto connection = *Connection::open({.url = server->url(database)});
    ASSERT_EQ(migrate(connection, migrations().first(1)), 0);
    std::vector<StreamAppend> kept{append_of("a.1", 0, 3), append_of("ä.2", 0, 100)};
    kept[0].events[1] = {.version = 2, .type = "späť", .schema = 65'535, .at = {-1},
        .cause = {.actor = 0xffffffff, .action = ~std::uint64_t{0}},
        .data = std::string("\0\xff", 2)};
    kept[1].events[7].data.clear();
    kept[1].state = {.finished = true, .deadline = std::nullopt};
    int row = 0;
    for (auto const& stream : kept) {
        auto const slot = slot_of(stream.stream);
        auto const size = stream.events.size();
        run(fmt::format("INSERT INTO gatehouse.stream VALUES ('{}', {}, 'liap-tui', {}, {}, {});"
                        "UPDATE gatehouse.slot SET next_position = {} WHERE slot = {}",
            stream.stream, slot, size, stream.state.finished,
            stream.state.deadline ? "0" : "NULL", size + 1, slot));
        for (auto const& event : stream.events) {
            static constexpr Statement insert{"insert", "INSERT INTO gatehouse.event VALUES ($1,"
                " $2, $3, $4, $3, $5, $6, $7, $8, $9, false, $10)"};
            ASSERT_TRUE(connection.run(insert,
                Parameters()
                    .integer(++row)
                    .text(stream.stream)
                    .integer(static_cast<std::int64_t>(event.version))
                    .integer(slot)
                    .text(event.type)
                    .integer(event.schema)
                    .integer(event.at.ms)
                    .integer(event.cause.actor)
                    .integer(static_cast<std::int64_t>(event.cause.action))
                    .blob(event.data)));
        }
    }
    run(fmt::format("UPDATE gatehouse.log SET next_event = {}", row + 1));
    auto const older = try_open();
    ASSERT_FALSE(older);
    EXPECT_NE(older.error().detail.find("gatehouse store migrate"), std::string::npos);
    ASSERT_EQ(migrate(connection), 1);

    auto const log = open();
    for (auto const& stream : kept) {
        auto const events = log->read(stream.stream, 0, 1000).value();
        EXPECT_EQ(events, linked(stream).events);
        auto const head = log->find(stream.stream)->at(0);
        EXPECT_EQ(head.at, events.back().at);
        EXPECT_EQ(head.state, stream.state);
        EXPECT_EQ(append(*log, stream.stream, head.version), "kept");
    }
    auto const page = log->log(0, 1000).value();
    EXPECT_EQ(page.events.at(1).state, events::StreamState{}) << "what was before is not known";
    EXPECT_EQ(page.events.at(2).state, kept[0].state);
    EXPECT_EQ(page.events.at(102).state, kept[1].state);
    EXPECT_EQ(page.events.at(102).category, "liap-tui");
}

TEST_F(PostgresTest, a_migration_that_fails_changes_nothing)
{
    auto connection = *Connection::open({.url = server->url(database)});
    std::vector<Migration> const broken{
        migrations()[0], {2, "broken", "CREATE TABLE gatehouse.half (); SELECT 1 / 0"}};
    EXPECT_FALSE(migrate(connection, broken));
    EXPECT_EQ(schema_version(connection), 0) << "all of them or none";
    EXPECT_EQ(ask("to_regclass('gatehouse.half') IS NULL"), "true");
    EXPECT_TRUE(try_open()) << "as if nobody had tried";
}

TEST_F(PostgresTest, a_store_is_not_migrated_under_its_server)
{
    auto connection = *Connection::open({.url = server->url(database)});
    ASSERT_EQ(migrate(connection), 0);
    EXPECT_TRUE(check_nobody_holds(connection));
    run("UPDATE gatehouse.slot SET owner = 'elsewhere 1 2', lease_until = now() + '1 minute'");
    auto const refused = check_nobody_holds(connection);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().detail.contains("stop it first")) << refused.error().detail;
    run("UPDATE gatehouse.slot SET lease_until = now() - interval '1 minute'");
    EXPECT_TRUE(check_nobody_holds(connection));
}

TEST_F(PostgresTest, commits_are_durable_whatever_the_server_would_do)
{
    run("ALTER DATABASE " + database + " SET synchronous_commit = off");
    auto connection = *Connection::open({.url = server->url(database)});
    auto const found = connection.run({"found", "SELECT current_setting('synchronous_commit')"});
    EXPECT_EQ(found->bytes(0, 0), "on");
}

TEST_F(PostgresTest, a_password_is_in_no_error)
{
    for (auto const* const url : {"postgresql://gatehouse@127.0.0.1:1/none",
             "postgresql://gatehouse@/none?host=/nowhere", "postgresql://gatehouse@h:port/none",
             "postgresql://x@y/z?nonsense=1"}) {
        auto const refused = PostgresLog::open({.target = {.url = url, .password = "s3cret"}});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().detail.find("s3cret"), std::string::npos);
        EXPECT_FALSE(refused.error().detail.empty());
    }
}

TEST_F(PostgresTest, a_server_that_says_nothing_is_given_up)
{
    auto connection
        = *Connection::open({.url = server->url(database), .answer_within = 200ms});
    auto const slow = connection.run({"slow", "SELECT pg_sleep(60)"});
    ASSERT_FALSE(slow);
    EXPECT_EQ(slow.error().state, "57014") << "by its statement_timeout";
    EXPECT_TRUE(connection.script("SET statement_timeout = 0"));
    EXPECT_EQ(connection.run({"slow", ""}).error().kind, Failure::Kind::lost);
    EXPECT_TRUE(connection.is_lost());
}

} // namespace
} // namespace gatehouse::storage::postgres
