// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

namespace gatehouse::schema {
class Api;
class Schema;
} // namespace gatehouse::schema

namespace gatehouse::gateway {

// What requests of a route have to look like: their bodies, or all that an OpenAPI document says of
// them. One of both, or neither.
struct ValidationOptions {
    std::shared_ptr<schema::Schema const> body{};
    std::shared_ptr<schema::Api const> api{};
    std::string base{}; // What stands before the paths of the API: "/api/v1".

    [[nodiscard]] bool is_empty() const { return !body && !api; }
};

} // namespace gatehouse::gateway
