// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "records/records.hpp"
#include "storage/clock.hpp"
#include "storage/sqlite/database.hpp"
#include "storage/sqlite/open.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::storage::sqlite {

// Records in a file of their own beside the store, `<store>.records` (docs/store-format.md). What
// is done in one transaction is durable together, when transact() says so. After a failure the
// file is closed, and opened anew for a later question, as SqliteLog opens its own; until then
// everything is `unavailable`. A row that is not what was written counts as none. Records that
// expired go a few with each transaction. Belongs to one thread at a time.
class RecordsFile {
public:
    static constexpr std::uint64_t bytes_max = std::uint64_t{1} << 30; // Beyond it: `unavailable`.

    [[nodiscard]] static Result<std::unique_ptr<RecordsFile>> open(
        Options const& options, std::uint64_t file_bytes_max = bytes_max);

    // What may be asked within a transaction: see records::Records. What fails here fails it whole.
    class Rows {
    public:
        [[nodiscard]] Result<std::optional<records::Record>> get(
            std::string_view key, WallTime now);
        [[nodiscard]] Result<std::optional<records::Version>> put(std::string_view key,
            records::Version expected, std::string_view value, std::optional<WallTime> expires,
            WallTime now);
        [[nodiscard]] Result<std::optional<records::Version>> remove(
            std::string_view key, records::Version expected, WallTime now);
        [[nodiscard]] Result<std::vector<records::Named>> list(
            std::string_view prefix, std::string_view after, std::size_t max, WallTime now);

    private:
        friend class RecordsFile;
        struct Statements {
            Statement begin, commit, get, erase, add, skip, list, sweep;
        };
        Rows(Database database, Statements statements)
            : database_(std::move(database))
            , statements_(std::move(statements))
        { }
        [[nodiscard]] Result<records::Version> version_of(std::string_view key, WallTime now);

        Database database_;
        Statements statements_;
        bool has_written_ = false;
    };

    // `work` must not end the transaction. If this fails, nothing of it is known to be kept.
    [[nodiscard]] Result<void> transact(
        WallTime now, std::function<Result<void>(Rows&)> const& work);

private:
    RecordsFile(Options options, std::uint64_t file_bytes_max)
        : options_(std::move(options))
        , file_bytes_max_(file_bytes_max)
    { }

    Result<void> open();
    Result<void> try_transact(WallTime now, std::function<Result<void>(Rows&)> const& work);
    void failed(Error const& why);

    Options options_;
    std::uint64_t file_bytes_max_;
    std::unique_ptr<Rows> rows_; // Null while it cannot be opened,
    Error why_closed_{};         // for this reason.
    std::chrono::milliseconds pause_{};
    Moment retry_at_{};
};

} // namespace gatehouse::storage::sqlite
