// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "storage/archive/objects.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The little XML that S3 answers with. Untrusted bytes.
namespace gatehouse::storage::archive {

// The text of the first element of that name, its entities replaced. Elements that have others
// inside are given as they stand.
[[nodiscard]] std::optional<std::string> element(std::string_view xml, std::string_view name);

struct S3Page {
    std::vector<ObjectInfo> objects; // By their whole keys.
    bool is_last = true;
};

// Of ListObjectsV2. `internal` where it is no such answer.
[[nodiscard]] Result<S3Page> read_page(std::string_view xml);

// What an error answer means, in words for an operator. `unavailable` is worth another try.
[[nodiscard]] Error error_of(long status, std::string_view xml, std::string_view about);

} // namespace gatehouse::storage::archive
