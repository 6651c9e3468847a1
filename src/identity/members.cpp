// SPDX-License-Identifier: Apache-2.0
#include "identity/members.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace gatehouse::identity {

bool has_unique_members(json::Node node)
{
    bool is_good = true; // The parser bounds the depth.
    node.each_element([&is_good](json::Node each) { return is_good = has_unique_members(each); });
    std::vector<std::string_view> names;
    node.each_member([&](std::string_view name, json::Node value) {
        names.push_back(name);
        return is_good = has_unique_members(value);
    });
    std::ranges::sort(names);
    return is_good && std::ranges::adjacent_find(names) == names.end();
}

} // namespace gatehouse::identity
