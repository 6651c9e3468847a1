// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.hpp"

#include <cstdint>
#include <simdjson.h>

namespace gatehouse {
namespace {

// The size in bytes of the well-formed sequence at `at`, 0 where there is none (RFC 3629 §4).
std::size_t sequence_at(std::string_view bytes, std::size_t at)
{
    for (std::size_t size = 1; size <= 4 && at + size <= bytes.size(); size++)
        if (simdjson::validate_utf8(bytes.data() + at, size))
            return size;
    return 0;
}

}  // namespace

bool is_utf8(std::string_view bytes)
{
    return simdjson::validate_utf8(bytes.data(), bytes.size());
}

std::string replace_broken_utf8(std::string_view bytes)
{
    std::string whole;
    for (std::size_t i = 0; i < bytes.size();) {
        auto const size = sequence_at(bytes, i);
        if (size == 0)
            whole += "\xef\xbf\xbd";
        else
            whole.append(bytes, i, size);
        i += size == 0 ? 1 : size;
    }
    return whole;
}

}  // namespace gatehouse
