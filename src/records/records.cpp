// SPDX-License-Identifier: Apache-2.0
#include "records/records.hpp"

namespace gatehouse::records {

Result<void> check_key(std::string_view key)
{
    if (key.empty() || key.size() > key_bytes_max)
        return fail(ErrorCode::bad_request, "the key of a record has 1 to 256 bytes");
    return {};
}

Result<void> check_value(std::string_view value)
{
    if (value.size() > value_bytes_max)
        return fail(ErrorCode::bad_request, "a record has 64 KiB at most");
    return {};
}

Result<void> check_list(std::size_t max)
{
    if (max == 0 || max > list_max)
        return fail(ErrorCode::bad_request, "a list has 1 to 1,000 records");
    return {};
}

} // namespace gatehouse::records
