// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace gatehouse {

// Bytes are std::string where owned and std::string_view where lent: what they mean is in the name
// of the variable, and both worlds (text protocols, binary ones) share one set of tools.

// Encoded once, sent to many: an immutable piece of output that several connections may hold.
using Frame = std::shared_ptr<std::string const>;

[[nodiscard]] inline Frame make_frame(std::string bytes)
{
    return std::make_shared<std::string const>(std::move(bytes));
}

// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(std::string_view bytes);
// Empty where `hex` has an odd length or a character that is no hex digit.
[[nodiscard]] std::string from_hex(std::string_view hex);

}  // namespace gatehouse
