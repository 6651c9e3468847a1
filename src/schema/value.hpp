// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::schema {

// What is judged: a node, or the name of a member, which is a string without a node.
struct Value {
    json::Kind kind = json::Kind::null;
    std::string_view text; // Of strings.
    json::Node node;       // Of all but names.

    [[nodiscard]] static Value of(json::Node node)
    {
        auto const kind = node.kind();
        return {kind, kind == json::Kind::text ? *node.text() : std::string_view(), node};
    }
    [[nodiscard]] static Value of_name(std::string_view name)
    {
        return {json::Kind::text, name, {}};
    }
};

// How much more may be done for one validation. Everything that loops asks here.
class Steps {
public:
    explicit Steps(std::size_t steps)
        : left_(steps)
    { }

    // False where that much is not left; then nothing is.
    bool take(std::size_t steps = 1)
    {
        if (steps > left_) {
            left_ = 0;
            is_spent_ = true;
        } else {
            left_ -= steps;
        }
        return !is_spent_;
    }
    [[nodiscard]] bool is_spent() const { return is_spent_; }

private:
    std::size_t left_;
    bool is_spent_ = false;
};

// As JSON Schema compares (2020-12 core §4.2.2): 1.0 is 1, the order of members means nothing.
// False where the steps are spent.
[[nodiscard]] bool is_equal(Value const& a, Value const& b, Steps& steps);
[[nodiscard]] bool is_equal(json::Node a, json::Node b, Steps& steps);
// The same for equal values.
[[nodiscard]] std::uint64_t hash_of(json::Node node, Steps& steps);
// Code points: what minLength and maxLength count.
[[nodiscard]] std::size_t length_of(std::string_view text);

} // namespace gatehouse::schema
