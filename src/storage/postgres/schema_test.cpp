// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/schema.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gatehouse::storage::postgres {
namespace {

// A database keeps the sum of each migration that it has: one that was edited after its release is
// refused wherever the earlier one is installed. A new one gets its line here when it is released.
TEST(PostgresSchema, released_migrations_are_what_they_were)
{
    std::vector<std::string> sums;
    for (auto const& migration : migrations())
        sums.push_back(std::string(migration.name) + " " + to_hex(sha256(migration.sql)));
    EXPECT_EQ(sums,
        (std::vector<std::string>{
            "slots, streams, events "
            "fdee9aaf23fb6fc6f5c52683056cd53cef51cfe7b88ba666f5fd8b17537c4e30",
            "links, snapshots, upkeep "
            "9fb1c727b91c65d9d2496f42f07486891ae23db47f4f893c37c609c30d7268ab",
            "keys of persons "
            "3a932cbb3d376e6234989398dbb0533b967a01995f320ac2c8c9ef082deb17db",
            "erasing in pieces "
            "e338d24f9b1635ad34d685231dce7ab4710ff07a8a5fdc858b3c0dbc6c873e55",
        }));
}

} // namespace
} // namespace gatehouse::storage::postgres
