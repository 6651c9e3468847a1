// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "storage/postgres/wire.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse::simulation {

// PostgreSQL's binary values from the server's side: parameters are read, rows are made.

[[nodiscard]] std::int64_t read_integer(std::string_view bytes);
// The elements of an array of one dimension; null where one is NULL.
[[nodiscard]] std::vector<std::optional<std::string_view>> read_array(std::string_view bytes);

// Row by row, and in it column by column.
class RowsBuilder {
public:
    explicit RowsBuilder(std::size_t columns);

    RowsBuilder& row();
    RowsBuilder& integer(std::int64_t value);
    RowsBuilder& optional(std::optional<std::int64_t> value);
    RowsBuilder& bytes(std::string_view bytes);
    RowsBuilder& null();
    [[nodiscard]] storage::postgres::Rows take();

private:
    struct Clear {
        void operator()(pg_result* result) const;
    };

    void set(char const* bytes, int size);

    std::unique_ptr<pg_result, Clear> result_;
    int row_ = -1;
    int column_ = 0;
};

}  // namespace gatehouse::simulation
