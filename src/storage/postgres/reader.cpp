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

Result<std::vector<events::StreamHead>> Reader::heads(Slot slot)
{
    return result_of(read_heads(connection_, slot));
}

Result<events::LogPage> Reader::log(events::LogCursor from, std::size_t events_max)
{
    return result_of(read_log(connection_, from, events_max));
}

} // namespace gatehouse::storage::postgres
