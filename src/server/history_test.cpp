// SPDX-License-Identifier: Apache-2.0
#include "server/history.hpp"

#include "server/temporary_folder_test.hpp"
#include "storage/sqlite/open.hpp"
#include "storage/sqlite/restoration.hpp"

namespace gatehouse::server {
namespace {

using HistoryTest = TemporaryFolder;

TEST_F(HistoryTest, is_that_of_the_last_restoration_and_fits_an_epoch)
{
    config::Store const store{.path = {path("g.db")}};
    EXPECT_EQ(history_of(store).value(), 0u);
    auto const restored_at = [&](WallTime at) {
        auto database
            = storage::sqlite::open_database({.file = path("g.db"), .ballast_bytes = 0}).value();
        ASSERT_TRUE(storage::sqlite::note_restoration(database, at));
    };
    restored_at({1'790'000'000'000});
    EXPECT_EQ(history_of(store).value(), 17'900'000'000u);
    restored_at({std::int64_t{100} << 37}); // A clock that says nonsense.
    EXPECT_EQ(history_of(store).error().code, ErrorCode::internal);
}

}  // namespace
}  // namespace gatehouse::server
