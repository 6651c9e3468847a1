// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "identity/roles.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::identity {

// What a route demands of whoever comes, written down:
//
//     role in (designer, admin) or permission designs.write and not role in (banned)
//
//     expression  = all-of *( "or" all-of )
//     all-of      = term *( "and" term )
//     term        = "not" term | "(" expression ")"
//                 | "role" "in" "(" name *( "," name ) ")" | "role" name | "permission" name
//     name        = 1*( letter | digit | "_" | "-" | "." | ":" | "/" | "*" | "@" ) | quoted
//     quoted      = "'" *( any but "'" ) "'" | DQUOTE *( any but DQUOTE ) DQUOTE
//
// The words of the language are names only in quotes. Immutable; asked without an allocation.
class Require {
public:
    static constexpr std::size_t text_bytes_max = 1024;
    static constexpr int depth_max = 32; // Of parentheses and "not" inside each other.

    struct Fault {
        std::size_t column; // From 1, in bytes.
        std::string message;
    };
    [[nodiscard]] static std::expected<Require, Fault> parse(std::string_view text);

    [[nodiscard]] bool allows(std::span<std::string const> roles, RoleTable const& table) const;

    // The same in one spelling; parse() reads it as the same.
    [[nodiscard]] std::string show() const;

    // The first role or permission that the table does not know, as a Fault with the nearest that
    // it does. A role that only tokens name must stand in it as well, without permissions; where
    // the table is empty, any may be named.
    [[nodiscard]] std::expected<void, Fault> check(RoleTable const& table) const;

private:
    friend class RequireParser;
    struct Name {
        std::string text{};
        std::size_t column = 0;
    };
    struct Term {
        enum class Kind : std::uint8_t { any_of, all_of, none_of, role, permission };
        Kind kind;
        std::vector<Term> below{}; // One of none_of.
        std::vector<Name> names{}; // One of permission.
    };

    static bool holds(Term const& term, std::span<std::string const> roles, RoleTable const& table);
    static void show(Term const& term, std::string& out);
    static std::expected<void, Fault> check(Term const& term, RoleTable const& table);

    explicit Require(Term root)
        : root_(std::move(root))
    { }

    Term root_;
};

} // namespace gatehouse::identity
