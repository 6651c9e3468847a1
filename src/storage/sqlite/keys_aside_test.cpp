// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/keys_aside.hpp"

#include "storage/conformance_test.hpp"
#include "storage/sqlite/sqlite_log.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace gatehouse::storage::sqlite {
namespace {

namespace fs = std::filesystem;
using testing::append_of;
using testing::Folder;
using testing::member_of;
using testing::with_keys;

Options options_of(fs::path const& folder)
{
    return {.file = folder / "store.db", .ballast_bytes = 0};
}

std::unique_ptr<SqliteLog> open(fs::path const& folder)
{
    return SqliteLog::open(options_of(folder)).value();
}

std::string bytes_of(fs::path const& file)
{
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator(in), {}};
}

// Whatever their file holds, the rooms are there, and what cannot be opened is kept and told of.
TEST(KeysAside, damaged_keys_keep_no_store_from_being_opened)
{
    Folder folder;
    ASSERT_TRUE(
        open(folder.path)->append({with_keys(append_of("a.1", 0), {member_of("u:a", 1)})}).at(0));
    auto const keys = folder.path / "store.db.keys";
    auto const whole = bytes_of(keys);
    std::vector<std::string> damaged;
    for (std::size_t at = 0; at < 100; at++)
        for (int const bit : {1, 6})
            if (at < 60 || at > 63) // A newer gatehouse may have written it.
                (damaged.emplace_back(whole))[at] ^= static_cast<char>(1 << bit);
    for (std::size_t page = 0; page < whole.size(); page += 4096)
        for (char const with : {'\0', 'x'})
            damaged.emplace_back(whole).replace(page, 4096, 4096, with);
    for (std::size_t size = 0; size <= 4096; size += size < 120 ? 1 : 499)
        damaged.push_back(whole.substr(0, size));
    for (auto const& bytes : damaged) {
        auto const number = &bytes - damaged.data();
        for (auto const* const ending : {"-wal", "-shm", ".damaged-1"})
            fs::remove(keys.native() + ending);
        std::ofstream(keys, std::ios::binary | std::ios::trunc) << bytes;
        auto options = options_of(folder.path);
        options.access = Access::read_only;
        ASSERT_TRUE(SqliteLog::open(options)) << number;
        options.access = Access::read_write;
        fs::path kept;
        options.on_keys_lost = [&](std::string const& why, fs::path const& file) {
            EXPECT_FALSE(why.empty());
            kept = file;
        };
        auto const log = SqliteLog::open(options);
        ASSERT_TRUE(log) << number << ": " << log.error().detail;
        EXPECT_EQ((*log)->hydrate("a.1", 10)->events.size(), 1u) << number;
        if (kept.empty())
            continue;
        EXPECT_EQ(bytes_of(kept), bytes) << number;
        auto const next
            = with_keys(append_of(fmt::format("b{}.1", number), 0), {member_of("u:b", 1)});
        EXPECT_TRUE((*log)->append({next}).at(0)) << number;
    }
}

TEST(KeysAside, who_is_forgotten_is_in_no_file_that_was_put_aside)
{
    Folder folder;
    ASSERT_TRUE(
        open(folder.path)->append({with_keys(append_of("a.1", 0), {member_of("u:a", 1)})}).at(0));
    auto const keys = folder.path / "store.db.keys";
    std::fstream(keys, std::ios::binary | std::ios::in | std::ios::out) << "nothing of SQLite's";
    auto const log = open(folder.path);
    ASSERT_TRUE(fs::exists(keys.native() + ".damaged-1"));
    EXPECT_EQ(log->forget("u:a").value(), 0u);
    EXPECT_FALSE(fs::exists(keys.native() + ".damaged-1"));
}

} // namespace
} // namespace gatehouse::storage::sqlite
