// SPDX-License-Identifier: Apache-2.0
#include "base/fields.hpp"

#include "base/text.hpp"

namespace gatehouse {

std::string JsonPath::text() const
{
    if (!parent)
        return {};
    return parent->text() + "/" + (name.empty() ? std::to_string(index) : std::string(name));
}

std::unexpected<Error> bad_value(JsonPath const& at, std::string_view expected)
{
    auto const pointer = at.text();
    return fail(ErrorCode::bad_request,
        (pointer.empty() ? "the value" : pointer) + ": expected " + std::string(expected));
}

std::unexpected<Error> unknown_member(
    JsonPath const& at, std::string_view name, std::span<std::string_view const> known)
{
    std::string message = at.text() + "/" + std::string(name.substr(0, 64)) + ": no such field";
    if (auto const meant = nearest(name, known))
        message.append("; did you mean ").append(*meant).append("?");
    return fail(ErrorCode::bad_request, std::move(message));
}

}  // namespace gatehouse
