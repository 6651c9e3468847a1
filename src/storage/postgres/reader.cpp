// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/reader.hpp"

#include "storage/postgres/queries.hpp"
#include "storage/postgres/schema.hpp"

namespace gatehouse::storage::postgres {

using events::Appended;
using events::StreamAppend;

namespace {

template <typename Answer>
Result<Answer> result_of(Outcome<Answer> answer)
{
    if (!answer)
        return fail(ErrorCode::unavailable, "The store cannot be read now.",
            error_of(answer.error()).detail);
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
    Error const error{ErrorCode::unsupported, "The store is open for reading only."};
    return {batch.size(), std::unexpected(error)};
}

Result<std::vector<events::Event>> Reader::read(
    std::string_view stream, events::Version after, std::size_t events_max)
{
    return result_of(read_events(connection_, stream, after, events_max));
}

Result<events::History> Reader::hydrate(std::string_view stream, std::size_t events_max)
{
    return events::History{{}, GH_TRY(read(stream, 0, events_max))};
}

Result<void> Reader::keep(events::StreamSnapshot)
{
    return fail(ErrorCode::unsupported, "This store keeps no snapshots.");
}

Result<void> Reader::compact(std::string_view, events::Version)
{
    return fail(ErrorCode::unsupported, "This store compacts nothing.");
}

Result<void> Reader::erase(std::string_view, events::Version)
{
    return fail(ErrorCode::unsupported, "This store erases nothing.");
}

Result<std::vector<events::StreamHead>> Reader::find(std::string_view name)
{
    std::vector<events::StreamHead> found;
    for (auto& head : GH_TRY(heads(slot_of(name))))
        if (head.stream == name
            || (!name.contains('.') && head.stream.starts_with(std::string(name) + '.')))
            found.push_back(std::move(head));
    return found;
}

Result<std::vector<events::StreamHead>> Reader::streams(
    std::string_view after, std::size_t streams_max)
{
    return result_of(read_heads_after(connection_, after, streams_max));
}

Result<std::vector<events::StreamHead>> Reader::heads(Slot slot)
{
    return result_of(read_heads(connection_, slot));
}

Result<events::LogPage> Reader::log(events::LogCursor from, std::size_t events_max)
{
    return result_of(read_log(connection_, from, events_max));
}

} // namespace gatehouse::storage::postgres
