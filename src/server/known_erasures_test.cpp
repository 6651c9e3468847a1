// SPDX-License-Identifier: Apache-2.0
#include "server/known_erasures.hpp"

#include "server/erased_world_test.hpp"

#include <filesystem>
#include <fstream>
#include <utility>

namespace gatehouse::server {
namespace {

namespace fs = std::filesystem;

class KnownErasuresTest : public ErasedWorld {
protected:
    using Keys = KnownErasures::Keys;

    static Keys names(std::string_view of_keys)
    {
        Keys names;
        for (auto const each : of_keys)
            names.insert(name(each));
        return names;
    }
    static Keys many(std::size_t count)
    {
        Keys names;
        for (std::size_t i = 0; i < count; i++)
            names.insert(storage::archive::name_of_key(std::to_string(i)));
        return names;
    }

    std::string const archive_ = "file:" + path("archive");
    std::string const backup_ = "file:" + path("backup");
};

TEST_F(KnownErasuresTest, a_copy_of_the_store_is_another_one)
{
    settings_.store.kind = config::Store::Kind::sqlite;
    fs::create_directories(path("data"));
    std::ofstream(path("data/g.db.keys")) << "keys";
    auto const first = known();
    auto const sight = first->sight_of(log_, 3);
    EXPECT_FALSE(first->knows(sight));
    ASSERT_TRUE(first->note_used({"file:/a"}));
    EXPECT_FALSE(known()->knows(sight)) << "a target says nothing of the store";
    ASSERT_TRUE(first->note_sight(sight));
    auto const again = known();
    EXPECT_TRUE(again->knows(again->sight_of(log_, 3)));
    EXPECT_EQ(again->used(), TargetNames{"file:/a"});
    EXPECT_FALSE(again->knows(again->sight_of(log_, 4)));
    fs::copy(path("data/g.db.keys"), path("data/copy"));
    fs::rename(path("data/copy"), path("data/g.db.keys"));
    EXPECT_FALSE(again->knows(again->sight_of(log_, 3)));
    ASSERT_TRUE(again->note_sight({.history = 3, .key_file = 0, .forgotten = 9}));
    EXPECT_FALSE(again->knows({.history = 3, .key_file = 5, .forgotten = 8})) << "set back";
    EXPECT_TRUE(again->knows({.history = 3, .key_file = 5, .forgotten = 9}));
}

// As PostgreSQL's is known by its ring (postgres_log_test.cpp).
TEST_F(KnownErasuresTest, a_database_that_was_set_back_or_copied_is_another_one)
{
    struct Database final : storage::MemoryLog {
        Result<storage::KeyRing> key_ring() override { return ring; }
        storage::KeyRing ring{.id = "0123456789abcdef", .forgotten = 5};
    };
    Database database;
    settings_.store.kind = config::Store::Kind::postgres;
    auto const here = known();
    ASSERT_TRUE(here->note_sight(here->sight_of(database, 1)));
    auto const knows = [&](std::string id, std::uint64_t forgotten) {
        database.ring = {.id = std::move(id), .forgotten = forgotten};
        return here->knows(here->sight_of(database, 1));
    };
    EXPECT_TRUE(knows("0123456789abcdef", 5));
    EXPECT_TRUE(knows("0123456789abcdef", 6));
    EXPECT_FALSE(knows("0123456789abcdef", 4)) << "set back";
    EXPECT_FALSE(knows("0123457789abcdef", 5)) << "a copy";
}

TEST_F(KnownErasuresTest, what_is_owed_outlives_the_process)
{
    {
        auto const first = known();
        ASSERT_TRUE(first->owe(names("abc")));
        ASSERT_TRUE(first->owe(names("bc"))) << "once more";
        EXPECT_EQ(first->owed_count(), 6u);
        ASSERT_TRUE(first->note_paid(archive_, first->some_owed(archive_, 2)));
        EXPECT_EQ(first->some_owed(archive_, 2).size(), 1u);
    }
    EXPECT_EQ(known()->some_owed(backup_, 10), names("abc"));
    auto const archive = std::exchange(settings_.archive.to, {});
    EXPECT_EQ(known()->owed_count(), 3u) << "there is no such target now";
    EXPECT_EQ(known()->all_owed(), names("abc")) << "and yet they were erased";
    settings_.archive.to = archive;
    auto const last = known();
    ASSERT_TRUE(last->note_paid(archive_, names("abc")));
    ASSERT_TRUE(last->note_paid(backup_, names("abc")));
    EXPECT_FALSE(fs::exists(path("data/erasures.owed")));
}

TEST_F(KnownErasuresTest, the_file_of_what_is_owed_stays_as_small_as_that)
{
    auto const known = this->known();
    ASSERT_TRUE(known->owe(many(100)));
    auto const size = fs::file_size(path("data/erasures.owed"));
    for (int i = 0; i < 50; i++) { // The one is away, the other takes whatever it is told.
        ASSERT_TRUE(known->note_paid(backup_, many(100)));
        ASSERT_TRUE(known->owe(many(100)));
        ASSERT_LE(fs::file_size(path("data/erasures.owed")), 2 * size);
    }
    EXPECT_EQ(this->known()->some_owed(archive_, 1000), many(100));
}

TEST_F(KnownErasuresTest, where_too_much_is_owed_none_of_more_is)
{
    auto const all = many(KnownErasures::owed_max + 1);
    Keys most(all.begin(), std::prev(all.end()));
    auto const known = this->known();
    ASSERT_TRUE(known->owe(most));
    EXPECT_TRUE(known->owe(most)) << "nothing of it is new";
    EXPECT_EQ(known->owe(all).error().code, ErrorCode::busy);
    EXPECT_EQ(known->all_owed(), most);
    ASSERT_TRUE(known->note_paid(archive_, {*all.begin()}));
    ASSERT_TRUE(known->note_paid(backup_, {*all.begin()}));
    EXPECT_TRUE(known->owe({*all.rbegin()}));
}

// A process died amid a line, and the disk forgot some of another.
TEST_F(KnownErasuresTest, a_damaged_line_is_in_no_other_ones_way)
{
    ASSERT_TRUE(known()->owe(names("ab")));
    auto text = read("data/erasures.owed");
    text[5] = '\x01';
    write("data/erasures.owed", text + name('c') + " file:/som");
    auto const known = this->known();
    EXPECT_EQ(known->lines_lost(), 1u);
    EXPECT_EQ(known->owed_count(), 3u);
    ASSERT_TRUE(known->owe(names("d")));
    auto const again = this->known();
    EXPECT_EQ(again->lines_lost(), 0u);
    EXPECT_EQ(again->all_owed(), names("abd"));
    EXPECT_EQ(again->owed_count(), 5u);
}

TEST_F(KnownErasuresTest, what_could_not_be_kept_is_kept_when_it_can_be)
{
    auto const known = this->known();
    fs::create_directories(path("data/erasures.owed/in/the/way"));
    EXPECT_FALSE(known->owe(names("a")));
    EXPECT_FALSE(known->owe({})) << "still not";
    EXPECT_EQ(known->some_owed(archive_, 9), names("a")) << "it is owed all the same";
    fs::remove_all(path("data/erasures.owed"));
    EXPECT_TRUE(known->owe({}));
    EXPECT_EQ(this->known()->all_owed(), names("a"));
}

} // namespace
} // namespace gatehouse::server
