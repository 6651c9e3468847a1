// SPDX-License-Identifier: Apache-2.0
#include "server/history.hpp"

#include "server/store.hpp"
#include "storage/sqlite/restoration.hpp"

#include <charconv>
#include <utility>

namespace gatehouse::server {
namespace {

namespace postgres = storage::postgres;

// Of the WAL that is written now; the control file may still tell of the last checkpoint's.
constexpr postgres::Statement timeline{
    "timeline", "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)"};

Result<std::uint64_t> timeline_of(config::Store const& store)
{
    auto connection = GH_TRY(postgres::Connection::open(target_of(store)));
    auto const rows = connection.run(timeline);
    if (!rows)
        return std::unexpected(postgres::read_error_of(rows.error()));
    auto const hex = rows->size() == 1 ? rows->bytes(0, 0) : std::string_view();
    std::uint64_t number = 0;
    auto const read = std::from_chars(hex.data(), hex.data() + hex.size(), number, 16);
    if (read.ptr != hex.data() + hex.size() || number == 0)
        return fail(ErrorCode::internal, "The database does not say its timeline.");
    return number - 1;
}

} // namespace

Result<std::uint64_t> history_of(config::Store const& store)
{
    switch (store.kind) {
    case config::Store::Kind::memory: return 0;
    case config::Store::Kind::sqlite: {
        auto const restored = GH_TRY(storage::sqlite::last_restoration(store.path.text));
        if (!restored)
            return 0;
        auto const tenths = restored->ms / 100;
        if (tenths < 0 || tenths >= std::int64_t{1} << 37)
            return fail(ErrorCode::internal, "The store does not say when it was restored.");
        return static_cast<std::uint64_t>(tenths);
    }
    case config::Store::Kind::postgres: return timeline_of(store);
    }
    std::unreachable();
}

} // namespace gatehouse::server
