// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::json {

// A JSON value that is owned, changed and compared: what no C++ struct describes. Members stand in
// the order of their keys' bytes, each key once; a number is kept as it was written and never
// computed with. So equal trees have one text, and the text of a tree reads as the same tree.
// Nests as deep as depth_max, and holds no number that others who read JSON might stumble over.
class Tree {
public:
    struct Member;
    using Array = std::vector<Tree>;
    using Object = std::vector<Member>;
    static constexpr int depth_max = 48; // Below the 64 of Parser: a message may stand around it.

    Tree(); // Null.
    ~Tree();
    Tree(Tree const&);
    Tree(Tree&&) noexcept;
    Tree& operator=(Tree const&);
    Tree& operator=(Tree&&) noexcept;

    // RFC 8259. Fails with bad_request, and at which byte, for a key that comes twice, an integer
    // beyond 64 bits, a number beyond a double's range and half a surrogate pair too.
    [[nodiscard]] static Result<Tree> parse(std::string_view text);

    [[nodiscard]] Kind kind() const { return static_cast<Kind>(value_.index()); }
    // Empty, or null, where the value is of another kind or out of range.
    [[nodiscard]] std::optional<bool> boolean() const;
    [[nodiscard]] std::optional<std::int64_t> integer() const;
    [[nodiscard]] std::optional<std::string_view> text() const;
    [[nodiscard]] Array const& elements() const;
    [[nodiscard]] Object const& members() const;
    [[nodiscard]] Tree const* find(std::string_view key) const;

    // The one text of this value: compact, members in order.
    void append_to(std::string& out) const;
    [[nodiscard]] std::string canonical() const;

    bool operator==(Tree const&) const;

    // RFC 7396: members that the patch names are replaced, those that it gives null are gone.
    void merge(Tree patch);
    // What makes `to` of `from` by merge(). Empty where they are equal. `to` has no null member.
    [[nodiscard]] static std::optional<Tree> patch(Tree const& from, Tree const& to);
    // Somewhere in it an object gives null to a key: no patch could tell of it.
    [[nodiscard]] bool has_null_member() const;

private:
    friend class TreeReader;
    struct Number {
        std::string text;
        bool operator==(Number const&) const = default;
    };
    void merge_members(Object&& patch);

    // In the order of Kind.
    std::variant<std::monostate, bool, Number, std::string, Array, Object> value_;
};

struct Tree::Member {
    std::string key;
    Tree value;
    bool operator==(Member const&) const = default;
};

}  // namespace gatehouse::json
