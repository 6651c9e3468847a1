// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/postgres/connection.hpp"

#include <span>
#include <string_view>

namespace gatehouse::storage::postgres {

// One step of the schema, forward only. What was once released never changes: add another step.
struct Migration {
    int version; // 1, 2, 3, …
    std::string_view name;
    std::string_view sql;
};

extern std::string_view const migration_1; // Their SQL: a file for each.
extern std::string_view const migration_2;
extern std::string_view const migration_3;
extern std::string_view const migration_4;

// All that this program knows, oldest first.
[[nodiscard]] std::span<Migration const> migrations();

// Which of the known migrations the database has: 0 for an empty one. Fails with `unsupported`
// where it has one that this program does not know, or another one by the same number.
[[nodiscard]] Result<int> schema_version(
    Connection& connection, std::span<Migration const> known = migrations());

// Applies what is missing, each in a transaction of its own, under a lock that keeps others from
// doing the same at once, and takes the time that it takes. Tells the version before.
[[nodiscard]] Result<int> migrate(
    Connection& connection, std::span<Migration const> known = migrations());

// Fails unless the schema is exactly the known one, and says what to do about it.
[[nodiscard]] Result<void> check_schema(
    Connection& connection, std::span<Migration const> known = migrations());

} // namespace gatehouse::storage::postgres
