// SPDX-License-Identifier: Apache-2.0
#include "storage/records_thread.hpp"

#include "records/testing.hpp"
#include "storage/testing.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <set>
#include <sys/stat.h>

namespace gatehouse::storage {
namespace {

using namespace std::chrono_literals;
using records::Named;
using records::Record;
using records::Records;
using records::Version;
using sqlite::RecordsFile;

constexpr WallTime noon{1'763'726'400'000};

// Counts the questions, so that a test knows how many answers to wait for.
class Counted final : public Records {
public:
    explicit Counted(Records& records)
        : records_(records)
    { }

    std::size_t open = 0;

    void get(std::string key, OnGot done) override
    {
        records_.get(std::move(key), counted(std::move(done)));
    }
    void put(std::string key, Version expected, std::string value, std::optional<WallTime> expires,
        OnWritten done) override
    {
        records_.put(std::move(key), expected, std::move(value), expires, counted(std::move(done)));
    }
    void remove(std::string key, Version expected, OnWritten done) override
    {
        records_.remove(std::move(key), expected, counted(std::move(done)));
    }
    void list(std::string prefix, std::string after, std::size_t max, OnListed done) override
    {
        records_.list(std::move(prefix), std::move(after), max, counted(std::move(done)));
    }

private:
    template <typename Done>
    Done counted(Done done)
    {
        open++;
        return [this, done = std::move(done)](auto answer) mutable {
            open--;
            done(std::move(answer));
        };
    }

    Records& records_;
};

struct FileWorld final : records::World {
    testing::Folder folder{};
    Now instant{.wall = noon};
    testing::Mailbox mailbox{};
    std::uint64_t bytes_max = RecordsFile::bytes_max;
    std::unique_ptr<RecordsThread> thread{};
    std::unique_ptr<Counted> counted{};

    FileWorld() { open(); }

    [[nodiscard]] sqlite::Options options() const { return {.file = folder.path / "store.db"}; }
    void open()
    {
        std::vector<RecordsThread::Shard> shards;
        shards.push_back(
            {instant, [this](RecordsThread::Task task) { mailbox.post(std::move(task)); }});
        thread = std::make_unique<RecordsThread>(
            RecordsFile::open(options(), bytes_max).value(), std::move(shards));
        counted = std::make_unique<Counted>(thread->records(0));
    }
    Records& records() override { return *counted; }
    void pass(Milliseconds time) override { instant.wall = instant.wall + time; }
    WallTime now() const override { return instant.wall; }
    void settle() override
    {
        while (counted->open != 0)
            mailbox.run_one();
    }
    bool reopen() override
    {
        settle();
        thread.reset();
        open();
        return true;
    }

    Result<std::optional<Version>> put(
        std::string key, Version expected, std::string value, std::optional<WallTime> expires = {})
    {
        Result<std::optional<Version>> answer = fail(ErrorCode::internal, "no answer");
        records().put(std::move(key), expected, std::move(value), expires,
            [&answer](auto told) { answer = std::move(told); });
        settle();
        return answer;
    }
    std::vector<Named> list(std::string prefix = "")
    {
        std::vector<Named> found;
        records().list(std::move(prefix), "", 1'000, [&found](auto told) { found = told.value(); });
        settle();
        return found;
    }
};

class RecordsInFile : public ::testing::TestWithParam<records::Promise> { };

TEST_P(RecordsInFile, keep_the_promise)
{
    FileWorld world;
    GetParam().check(world);
}

INSTANTIATE_TEST_SUITE_P(Records, RecordsInFile, ::testing::ValuesIn(records::promises()),
    [](auto const& each) { return std::string(each.param.name); });

TEST(RecordsThread, commits_together_what_comes_together)
{
    FileWorld world;
    int stale = 0;
    std::set<Version> versions;
    for (int i = 0; i < 1'000; i++)
        world.records().put(
            "key " + std::to_string(i % 500), 0, "value", std::nullopt, [&](auto const& written) {
                ASSERT_TRUE(written);
                stale += *written ? 0 : 1;
                if (*written)
                    versions.insert(**written);
            });
    world.settle();
    EXPECT_EQ(stale, 500); // The second of each key saw the first, committed or not.
    EXPECT_EQ(versions.size(), 500U);
    EXPECT_EQ(world.list().size(), 500U);
}

TEST(RecordsThread, is_unavailable_while_the_file_is_full_and_goes_on_afterwards)
{
    FileWorld world;
    world.settle();
    world.bytes_max = 1 << 20;
    world.reopen();
    std::string const value(60'000, 'v');
    int stored = 0;
    Result<std::optional<Version>> last;
    while (stored < 100 && (last = world.put(std::to_string(stored), 0, value, noon + 1s)))
        stored++;
    EXPECT_GT(stored, 5);
    ASSERT_LT(stored, 100);
    EXPECT_EQ(last.error().code, ErrorCode::unavailable);
    EXPECT_EQ(world.list().size(), static_cast<std::size_t>(stored)); // Nothing half.
    world.pass(1s);
    EXPECT_TRUE(world.list().empty());
    // What expired goes with a transaction that has room.
    EXPECT_TRUE(world.put("small", 0, "v"));
    EXPECT_TRUE(world.put("large", 0, value));
}

TEST(RecordsThread, answers_all_that_waits_and_refuses_what_comes_later)
{
    FileWorld world;
    int answered = 0;
    for (int i = 0; i < 100; i++)
        world.records().put(std::to_string(i), 0, "v", std::nullopt,
            [&](auto const& written) { answered += written && *written ? 1 : 0; });
    world.thread->stop();
    world.settle();
    EXPECT_EQ(answered, 100);
    EXPECT_EQ(world.put("late", 0, "v").error().code, ErrorCode::unavailable);
    world.reopen();
    EXPECT_EQ(world.list().size(), 100U);
}

TEST(RecordsFile, is_for_its_owner_alone_and_holds_nothing_of_what_was_removed)
{
    FileWorld world;
    auto const version = **world.put("key", 0, "a secret that goes");
    auto const file = sqlite::records_of(world.options().file);
    struct stat status { };
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    world.records().remove("key", version, [](auto const& removed) { EXPECT_TRUE(removed); });
    world.reopen();
    std::ifstream in(file, std::ios::binary);
    std::string const bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_TRUE(bytes.starts_with("SQLite format 3"));
    EXPECT_FALSE(bytes.contains("a secret that goes"));
}

// Rather a sign-in is missing than one is what nobody wrote.
TEST(RecordsFile, passes_over_rows_that_are_not_what_was_written)
{
    FileWorld world;
    ASSERT_TRUE(world.put("a", 0, "one"));
    ASSERT_TRUE(world.put("b", 0, "two"));
    world.thread.reset();
    {
        auto database = sqlite::open_records(world.options());
        ASSERT_TRUE(database);
        ASSERT_TRUE(database->run("UPDATE record SET value = x'6f6e66' WHERE key = x'61'"));
    }
    world.open();
    auto const left = world.list();
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left.front().key, "b");
    ASSERT_TRUE(*world.put("a", 0, "three"));
    EXPECT_EQ(world.list().front().record.value, "three");
}

TEST(RecordsFile, removes_what_expired_a_few_at_a_time)
{
    FileWorld world;
    for (int i = 0; i < 250; i++)
        world.records().put(std::to_string(i), 0, "v", world.now() + 1s,
            [](auto const& told) { EXPECT_TRUE(told && *told); });
    world.settle();
    world.pass(1s);
    ASSERT_TRUE(world.put("kept", 0, "v"));
    auto const rows = [&] {
        world.thread.reset();
        auto database = sqlite::open_records(world.options());
        auto const count = *database->integer("SELECT count(*) FROM record");
        database = fail(ErrorCode::unavailable, "closed");
        world.open();
        return count;
    };
    EXPECT_EQ(rows(), 151);
    ASSERT_TRUE(world.put("kept too", 0, "v"));
    ASSERT_TRUE(world.put("and this", 0, "v"));
    EXPECT_EQ(rows(), 3);
}

} // namespace
} // namespace gatehouse::storage
