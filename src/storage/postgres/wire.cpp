// SPDX-License-Identifier: Apache-2.0
#include "storage/postgres/wire.hpp"

#include "base/assert.hpp"

#include <libpq-fe.h>

#include <utility>

namespace gatehouse::storage::postgres {

namespace {

// Of pg_type.dat: they never change.
enum Type : std::uint32_t {
    bytea = 17,
    int8 = 20,
    text = 25,
    bytea_array = 1001,
    text_array = 1009,
    int8_array = 1016,
    uuid = 2950,
};

void put(std::string& out, std::uint64_t value, int bytes)
{
    for (auto shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(value >> shift & 0xff));
}

std::uint32_t element_of(Column::Of of)
{
    switch (of) {
    case Column::Of::integers: return int8;
    case Column::Of::texts: return text;
    case Column::Of::blobs: return bytea;
    }
    std::unreachable();
}

std::uint32_t array_of(Column::Of of)
{
    switch (of) {
    case Column::Of::integers: return int8_array;
    case Column::Of::texts: return text_array;
    case Column::Of::blobs: return bytea_array;
    }
    std::unreachable();
}

constexpr std::size_t count_at = 12; // Behind dimensions, has-nulls, element type.

} // namespace

// src/backend/utils/adt/arrayfuncs.c, array_recv: dimensions, has-nulls, element type, then per
// dimension its length and lower bound, then each element behind its length.
Column::Column(Of of)
    : of_(of)
{
    put(bytes_, 1, 4);
    put(bytes_, of == Of::integers ? 1 : 0, 4);
    put(bytes_, element_of(of), 4);
    put(bytes_, 0, 4);
    put(bytes_, 1, 4);
}

void Column::count_one()
{
    count_++;
    for (std::size_t i = 0; i < 4; i++)
        bytes_[count_at + i] = static_cast<char>(count_ >> (24 - 8 * i) & 0xff);
}

void Column::add(std::int64_t value)
{
    put(bytes_, 8, 4);
    put(bytes_, static_cast<std::uint64_t>(value), 8);
    count_one();
}

void Column::add(std::optional<std::int64_t> value)
{
    if (value)
        return add(*value);
    put(bytes_, 0xffffffff, 4);
    count_one();
}

void Column::add(std::string_view bytes)
{
    put(bytes_, bytes.size(), 4);
    bytes_.append(bytes);
    count_one();
}

Parameters& Parameters::add(std::uint32_t type, std::string value)
{
    types_.push_back(type);
    values_.push_back(std::move(value));
    return *this;
}

Parameters& Parameters::integer(std::int64_t value)
{
    std::string bytes;
    put(bytes, static_cast<std::uint64_t>(value), 8);
    return add(int8, std::move(bytes));
}

Parameters& Parameters::text(std::string_view value)
{
    return add(Type::text, std::string(value));
}

Parameters& Parameters::blob(std::string_view bytes)
{
    return add(Type::bytea, std::string(bytes));
}

Parameters& Parameters::uuid(std::string_view bytes)
{
    GH_ASSERT(bytes.size() == 16);
    return add(Type::uuid, std::string(bytes));
}

Parameters& Parameters::column(Column column)
{
    return add(array_of(column.of()), column.take());
}

void Rows::Clear::operator()(pg_result* result) const
{
    PQclear(result);
}

std::size_t Rows::size() const
{
    return static_cast<std::size_t>(PQntuples(result_.get()));
}

std::int64_t Rows::integer(std::size_t row, int column) const
{
    auto const value = bytes(row, column);
    GH_ASSERT(!value.empty() && value.size() <= 8);
    // The sign is in the first byte.
    std::int64_t number = static_cast<signed char>(value[0]);
    for (auto const byte : value.substr(1))
        number = number * 256 + static_cast<unsigned char>(byte);
    return number;
}

std::optional<std::int64_t> Rows::optional_integer(std::size_t row, int column) const
{
    if (PQgetisnull(result_.get(), static_cast<int>(row), column) != 0)
        return std::nullopt;
    return integer(row, column);
}

std::string_view Rows::bytes(std::size_t row, int column) const
{
    auto const at = static_cast<int>(row);
    return {PQgetvalue(result_.get(), at, column),
        static_cast<std::size_t>(PQgetlength(result_.get(), at, column))};
}

} // namespace gatehouse::storage::postgres
