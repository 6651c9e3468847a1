// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/settings_store.hpp"
#include "config/value.hpp"

#include <string>
#include <string_view>

namespace gatehouse::config {

[[nodiscard]] Wrong read_value(std::string_view text, Store& value);
[[nodiscard]] Wrong read_value(std::string_view text, ObjectStore& value);
[[nodiscard]] Wrong read_value(std::string_view text, Redis& value);
[[nodiscard]] std::string write_value(Store const& value);
[[nodiscard]] std::string write_value(ObjectStore const& value);
[[nodiscard]] std::string write_value(Redis const& value);
[[nodiscard]] Wrong settle(Store& value, Surroundings const& around);
[[nodiscard]] Wrong settle(ObjectStore& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Redis& value, Surroundings const& around);
[[nodiscard]] Wrong settle(Archive& value, Surroundings const& around);

constexpr ValueType type_of(Store const&)
{
    return {"store", "^(memory$|sqlite:.|postgres(ql)?://.)"};
}
constexpr ValueType type_of(ObjectStore const&)
{
    return {"object store", "^(none$|file:.|s3://.)"};
}
constexpr ValueType type_of(Redis const&)
{
    return {"redis", "^(none$|redis://.|unix:.)"};
}

} // namespace gatehouse::config
