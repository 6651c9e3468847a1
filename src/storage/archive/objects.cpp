// SPDX-License-Identifier: Apache-2.0
#include "storage/archive/objects.hpp"

namespace gatehouse::storage::archive {

namespace {

constexpr std::size_t part_size_max = 200; // File systems allow 255, of which we add a few.

bool is_part(std::string_view part)
{
    return !part.empty() && part.size() <= part_size_max && part.front() != '.'
        && part.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_.=+@")
        == part.npos;
}

} // namespace

Result<void> check_name(std::string_view name)
{
    bool is_good = name.size() <= object_name_max;
    for (auto rest = name; is_good; rest.remove_prefix(rest.find('/') + 1)) {
        is_good = is_part(rest.substr(0, rest.find('/')));
        if (!rest.contains('/'))
            break;
    }
    if (is_good)
        return {};
    return fail(ErrorCode::bad_request, "The archive cannot have an object of this name.",
        "the name is \"" + std::string(name.substr(0, object_name_max)) + "\"");
}

} // namespace gatehouse::storage::archive
