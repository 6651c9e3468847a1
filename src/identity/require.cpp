// SPDX-License-Identifier: Apache-2.0
#include "identity/require.hpp"

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "identity/claims.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace gatehouse::identity {

using Fault = Require::Fault;

namespace {

constexpr std::array<std::string_view, 6> words{"role", "in", "permission", "and", "or", "not"};

bool is_word(std::string_view text)
{
    return std::ranges::find(words, text) != words.end();
}

bool is_name_byte(char c)
{
    bool const is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter || (c >= '0' && c <= '9') || std::string_view("_-.:/*@").contains(c);
}

bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string lower(std::string_view text)
{
    std::string out(text);
    for (auto& c : out)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

std::string did_you_mean(std::string_view word, std::span<std::string_view const> known)
{
    auto const found = nearest(lower(word), known);
    return found ? "; did you mean \"" + std::string(*found) + "\"?" : "";
}

struct Token {
    enum class Kind : std::uint8_t { word, quoted, symbol, end };
    Kind kind = Kind::end;
    std::string_view text{};
    std::size_t column = 0;

    [[nodiscard]] bool is_symbol(char c) const { return kind == Kind::symbol && text[0] == c; }
    [[nodiscard]] bool is_the_word(std::string_view word) const
    {
        return kind == Kind::word && text == word;
    }
};

std::string found_instead(Token const& token)
{
    if (token.kind == Token::Kind::end)
        return "the end";
    return "\"" + printable(token.text) + "\"";
}

} // namespace

// Recursive descent with one token of sight.
class RequireParser {
public:
    explicit RequireParser(std::string_view text)
        : text_(text)
    { }

    std::expected<Require, Fault> parse()
    {
        next();
        auto root = any_of();
        if (root && token_.kind != Token::Kind::end)
            expected_was(R"("and", "or" or the end)", std::array<std::string_view, 2>{"and", "or"});
        if (fault_)
            return std::unexpected(*fault_);
        return Require(*std::move(root));
    }

private:
    using Term = Require::Term;
    using Kind = Term::Kind;
    using Parsed = std::optional<Term>; // Empty: there is a fault.

    void next()
    {
        while (at_ < text_.size() && is_space(text_[at_]))
            at_++;
        auto const begin = at_;
        token_ = {.column = begin + 1};
        if (at_ == text_.size())
            return;
        if (char const quote = text_[begin]; quote == '\'' || quote == '"')
            return next_quoted(quote);
        while (at_ < text_.size() && is_name_byte(text_[at_]))
            at_++;
        token_.kind = at_ == begin ? Token::Kind::symbol : Token::Kind::word;
        at_ = std::max(at_, begin + 1);
        token_.text = text_.substr(begin, at_ - begin);
    }
    void next_quoted(char quote)
    {
        auto const end = text_.find(quote, at_ + 1);
        if (end == text_.npos) {
            say(token_.column, "this quote has no end");
            at_ = text_.size();
            return;
        }
        token_.kind = Token::Kind::quoted;
        token_.text = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
    }

    // The first fault is the one that counts.
    std::nullopt_t say(std::size_t column, std::string message)
    {
        if (!fault_)
            fault_ = Fault{column, std::move(message)};
        return std::nullopt;
    }
    std::nullopt_t expected_was(
        std::string_view wanted, std::span<std::string_view const> known = words)
    {
        auto const hint
            = token_.kind == Token::Kind::word ? did_you_mean(token_.text, known) : std::string();
        return say(token_.column,
            "expected " + std::string(wanted) + ", found " + found_instead(token_) + hint);
    }

    Parsed any_of() { return chain(Kind::any_of, "or", &RequireParser::all_of); }
    Parsed all_of() { return chain(Kind::all_of, "and", &RequireParser::term); }

    Parsed chain(Kind kind, std::string_view word, Parsed (RequireParser::*part)())
    {
        auto first = (this->*part)();
        if (!first || !token_.is_the_word(word))
            return first;
        Term chain{.kind = kind};
        chain.below.push_back(*std::move(first));
        while (token_.is_the_word(word)) {
            next();
            auto more = (this->*part)();
            if (!more)
                return std::nullopt;
            chain.below.push_back(*std::move(more));
        }
        return chain;
    }

    Parsed term()
    {
        if (token_.is_the_word("not"))
            return deeper(&RequireParser::negation);
        if (token_.is_symbol('('))
            return deeper(&RequireParser::group);
        if (token_.is_the_word("role"))
            return role();
        if (token_.is_the_word("permission"))
            return permission();
        static constexpr std::array<std::string_view, 3> known{"role", "permission", "not"};
        return expected_was(R"("role", "permission", "not" or "(")", known);
    }
    Parsed deeper(Parsed (RequireParser::*part)())
    {
        if (depth_ == Require::depth_max)
            return say(token_.column, "nested deeper than 32");
        depth_++;
        next();
        auto inner = (this->*part)();
        depth_--;
        return inner;
    }
    Parsed negation()
    {
        auto inner = term();
        if (!inner)
            return std::nullopt;
        Term none{.kind = Kind::none_of};
        none.below.push_back(*std::move(inner));
        return none;
    }
    Parsed group()
    {
        auto inner = any_of();
        if (inner && !close())
            return std::nullopt;
        return inner;
    }
    bool close()
    {
        if (!token_.is_symbol(')')) {
            expected_was(R"x(")")x");
            return false;
        }
        next();
        return true;
    }

    Parsed role()
    {
        next();
        Term role{.kind = Kind::role};
        if (!token_.is_the_word("in"))
            return add_name(role, R"("in" or a role)") ? Parsed(std::move(role)) : std::nullopt;
        next();
        if (!token_.is_symbol('('))
            return expected_was(R"x("(" and roles)x");
        do {
            next(); // What opens the list, or parts it.
            if (!add_name(role, "a role"))
                return std::nullopt;
        } while (token_.is_symbol(','));
        if (!token_.is_symbol(')'))
            return expected_was(R"x("," or ")")x");
        next();
        return role;
    }
    Parsed permission()
    {
        next();
        Term permission{.kind = Kind::permission};
        return add_name(permission, "a permission") ? Parsed(std::move(permission)) : std::nullopt;
    }
    bool add_name(Term& term, std::string_view wanted)
    {
        bool const is_name = token_.kind == Token::Kind::quoted
            || (token_.kind == Token::Kind::word && !is_word(token_.text));
        if (!is_name) {
            auto const is_reserved = token_.kind == Token::Kind::word;
            say(token_.column,
                "expected " + std::string(wanted) + ", found " + found_instead(token_)
                    + (is_reserved ? ", a word of this language: put a name like it in quotes"
                                   : ""));
            return false;
        }
        if (!is_principal_id(token_.text) || token_.text.size() > role_bytes_max) {
            say(token_.column, "a name has 1 to 128 bytes of UTF-8 without control characters");
            return false;
        }
        if (term.kind == Kind::permission && token_.text.contains('*')) {
            say(token_.column, "a route asks for one permission; \"*\" is for what roles have");
            return false;
        }
        term.names.push_back({std::string(token_.text), token_.column});
        next();
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Token token_{};
    int depth_ = 0;
    std::optional<Fault> fault_{};
};

std::expected<Require, Fault> Require::parse(std::string_view text)
{
    if (text.size() > text_bytes_max)
        return std::unexpected(Fault{text_bytes_max + 1, "longer than 1024 bytes"});
    return RequireParser(text).parse();
}

bool Require::holds(Term const& term, std::span<std::string const> roles, RoleTable const& table)
{
    auto const below = [&](Term const& each) { return holds(each, roles, table); };
    auto const is_had
        = [&](Name const& name) { return std::ranges::find(roles, name.text) != roles.end(); };
    switch (term.kind) {
        using enum Term::Kind;
    case any_of: return std::ranges::any_of(term.below, below);
    case all_of: return std::ranges::all_of(term.below, below);
    case none_of: return !below(term.below.front());
    case role: return std::ranges::any_of(term.names, is_had);
    case permission: return table.grants(roles, term.names.front().text);
    }
    std::unreachable();
}

bool Require::allows(std::span<std::string const> roles, RoleTable const& table) const
{
    return holds(root_, roles, table);
}

namespace {

void show_name(std::string_view name, std::string& out)
{
    if (std::ranges::all_of(name, is_name_byte) && !is_word(name)) {
        out += name;
        return;
    }
    char const quote = name.contains('"') ? '\'' : '"';
    out += quote;
    out += name;
    out += quote;
}

} // namespace

void Require::show(Term const& term, std::string& out)
{
    using enum Term::Kind;
    switch (term.kind) {
    case any_of:
    case all_of:
        for (auto const& each : term.below) {
            if (&each != &term.below.front())
                out += term.kind == any_of ? " or " : " and ";
            bool const needs = each.kind == any_of || (each.kind == all_of && term.kind == all_of);
            out += needs ? "(" : "";
            show(each, out);
            out += needs ? ")" : "";
        }
        return;
    case none_of: {
        auto const& inner = term.below.front();
        bool const is_chain = inner.kind == any_of || inner.kind == all_of;
        out += is_chain ? "not (" : "not ";
        show(inner, out);
        out += is_chain ? ")" : "";
        return;
    }
    case role:
        out += "role in (";
        for (auto const& each : term.names) {
            out += &each == &term.names.front() ? "" : ", ";
            show_name(each.text, out);
        }
        out += ')';
        return;
    case permission: out += "permission "; show_name(term.names.front().text, out);
    }
}

std::string Require::show() const
{
    std::string out;
    show(root_, out);
    return out;
}

std::expected<void, Fault> Require::check(Term const& term, RoleTable const& table)
{
    for (auto const& name : term.names) {
        bool const is_role = term.kind == Term::Kind::role;
        if (is_role ? table.is_empty() || table.has(name.text) : table.has_permission(name.text))
            continue;
        if (!is_role)
            return std::unexpected(
                Fault{name.column, "no role has the permission \"" + name.text + "\""});
        auto const known = table.names();
        return std::unexpected(Fault{name.column,
            "no role \"" + name.text + "\" under `roles`" + did_you_mean(name.text, known)});
    }
    for (auto const& each : term.below)
        if (auto good = check(each, table); !good)
            return good;
    return {};
}

std::expected<void, Fault> Require::check(RoleTable const& table) const
{
    return check(root_, table);
}

} // namespace gatehouse::identity
