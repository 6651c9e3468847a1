// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"

#include <map>
#include <string>
#include <string_view>

// AWS Signature Version 4 as S3 and those like it demand it: in the Authorization header, over the
// whole body. libcurl 7.88 can sign too, but leaves a query as it was written.
namespace gatehouse::storage::archive {

struct S3Keys {
    std::string id;
    std::string secret;
};

struct S3Request {
    std::string method;
    std::string path;                           // As it is, not encoded: "/bucket/name".
    std::map<std::string, std::string> query{}; // The same.
    std::map<std::string, std::string> headers; // Lower-case names; "host" among them.
    std::string_view body{};
};

// Adds x-amz-date, x-amz-content-sha256 and authorization to the headers.
void sign(S3Request& request, S3Keys const& keys, std::string_view region, WallTime at);

// All but letters, digits and "-._~" as %XX; of a path, the slashes stay.
[[nodiscard]] std::string uri_encoded(std::string_view text, bool is_path = false);
// "a=1&b=%2F"
[[nodiscard]] std::string uri_encoded(std::map<std::string, std::string> const& query);

} // namespace gatehouse::storage::archive
