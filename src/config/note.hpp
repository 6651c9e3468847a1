// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <string_view>

namespace gatehouse::config {

// What is told of a key.
struct Note {
    std::string_view help;
    std::string_view example = {};
    bool is_required = false;
    int min = 1; // Of a number.
    int max = std::numeric_limits<int>::max();
};

// The rows of a section: see config/keys.hpp.
template <typename T>
struct Keys;

} // namespace gatehouse::config
