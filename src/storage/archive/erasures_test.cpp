// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/erasures.hpp"

#include "storage/archive/folder.hpp"
#include "storage/archive/testing.hpp"
#include "storage/conformance_test.hpp"
#include "storage/testing.hpp"

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

INSTANTIATE_TEST_SUITE_P(Each, Erasures,
    ::testing::Values(Kind::memory, Kind::sqlite, Kind::postgres), storage::testing::name_of);

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
