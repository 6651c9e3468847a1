// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/utf8.hpp"
#include "events/keys.hpp"

#include <string_view>

namespace gatehouse::events {

// May somebody have this id? 1 to `subject_size_max` bytes of UTF-8, without the character 0, which
// no database takes.
[[nodiscard]] inline bool is_subject(std::string_view id)
{
    return !id.empty() && id.size() <= subject_size_max && is_utf8(id) && !id.contains('\0');
}

} // namespace gatehouse::events
