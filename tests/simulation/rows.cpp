// SPDX-License-Identifier: Apache-2.0
#include "rows.hpp"

#include "base/assert.hpp"

#include <libpq-fe.h>

#include <array>

namespace gatehouse::simulation {

std::int64_t read_integer(std::string_view bytes)
{
    std::uint64_t value = 0;
    for (auto const byte : bytes)
        value = value << 8 | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(value);
}

std::vector<std::optional<std::string_view>> read_array(std::string_view bytes)
{
    constexpr std::int64_t null = 0xffffffff;
    std::vector<std::optional<std::string_view>> elements;
    bytes.remove_prefix(20);
    while (!bytes.empty()) {
        auto const size = read_integer(bytes.substr(0, 4));
        bytes.remove_prefix(4);
        if (size == null) {
            elements.emplace_back();
            continue;
        }
        elements.emplace_back(bytes.substr(0, static_cast<std::size_t>(size)));
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return elements;
}

void RowsBuilder::Clear::operator()(pg_result* result) const { PQclear(result); }

RowsBuilder::RowsBuilder(std::size_t columns)
    : result_(PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK))
{
    std::vector<PGresAttDesc> attributes(columns);
    static std::array<char, 2> name{"c"};
    for (auto& each : attributes)
        each = {.name = name.data(), .tableid = 0, .columnid = 0, .format = 1, .typid = 0,
            .typlen = -1, .atttypmod = -1};
    if (columns > 0)
        GH_ASSERT(PQsetResultAttrs(result_.get(), static_cast<int>(columns), attributes.data()));
}

RowsBuilder& RowsBuilder::row()
{
    row_++;
    column_ = 0;
    return *this;
}

void RowsBuilder::set(char const* bytes, int size)
{
    // libpq copies what it is given, and only forgets to say so.
    GH_ASSERT(PQsetvalue(result_.get(), row_, column_++, const_cast<char*>(bytes), size));
}

RowsBuilder& RowsBuilder::integer(std::int64_t value)
{
    std::array<char, 8> bytes{};
    for (int i = 0; i < 8; i++)
        bytes[static_cast<std::size_t>(i)]
            = static_cast<char>(static_cast<std::uint64_t>(value) >> (56 - 8 * i));
    set(bytes.data(), 8);
    return *this;
}

RowsBuilder& RowsBuilder::optional(std::optional<std::int64_t> value)
{
    return value ? integer(*value) : null();
}

RowsBuilder& RowsBuilder::bytes(std::string_view bytes)
{
    set(bytes.empty() ? "" : bytes.data(), static_cast<int>(bytes.size()));
    return *this;
}

RowsBuilder& RowsBuilder::null()
{
    set(nullptr, -1);
    return *this;
}

storage::postgres::Rows RowsBuilder::take() { return storage::postgres::Rows(result_.release()); }

}  // namespace gatehouse::simulation
