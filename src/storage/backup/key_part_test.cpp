// SPDX-License-Identifier: Apache-2.0
#include "storage/backup/key_part.hpp"

#include <gtest/gtest.h>

namespace gatehouse::storage::backup {
namespace {

using events::Membership;

std::vector<Membership> some_keys()
{
    std::string every_byte(events::key_size, '\0');
    for (std::size_t i = 0; i < every_byte.size(); i++)
        every_byte[i] = static_cast<char>(8 * i);
    return {{121, "k7qxm.9f0c2ab1", {"guest:7f3a", 1, every_byte}},
        {130, "sp\u00e4t", {"u:\"b\u00e4n\\\"", 4'000'000'000, std::string(32, '\xff')}}};
}

KeyPartHeader const header{"00112233445566778899aabbccddeeff", 3, 120, 131};

TEST(KeyPart, comes_back_as_it_was_written)
{
    auto const part = read_key_part(write_key_part(header, some_keys())).value();
    EXPECT_EQ(part.header, header);
    EXPECT_EQ(part.keys, some_keys());
    auto const empty = read_key_part(write_key_part(header, {})).value();
    EXPECT_TRUE(empty.keys.empty());
}

TEST(KeyPart, no_byte_of_it_changes_unnoticed)
{
    auto const bytes = write_key_part(header, some_keys());
    for (std::size_t i = 0; i < bytes.size(); i++) {
        EXPECT_FALSE(read_key_part(bytes.substr(0, i)));
        auto changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        auto const part = read_key_part(changed);
        EXPECT_TRUE(!part || part->keys == some_keys()) << i;
    }
}

TEST(KeyPart, refuses_what_contradicts_itself)
{
    auto const refused = [](auto const& change) {
        auto keys = some_keys();
        auto other = header;
        change(other, keys);
        return !read_key_part(write_key_part(other, keys));
    };
    using Keys = std::vector<Membership>;
    EXPECT_FALSE(refused([](auto&, Keys&) { }));
    EXPECT_TRUE(refused([](auto&, Keys& keys) { keys[1].number = 121; }));
    EXPECT_TRUE(refused([](auto&, Keys& keys) { keys[0].number = 120; }));
    EXPECT_TRUE(refused([](auto&, Keys& keys) { keys[1].number = 132; }));
    EXPECT_TRUE(refused([](auto&, Keys& keys) { keys[0].member.actor = 0; }));
    EXPECT_TRUE(refused([](auto&, Keys& keys) { keys[0].member.subject.clear(); }));
    EXPECT_TRUE(refused([](auto&, Keys& keys) { keys[0].member.key.pop_back(); }));
    EXPECT_TRUE(refused([](KeyPartHeader& other, Keys& keys) {
        other.last = 100;
        keys.clear();
    }));
}

} // namespace
} // namespace gatehouse::storage::backup
