// SPDX-License-Identifier: Apache-2.0
#include "gateway/header_edits.hpp"

namespace gatehouse::gateway {

void apply(HeaderEdits const& edits, http::Headers& fields)
{
    for (auto const& name : edits.remove)
        fields.remove(name);
    for (auto const& [name, value] : edits.set) {
        fields.remove(name);
        fields.add(name, value);
    }
    for (auto const& [name, value] : edits.add)
        fields.add(name, value);
}

} // namespace gatehouse::gateway
