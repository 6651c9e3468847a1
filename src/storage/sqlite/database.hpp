// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace gatehouse::storage::sqlite {

// As much of SQLite as we use, with owners and Results. Errors that promise that nothing was
// written (disk full, read-only, an I/O error where nothing was to be written) are `unavailable`;
// all others are `internal`. Belongs to one thread.

// Bound as bytes, where a string_view alone is bound as text. Both must outlive the execution.
struct Blob {
    std::string_view bytes;
};

// One run of a statement: step through its rows, then ask whether it came to its end. Ends with its
// scope; a statement has at most one at a time.
class Execution {
public:
    explicit Execution(sqlite3_stmt* statement);
    Execution(Execution const&) = delete;
    Execution& operator=(Execution const&) = delete;
    ~Execution();

    // Is there another row to look at?
    [[nodiscard]] bool next();
    // After the last row: was it really the last, or did reading fail?
    [[nodiscard]] Result<void> finish();

    // Columns count from 0. What is lent lasts until the next row.
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
    [[nodiscard]] std::string_view bytes(int column) const;

private:
    sqlite3_stmt* statement_;
    bool only_reads_;
    bool failed_ = false;
    bool ended_ = false;
};

// Prepared once, run often.
class Statement {
public:
    explicit Statement(sqlite3_stmt* statement)
        : statement_(statement)
    { }

    // Binds the parameters from ?1 on; without values they stay as they were bound.
    template <typename... Values>
    [[nodiscard]] Execution run(Values const&... values)
    {
        bind_from(1, values...);
        return Execution(statement_.get());
    }

    // Binds the parameters from ?index on, and tells the index after the last.
    template <typename... Values>
    int bind_from(int index, Values const&... values)
    {
        (bind(index++, values), ...);
        return index;
    }

    // For statements that yield no rows.
    template <typename... Values>
    [[nodiscard]] Result<void> execute(Values const&... values)
    {
        return run(values...).finish();
    }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };

    void bind(int index, std::int64_t value);
    void bind(int index, std::optional<std::int64_t> value);
    void bind(int index, std::string_view text);
    void bind(int index, Blob blob);

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// What closing does with a WAL. After a failure it must stay for the next open (open.cpp): moved
// from the kernel's cache, and removed without a sync, a part of it could come back with a power
// cut, and take what came after it back.
enum class Close : bool { moves_wal, leaves_wal };

class Database {
public:
    // `flags` are SQLITE_OPEN_…; by SQLite's own files, or those of another VFS.
    [[nodiscard]] static Result<Database> open(
        std::filesystem::path const& file, int flags, char const* vfs = nullptr);

    // One or more statements; rows are ignored.
    [[nodiscard]] Result<void> run(char const* sql);
    [[nodiscard]] Result<Statement> prepare(char const* sql);
    // The first column of the first row of a query.
    [[nodiscard]] Result<std::int64_t> integer(char const* sql);

    [[nodiscard]] bool is_in_transaction() const;
    // SQLite's code for what failed last (SQLITE_BUSY…), without the extension.
    [[nodiscard]] int last_code() const;
    void set_close(Close close);
    [[nodiscard]] sqlite3* handle() const { return database_.get(); }

private:
    struct Release {
        void operator()(sqlite3* database) const;
    };

    explicit Database(sqlite3* database)
        : database_(database)
    { }

    std::unique_ptr<sqlite3, Release> database_;
};

} // namespace gatehouse::storage::sqlite
