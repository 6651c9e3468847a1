// SPDX-License-Identifier: Apache-2.0
#include "gateway/identifiers.hpp"

#include <algorithm>

namespace gatehouse::gateway {
namespace {

constexpr std::size_t drawn_at_once = 4096;
constexpr std::string_view digits = "0123456789abcdef";

bool is_hex(std::string_view text)
{
    return text.find_first_not_of(digits) == text.npos;
}

bool is_id(std::string_view text)
{
    return is_hex(text) && text.find_first_not_of('0') != text.npos;
}

}  // namespace

void Identifiers::append(std::string& out, std::size_t bytes)
{
    if (chance_.size() - used_ < bytes) {
        chance_ = dice_.bytes(std::max(drawn_at_once, bytes));
        used_ = 0;
    }
    auto const size = out.size();
    auto const grown = size + 2 * bytes;
    out.resize_and_overwrite(grown, [&](char* text, std::size_t) { // libstdc++ 12: not `grown`.
        auto* at = text + size;
        for (char const c : std::string_view(chance_).substr(used_, bytes)) {
            auto const byte = static_cast<unsigned char>(c);
            *at++ = digits[byte >> 4];
            *at++ = digits[byte & 15];
        }
        return grown;
    });
    used_ += bytes;
}

std::optional<TraceParent> parse_traceparent(std::string_view text)
{
    // version "-" trace-id "-" parent-id "-" flags; later versions may append more after a dash.
    constexpr std::size_t size = 2 + 1 + 32 + 1 + 16 + 1 + 2;
    if (text.size() < size || text[2] != '-' || text[35] != '-' || text[52] != '-')
        return std::nullopt;
    auto const version = text.substr(0, 2);
    bool const fits = version == "00" ? text.size() == size
                                      : text.size() == size || text[size] == '-';
    TraceParent const parent{.trace_id = text.substr(3, 32), .flags = text.substr(53, 2)};
    if (!fits || version == "ff" || !is_hex(version) || !is_id(parent.trace_id)
        || !is_id(text.substr(36, 16)) || !is_hex(parent.flags))
        return std::nullopt;
    return parent;
}

}  // namespace gatehouse::gateway
