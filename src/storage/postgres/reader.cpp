// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/reader.hpp"

#include "storage/postgres/queries.hpp"
#include "storage/postgres/schema.hpp"

namespace gatehouse::storage::postgres {

using events::Appended;
using events::StreamAppend;

namespace {

Error const read_only{ErrorCode::unsupported, "The store is open for reading only."};

template <typename Answer>
Result<Answer> result_of(Outcome<Answer> answer)
{
    if (!answer)
        return std::unexpected(read_error_of(answer.error()));
    return *std::move(answer);
}

} // namespace

Result<std::unique_ptr<Reader>> Reader::open(Target const& target)
{
    auto connection = GH_TRY(Connection::open(target));
    GH_CHECK(check_schema(connection));
    return std::unique_ptr<Reader>(new Reader(std::move(connection)));
}

std::vector<Result<Appended>> Reader::append(std::vector<StreamAppend> batch)
{
    return {batch.size(), std::unexpected(read_only)};
}

Result<std::vector<events::Event>> Reader::read(
    std::string_view stream, events::Version after, std::size_t events_max)
{
    return result_of(read_events(connection_, stream, after, events_max));
}

Result<events::History> Reader::hydrate(std::string_view stream, std::size_t events_max)
{
    return result_of(read_history(connection_, stream, events_max));
}

Result<void> Reader::keep(events::StreamSnapshot)
{
    return std::unexpected(read_only);
}

Result<void> Reader::compact(std::string_view, events::Version)
{
    return std::unexpected(read_only);
}

Result<void> Reader::erase(std::string_view, events::Version)
{
    return std::unexpected(read_only);
}

Result<Heads> Reader::find(std::string_view name)
{
    return result_of(read_heads(connection_, name));
}

Result<Heads> Reader::streams(std::string_view after, std::size_t streams_max)
{
    return result_of(read_heads_after(connection_, after, streams_max));
}

Result<Heads> Reader::heads(Slot slot)
{
    return result_of(read_heads(connection_, slot));
}

Result<Memberships> Reader::memberships(
    std::string_view subject, std::string_view after, std::size_t memberships_max)
{
    return result_of(read_memberships(connection_, subject, after, memberships_max));
}

Result<std::uint64_t> Reader::forget(std::string_view)
{
    return std::unexpected(read_only);
}

Result<std::uint64_t> Reader::forget_keys(std::span<std::uint64_t const>)
{
    return std::unexpected(read_only);
}

Result<Memberships> Reader::keys(std::uint64_t after, std::size_t memberships_max)
{
    return result_of(read_keys(connection_, after, memberships_max));
}

Result<void> Reader::drop_keys(std::string_view)
{
    return std::unexpected(read_only);
}

Result<events::LogPage> Reader::log(events::LogCursor from, std::size_t events_max)
{
    return result_of(read_log(connection_, from, events_max));
}

} // namespace gatehouse::storage::postgres
