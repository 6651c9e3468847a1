// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/erasures.hpp"

#include "storage/archive/folder.hpp"
#include "storage/archive/testing.hpp"
#include "storage/conformance_test.hpp"
#include "storage/sqlite/open.hpp"
#include "storage/testing.hpp"

#include <fstream>

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

// Whatever page of the key file is damaged: what can be read is looked at, and deleted.
TEST(ErasureMarks, damage_hides_names_and_no_key_that_can_be_read)
{
    constexpr std::size_t page_size = 4096;
    constexpr int rooms = 200;
    storage::testing::Folder const temporary;
    auto const file = temporary.path / "g.db";
    auto const open = [&] {
        return sqlite::SqliteLog::open({.file = file, .ballast_bytes = 0}).value();
    };
    auto const name = [](int room) { return "r" + std::to_string(room) + ".1"; };
    ErasedKeys erased;
    {
        auto const log = open();
        for (int room = 0; room < rooms; room++) {
            auto member = member_of(std::string(100, 'u') + std::to_string(room % 40), 1);
            member.key = std::to_string(room) + std::string(32, 'k');
            member.key.resize(32);
            if (room % 40 < 10)
                erased.insert(name_of_key(member.key));
            ASSERT_TRUE(log->append({with_keys(append_of(name(room), 0), {member})}).at(0));
        }
    }
    std::ifstream in(sqlite::keys_of(file), std::ios::binary);
    std::string const sound(std::istreambuf_iterator<char>(in), {});
    ASSERT_GT(sound.size(), 10 * page_size);
    int damages = 0;
    for (auto page = page_size; page < sound.size(); page += page_size) {
        auto damaged = sound;
        damaged.replace(page, page_size, page_size, '\x5a');
        std::ofstream(sqlite::keys_of(file), std::ios::binary) << damaged;
        auto const log = open();
        ErasingAgain erasing(erased);
        while (!erasing.is_done()) {
            auto const done = erasing.step(*log);
            ASSERT_TRUE(done) << page << ": " << done.error().detail;
        }
        damages += erasing.has_damage() ? 1 : 0;
        for (int room = 0; room < rooms; room++) {
            auto const history = log->hydrate(name(room), 10);
            ASSERT_TRUE(history) << history.error().detail;
            EXPECT_TRUE(room % 40 >= 10 || history->keys.empty()) << page << ": " << room;
        }
    }
    EXPECT_GT(damages, 3);
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
