// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"

#include <string_view>
#include <utility>

namespace gatehouse::schema {

// "a string": for messages. JSON's own words.
[[nodiscard]] constexpr std::string_view name_of(json::Kind kind)
{
    switch (kind) {
    case json::Kind::null: return "null";
    case json::Kind::boolean: return "a boolean";
    case json::Kind::number: return "a number";
    case json::Kind::text: return "a string";
    case json::Kind::array: return "an array";
    case json::Kind::object: return "an object";
    }
    std::unreachable();
}

} // namespace gatehouse::schema
