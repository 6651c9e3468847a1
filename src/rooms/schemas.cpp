// SPDX-License-Identifier: Apache-2.0
#include "rooms/schemas.hpp"

#include <algorithm>
#include <string>

namespace gatehouse::rooms::schemas_detail {

Error unknown(std::string_view type, std::uint16_t schema, std::span<Layout const> known)
{
    auto detail = "unknown type \"" + std::string(type) + "\"";
    int newest = 0;
    for (auto const& layout : known)
        if (layout.type == type)
            newest = std::max(newest, layout.schema);
    if (newest > 0) {
        detail = "unknown schema " + std::to_string(schema) + " of type \"" + std::string(type)
            + "\": this server knows " + (newest > 1 ? "1 to " : "") + std::to_string(newest);
    } else {
        detail += " (schema " + std::to_string(schema) + "): this server knows";
        for (auto const& layout : known)
            if (layout.schema == 1)
                detail.append(" ").append(layout.type);
    }
    return {ErrorCode::unavailable,
        "a newer server wrote to this room; this one leaves it as it is", std::move(detail)};
}

Error broken(std::string_view type)
{
    return {ErrorCode::internal, "this room's history cannot be read",
        "broken data of type " + std::string(type)};
}

}  // namespace gatehouse::rooms::schemas_detail
