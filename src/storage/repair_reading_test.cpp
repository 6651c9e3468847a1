// SPDX-License-Identifier: Apache-2.0
// What a repair can read of a damaged store, and that it only reads.
#include "storage/repair_test.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace gatehouse::storage::sqlite {
namespace {

namespace fs = std::filesystem;
using testing::RepairSqlite;

class RepairReads : public RepairSqlite {
protected:
    // The store, and whatever SQLite may lay beside it.
    std::map<std::string, std::string> files() const
    {
        std::map<std::string, std::string> all;
        for (auto const& each : fs::directory_iterator(folder_.path))
            if (auto const name = each.path().filename().native(); name.starts_with("store.db"))
                all[name] = bytes_of(each.path());
        return all;
    }

    void read_in_all_ways()
    {
        static_cast<void>(findings_in(options_));
        auto repair = Repair::open(options_.file, folder_.path / "spool.db");
        EXPECT_TRUE(!repair || repair->ask({}));
    }
};

// Of the header, SQLite takes some for an order to write.
TEST_F(RepairReads, changes_no_byte_whatever_the_header_says)
{
    kill_in_the_midst();
    for (std::size_t at = 0; at < 100; at++)
        for (int bit = 0; bit < 8; bit += 1 + static_cast<int>(at % 2)) {
            auto damaged = whole_;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
            write(damaged, at % 3 == 0 ? wal_ : "");
            auto const before = files();
            read_in_all_ways();
            ASSERT_EQ(files(), before) << "byte " << at << ", bit " << bit;
        }
}

TEST_F(RepairReads, makes_and_removes_no_file)
{
    kill_in_the_midst();
    auto old = whole_;
    old[18] = old[19] = 1; // Of no WAL.
    for (auto const& [bytes, wal, journal] : {std::tuple(whole_, wal_, true),
             std::tuple(old, std::string(), true), std::tuple(old, std::string(), false),
             std::tuple(std::string(), wal_, false), std::tuple(std::string(), wal_, true),
             std::tuple(whole_.substr(0, 4096), wal_, false)}) {
        write(bytes, wal);
        if (wal.empty())
            fs::remove(wal_of(options_.file));
        fs::remove(options_.file.native() + "-journal");
        if (journal)
            std::ofstream(options_.file.native() + "-journal")
                << "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"; // As a journal begins.
        auto const before = files();
        read_in_all_ways();
        ASSERT_EQ(files(), before);
    }
}

// A server would take it for a new store, and remove what is left of the old one.
TEST_F(RepairReads, leaves_the_wal_of_a_file_that_is_empty)
{
    kill_in_the_midst();
    write("", wal_);
    auto const opened = SqliteLog::open(options_);
    ASSERT_FALSE(opened);
    EXPECT_TRUE(opened.error().detail.contains("gatehouse backup restore"))
        << opened.error().detail;
    EXPECT_EQ(bytes_of(wal_of(options_.file)), wal_);
}

TEST_F(RepairReads, names_a_damaged_header_and_what_helps)
{
    for (std::size_t const at : {std::size_t{18}, std::size_t{19}}) {
        auto damaged = whole_;
        damaged[at] = 9;
        write(damaged);
        fs::remove(wal_of(options_.file));
        auto const opened = SqliteLog::open(options_);
        ASSERT_FALSE(opened) << at;
        EXPECT_TRUE(opened.error().detail.contains("damaged")) << opened.error().detail;
        EXPECT_TRUE(opened.error().detail.contains("gatehouse")) << opened.error().detail;
        EXPECT_FALSE(opened.error().detail.contains("not writable")) << opened.error().detail;
    }
}

} // namespace
} // namespace gatehouse::storage::sqlite
