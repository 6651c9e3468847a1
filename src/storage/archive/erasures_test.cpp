// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/erasures.hpp"

#include "storage/archive/folder.hpp"
#include "storage/archive/testing.hpp"
#include "storage/conformance_test.hpp"
#include "storage/sqlite/open.hpp"
#include "storage/testing.hpp"

#include <filesystem>
#include <fstream>
#include <set>

namespace gatehouse::storage::archive {
namespace {

using storage::testing::append_of;
using storage::testing::Kind;
using storage::testing::member_of;
using storage::testing::with_keys;

class Erasures : public storage::testing::EachStore {
protected:
    // The stream, with keys that are there from its first event on.
    static void open(Log& log, std::string stream, std::vector<events::MemberKey> keys)
    {
        auto room = with_keys(append_of(std::move(stream), 0), std::move(keys));
        ASSERT_TRUE(log.append({std::move(room)}).at(0));
    }

    static std::size_t rooms_of(Log& log, std::string_view subject)
    {
        return log.memberships(subject, "", 10'000)->size();
    }

    // Of Anna's key.
    static std::string name_of(char generation)
    {
        return name_of_key(member_of("u:anna", 1, generation).key);
    }

    storage::testing::Folder temporary_;
    std::unique_ptr<Folder> folder_ = Folder::open(temporary_.path).value();
};

// As after a store that was set back to before somebody was erased.
TEST_P(Erasures, are_done_again_in_a_store_that_was_set_back)
{
    auto const log = make_log();
    open(*log, "a.1", {member_of("u:anna", 1, 'a'), member_of("u:ben", 2, 'b')});
    open(*log, "b.1", {member_of("u:anna", 1, 'c')});
    ASSERT_TRUE(note_erased(*folder_, {name_of('a'), name_of('c')}, {1}));
    auto const erased = erased_keys(*folder_).value();
    EXPECT_EQ(erased.size(), 2u);
    EXPECT_EQ(erase_again(*log, erased), 2u);
    EXPECT_EQ(rooms_of(*log, "u:anna"), 0u);
    EXPECT_EQ(rooms_of(*log, "u:ben"), 1u);
    EXPECT_EQ(erase_again(*log, erased), 0u) << "once";
}

TEST_P(Erasures, leave_who_came_again_alone)
{
    auto const log = make_log();
    ASSERT_TRUE(note_erased(*folder_, {name_of('a')}, {1}));
    open(*log, "a.1", {member_of("u:anna", 1, 'n')});
    EXPECT_EQ(erase_again(*log, erased_keys(*folder_).value()), 0u);
    EXPECT_EQ(rooms_of(*log, "u:anna"), 1u);
    EXPECT_EQ(erase_again(*log, {}), 0u);
}

TEST_P(Erasures, find_the_erased_among_many)
{
    auto const log = make_log();
    ErasedKeys erased;
    std::vector<events::StreamAppend> rooms;
    for (int i = 0; i < 1200; i++) {
        auto member = member_of("u:" + std::to_string(i % 300), 1);
        member.key = std::to_string(i) + std::string(32, 'k');
        member.key.resize(32);
        if (i % 300 % 7 == 0)
            erased.insert(name_of_key(member.key));
        rooms.push_back(with_keys(append_of("r" + std::to_string(i) + ".1", 0), {member}));
    }
    for (auto const& kept : log->append(std::move(rooms)))
        ASSERT_TRUE(kept);
    ASSERT_TRUE(note_erased(*folder_, erased, {1}));
    EXPECT_EQ(erased_keys(*folder_), erased);
    EXPECT_EQ(erase_again(*log, erased), erased.size());
    for (int i = 0; i < 300; i++)
        EXPECT_EQ(rooms_of(*log, "u:" + std::to_string(i)), i % 7 == 0 ? 0u : 4u);
}

// Old keys and new ones in one store: the person came back before the store was set back.
TEST_P(Erasures, take_all_that_somebody_had_then_and_nothing_that_came_later)
{
    auto const log = make_log();
    open(*log, "dropped.1", {member_of("u:anna", 1, 'd')}); // By retention, before the erasure.
    open(*log, "a.1", {member_of("u:anna", 1, 'a'), member_of("u:ben", 2, 'b')});
    open(*log, "new.1", {member_of("u:anna", 1, 'n')});
    ASSERT_TRUE(note_erased(*folder_, {name_of('a')}, {1}));
    EXPECT_EQ(erase_again(*log, erased_keys(*folder_).value()), 2u);
    auto const left = log->memberships("u:anna", "", 10).value();
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0].stream, "new.1");
    EXPECT_EQ(rooms_of(*log, "u:ben"), 1u);
    EXPECT_EQ(log->forget_keys({}), 0u);
}

INSTANTIATE_TEST_SUITE_P(Each, Erasures,
    ::testing::Values(Kind::memory, Kind::sqlite, Kind::postgres), storage::testing::name_of);

// A store of 40 persons in 200 rooms, of whom 10 were erased, whose file of keys may be damaged.
class DamagedKeys : public ::testing::Test {
protected:
    static constexpr std::size_t page_size = 4096;
    static constexpr int rooms = 200;

    DamagedKeys()
    {
        auto const log = open();
        for (int room = 0; room < rooms; room++) {
            auto member = member_of(std::string(100, 'u') + std::to_string(room % 40), 1);
            member.key = std::to_string(room) + std::string(32, 'k');
            member.key.resize(32);
            if (is_erased(room))
                erased_.insert(name_of_key(member.key));
            EXPECT_TRUE(log->append({with_keys(append_of(name(room), 0), {member})}).at(0));
        }
    }

    static bool is_erased(int room) { return room % 40 < 10; }
    static std::string name(int room) { return "r" + std::to_string(room) + ".1"; }
    std::unique_ptr<Log> open() const
    {
        return sqlite::SqliteLog::open({.file = file_, .ballast_bytes = 0}).value();
    }
    std::string sound() const
    {
        std::ifstream in(sqlite::keys_of(file_), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::unique_ptr<Log> open_with(std::string bytes, std::vector<std::size_t> const& pages) const
    {
        for (auto const page : pages)
            bytes.replace(page, page_size, page_size, '\x5a');
        std::ofstream(sqlite::keys_of(file_), std::ios::binary) << bytes;
        return open();
    }
    static std::set<int> with_names(Log& log)
    {
        std::set<int> found;
        for (int room = 0; room < rooms; room++) {
            auto const history = log.hydrate(name(room), 10);
            EXPECT_TRUE(history) << history.error().detail;
            if (!history->keys.empty())
                found.insert(room);
        }
        return found;
    }

    storage::testing::Folder const temporary_;
    std::filesystem::path const file_ = temporary_.path / "g.db";
    ErasedKeys erased_;
};

// Whatever page it is: what can be read is looked at, and deleted, and nobody else's.
TEST_F(DamagedKeys, hide_names_and_no_key_that_can_be_read)
{
    auto const bytes = sound();
    ASSERT_GT(bytes.size(), 10 * page_size);
    int damages = 0;
    for (auto page = page_size; page < bytes.size(); page += page_size) {
        auto const log = open_with(bytes, {page});
        auto const before = with_names(*log);
        ErasingAgain erasing(erased_);
        while (!erasing.is_done()) {
            auto const done = erasing.step(*log);
            ASSERT_TRUE(done) << page << ": " << done.error().detail;
        }
        damages += erasing.has_damage() ? 1 : 0;
        auto const after = with_names(*log);
        for (int room = 0; room < rooms; room++)
            EXPECT_EQ(after.contains(room), before.contains(room) && !is_erased(room))
                << page << ": " << room;
    }
    EXPECT_GT(damages, 3);
}

// Then nobody knows whether all were looked at.
TEST_F(DamagedKeys, are_refused_where_it_is_not_known_either_where_they_end)
{
    auto const bytes = sound();
    std::vector<std::size_t> ends;
    for (auto page = page_size; page < bytes.size(); page += page_size)
        if (!open_with(bytes, {page})->key_ring())
            ends.push_back(page);
    ASSERT_FALSE(ends.empty());
    int refused = 0;
    for (auto page = page_size; page < bytes.size(); page += page_size) {
        auto const log = open_with(bytes, {ends.front(), page});
        auto const gone = erase_again(*log, erased_);
        refused += gone ? 0 : 1;
        for (auto const room : gone ? with_names(*log) : std::set<int>{})
            EXPECT_FALSE(is_erased(room)) << page << ": " << room;
    }
    EXPECT_GT(refused, 1);
}

// What says where they end has decayed, too.
TEST(ErasureMarks, an_end_that_is_nowhere_near_is_not_looked_for)
{
    struct Endless : MemoryLog {
        Result<std::vector<events::Membership>> keys(std::uint64_t, std::size_t) override
        {
            return fail(ErrorCode::internal, "damaged");
        }
        Result<KeyRing> key_ring() override { return KeyRing{.id = "", .last = 1ULL << 60}; }
    };
    Endless log;
    EXPECT_EQ(erase_again(log, {"a"}).error().code, ErrorCode::internal);
}

TEST(ErasureMarks, are_not_done_where_the_target_is_away)
{
    storage::testing::Folder const temporary;
    auto const folder = Folder::open(temporary.path).value();
    storage::testing::Failing away(*folder);
    away.calls = 1;
    EXPECT_FALSE(note_erased(away, {"a", "b"}, {1}));
    EXPECT_FALSE(erased_keys(away));
}

} // namespace
} // namespace gatehouse::storage::archive
