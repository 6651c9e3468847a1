// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::load {

// What a client has been shown, kept up to date by merge patches (RFC 7396). Only objects are taken
// apart, for only they can be patched; all else is kept as its text. Its digest does not hang on
// the order of members, and is kept along the paths that a patch touches, so two views are compared
// by eight bytes.
class View {
public:
    void replace(json::Node whole);
    void patch(json::Node change);
    void clear() { root_ = {}; }

    // The text of what stands there, such as `"turn"` or `[1,2]`; empty where nothing or an object
    // is.
    [[nodiscard]] std::string_view find(std::string_view outer, std::string_view inner) const;
    [[nodiscard]] std::uint64_t digest() const { return root_.digest; }
    [[nodiscard]] std::string to_json() const;
    // Where the two are not the same, in words: "game.ready is [0] and [1]". Empty: nowhere.
    [[nodiscard]] std::string difference(View const& other) const;

private:
    struct Member;
    struct Tree {
        bool is_object = false;
        std::string text{};            // Where it is no object.
        std::vector<Member> members{}; // In the order of their coming.
        std::uint64_t digest = 0;
    };
    struct Member {
        std::string key;
        Tree value;
    };

    static void merge(Tree& tree, json::Node change);
    [[nodiscard]] static Tree& member_of(Tree& tree, std::string_view key);
    [[nodiscard]] static Tree const* find_in(Tree const& tree, std::string_view key);
    static void append(std::string& out, Tree const& tree);
    static void compare(std::string& out, std::string const& path, Tree const& a, Tree const& b);

    Tree root_;
};

// Of a view's texts.
[[nodiscard]] std::optional<int> integer_in(std::string_view text);
[[nodiscard]] std::vector<int> integers_in(std::string_view text);

}  // namespace gatehouse::load
