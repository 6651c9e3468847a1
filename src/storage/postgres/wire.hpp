// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct pg_result;

// Values in PostgreSQL's binary form, there and back: bytes stay bytes, nothing is quoted.
namespace gatehouse::storage::postgres {

[[nodiscard]] inline std::string_view as_text(std::span<std::byte const> bytes)
{
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

// An array that becomes one parameter: a column of the rows that a statement takes in one go.
class Column {
public:
    enum class Of : std::uint8_t { integers, texts, blobs };

    explicit Column(Of of);

    void add(std::int64_t value);
    void add(std::optional<std::int64_t> value);
    void add(std::string_view bytes);

    [[nodiscard]] Of of() const { return of_; }
    // The whole array, with its number of elements in its head.
    [[nodiscard]] std::string take() { return std::move(bytes_); }
    [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }
    [[nodiscard]] std::size_t count() const { return count_; }

private:
    void count_one();

    Of of_;
    std::uint32_t count_ = 0;
    std::string bytes_;
};

// The parameters $1, $2, … of one statement.
class Parameters {
public:
    Parameters& integer(std::int64_t value);
    Parameters& text(std::string_view value);
    Parameters& blob(std::string_view bytes);
    Parameters& uuid(std::string_view bytes); // 16 of them.
    Parameters& column(Column column);

    [[nodiscard]] std::size_t size() const { return types_.size(); }
    [[nodiscard]] std::span<std::uint32_t const> types() const { return types_; }
    [[nodiscard]] std::span<std::string const> values() const { return values_; }

private:
    Parameters& add(std::uint32_t type, std::string value);

    std::vector<std::uint32_t> types_;
    std::vector<std::string> values_;
};

// What a statement answered. Rows and columns count from 0.
class Rows {
public:
    explicit Rows(pg_result* result)
        : result_(result)
    { }

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] std::int64_t integer(std::size_t row, int column) const; // Of 1, 2, 4, 8 bytes.
    [[nodiscard]] std::optional<std::int64_t> optional_integer(std::size_t row, int column) const;
    // Of a text, bytea or uuid; lent as long as the rows are kept.
    [[nodiscard]] std::string_view bytes(std::size_t row, int column) const;

private:
    struct Clear {
        void operator()(pg_result* result) const;
    };

    std::unique_ptr<pg_result, Clear> result_;
};

} // namespace gatehouse::storage::postgres
