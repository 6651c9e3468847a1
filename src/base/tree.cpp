// SPDX-License-Identifier: Apache-2.0
#include "base/tree.hpp"

#include "base/json_writer.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace gatehouse::json {

// Reads one value by recursive descent, and stops at the first byte that has no place.
class TreeReader {
public:
    explicit TreeReader(std::string_view text) : text_(text) {}

    Result<Tree> run()
    {
        Tree root;
        if (!is_utf8(text_))
            return fail(ErrorCode::bad_request, "not valid JSON: it is not UTF-8");
        if (value(root, 0)) {
            skip_space();
            if (at_ == text_.size())
                return root;
            refuse("something stands behind the value");
        }
        return fail(ErrorCode::bad_request,
            "not valid JSON at byte " + std::to_string(at_) + ": " + why_);
    }

private:
    bool refuse(char const* why)
    {
        why_ = why;
        return false;
    }

    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    bool take(char wanted)
    {
        skip_space();
        if (peek() != wanted)
            return false;
        at_++;
        return true;
    }

    void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size()); }

    bool value(Tree& into, int depth)
    {
        skip_space();
        switch (peek()) {
        case '{': return object(into.value_.emplace<Tree::Object>(), depth);
        case '[': return array(into.value_.emplace<Tree::Array>(), depth);
        case '"': return text(into.value_.emplace<std::string>());
        case 't': into.value_ = true; return word("true");
        case 'f': into.value_ = false; return word("false");
        case 'n': return word("null");
        default: return number(into.value_.emplace<Tree::Number>().text);
        }
    }

    bool word(std::string_view wanted)
    {
        if (text_.substr(at_, wanted.size()) != wanted)
            return refuse("no value");
        at_ += wanted.size();
        return true;
    }

    bool array(Tree::Array& into, int depth)
    {
        if (depth == Tree::depth_max)
            return refuse("it nests too deep");
        at_++;
        if (take(']'))
            return true;
        do {
            if (!value(into.emplace_back(), depth + 1))
                return false;
        } while (take(','));
        return take(']') || refuse("expected , or ]");
    }

    bool object(Tree::Object& into, int depth)
    {
        if (depth == Tree::depth_max)
            return refuse("it nests too deep");
        at_++;
        if (take('}'))
            return true;
        do {
            auto& member = into.emplace_back();
            skip_space();
            if (peek() != '"')
                return refuse("expected a key");
            if (!text(member.key))
                return false;
            if (!take(':'))
                return refuse("expected :");
            if (!value(member.value, depth + 1))
                return false;
        } while (take(','));
        if (!take('}'))
            return refuse("expected , or }");
        std::ranges::sort(into, {}, &Tree::Member::key);
        if (std::ranges::adjacent_find(into, {}, &Tree::Member::key) != into.end())
            return refuse("a key comes twice in the object that ends here");
        return true;
    }

    bool text(std::string& into)
    {
        at_++;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (static_cast<unsigned char>(text_[at_]) < 0x20)
                return refuse("a control character in a text");
            if (text_[at_] == '\\') {
                if (!escape(into))
                    return false;
                continue;
            }
            auto const from = at_;
            while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\'
                && static_cast<unsigned char>(text_[at_]) >= 0x20)
                at_++;
            into += text_.substr(from, at_ - from);
        }
        if (at_ == text_.size())
            return refuse("a text without an end");
        at_++;
        return true;
    }

    bool escape(std::string& into)
    {
        constexpr std::string_view named = "\"\\/bfnrt";
        constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
        at_++;
        if (peek() != 'u') {
            auto const which = at_ < text_.size() ? named.find(text_[at_]) : named.npos;
            if (which == named.npos)
                return refuse("no such escape");
            into += meant[which];
            at_++;
            return true;
        }
        auto const first = unit();
        if (!first)
            return refuse("expected four hex digits");
        auto code = *first;
        if (code >= 0xd800 && code < 0xe000) {
            bool const is_first = code < 0xdc00 && text_.substr(at_, 2) == "\\u";
            auto const second = is_first ? (at_++, unit()) : std::nullopt;
            if (!second || *second < 0xdc00 || *second >= 0xe000)
                return refuse("half a surrogate pair");
            code = 0x10000 + ((code - 0xd800) << 10) + (*second - 0xdc00);
        }
        append_utf8(into, code);
        return true;
    }

    // Of `u` and four hex digits, the number.
    std::optional<std::uint32_t> unit()
    {
        std::uint32_t unit = 0;
        auto const digits = text_.substr(at_ + 1, 4);
        auto const end = digits.data() + digits.size();
        if (digits.size() < 4 || std::from_chars(digits.data(), end, unit, 16).ptr != end)
            return {};
        at_ += 5;
        return unit;
    }

    static void append_utf8(std::string& into, std::uint32_t code)
    {
        auto const tail = [&](int shift) {
            into += static_cast<char>(0x80 | (code >> shift & 0x3f));
        };
        if (code < 0x80) {
            into += static_cast<char>(code);
        } else if (code < 0x800) {
            into += static_cast<char>(0xc0 | code >> 6);
            tail(0);
        } else if (code < 0x10000) {
            into += static_cast<char>(0xe0 | code >> 12);
            tail(6), tail(0);
        } else {
            into += static_cast<char>(0xf0 | code >> 18);
            tail(12), tail(6), tail(0);
        }
    }

    bool digits()
    {
        auto const from = at_;
        while (peek() >= '0' && peek() <= '9')
            at_++;
        return at_ > from;
    }

    bool number(std::string& into)
    {
        auto const from = at_;
        if (peek() == '-')
            at_++;
        bool const begins_with_zero = peek() == '0';
        auto const first = at_;
        if (!digits())
            return refuse("no value");
        if (begins_with_zero && at_ > first + 1)
            return refuse("a number does not begin with 0");
        bool is_whole = true;
        if (peek() == '.') {
            is_whole = false;
            at_++;
            if (!digits())
                return refuse("expected a digit");
        }
        if (peek() == 'e' || peek() == 'E') {
            is_whole = false;
            at_++;
            if (peek() == '+' || peek() == '-')
                at_++;
            if (!digits())
                return refuse("expected a digit");
        }
        into = text_.substr(from, at_ - from);
        return is_held(into, is_whole) || refuse("a number that 64 bits do not hold");
    }

    template <typename N>
    static bool reads_as(std::string_view text)
    {
        N number{};
        auto const end = text.data() + text.size();
        auto const [at, problem] = std::from_chars(text.data(), end, number);
        return problem == std::errc() && at == end;
    }

    static bool is_held(std::string_view text, bool is_whole)
    {
        if (!is_whole)
            return reads_as<double>(text);
        return reads_as<std::int64_t>(text) || reads_as<std::uint64_t>(text);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    char const* why_ = "";
};

Tree::Tree() = default;
Tree::~Tree() = default;
Tree::Tree(Tree const&) = default;
Tree::Tree(Tree&&) noexcept = default;
Tree& Tree::operator=(Tree const&) = default;
Tree& Tree::operator=(Tree&&) noexcept = default;
// Not by default: clang 16 would define it while it defines it, without end (make fuzz).
bool Tree::operator==(Tree const& other) const { return value_ == other.value_; }

Result<Tree> Tree::parse(std::string_view text) { return TreeReader(text).run(); }

std::optional<bool> Tree::boolean() const
{
    auto const* const truth = std::get_if<bool>(&value_);
    return truth ? std::optional(*truth) : std::nullopt;
}

std::optional<std::int64_t> Tree::integer() const
{
    auto const* const number = std::get_if<Number>(&value_);
    if (!number)
        return {};
    std::int64_t whole = 0;
    auto const end = number->text.data() + number->text.size();
    auto const [at, problem] = std::from_chars(number->text.data(), end, whole);
    return problem == std::errc() && at == end ? std::optional(whole) : std::nullopt;
}

std::optional<std::string_view> Tree::text() const
{
    auto const* const text = std::get_if<std::string>(&value_);
    return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

Tree::Array const& Tree::elements() const
{
    static Array const none;
    auto const* const array = std::get_if<Array>(&value_);
    return array ? *array : none;
}

Tree::Object const& Tree::members() const
{
    static Object const none;
    auto const* const object = std::get_if<Object>(&value_);
    return object ? *object : none;
}

Tree const* Tree::find(std::string_view key) const
{
    auto const& all = members();
    auto const found = std::ranges::lower_bound(all, key, std::less<>(), &Member::key);
    return found != all.end() && found->key == key ? &found->value : nullptr;
}

void Tree::append_to(std::string& out) const
{
    switch (kind()) {
    case Kind::null: out += "null"; return;
    case Kind::boolean: out += std::get<bool>(value_) ? "true" : "false"; return;
    case Kind::number: out += std::get<Number>(value_).text; return;
    case Kind::text: return append_quoted(out, std::get<std::string>(value_));
    case Kind::array: {
        char before = '[';
        for (auto const& element : elements()) {
            out += std::exchange(before, ',');
            element.append_to(out);
        }
        out += before == '[' ? "[]" : "]";
        return;
    }
    case Kind::object: {
        char before = '{';
        for (auto const& member : members()) {
            out += std::exchange(before, ',');
            append_quoted(out, member.key);
            out += ':';
            member.value.append_to(out);
        }
        out += before == '{' ? "{}" : "}";
        return;
    }
    }
}

std::string Tree::canonical() const
{
    std::string text;
    append_to(text);
    return text;
}

void Tree::merge(Tree patch)
{
    auto* const members = std::get_if<Object>(&patch.value_);
    if (!members) {
        *this = std::move(patch);
        return;
    }
    if (kind() != Kind::object)
        value_.emplace<Object>();
    merge_members(std::move(*members));
}

// Both are in order: one walk along them, however many come and go.
void Tree::merge_members(Object&& patch)
{
    auto& mine = std::get<Object>(value_);
    Object merged;
    merged.reserve(mine.size() + patch.size());
    auto at = mine.begin();
    for (auto& [key, value] : patch) {
        for (; at != mine.end() && at->key < key; ++at)
            merged.push_back(std::move(*at));
        bool const is_known = at != mine.end() && at->key == key;
        if (value.kind() != Kind::null) {
            auto& member = is_known ? merged.emplace_back(std::move(*at))
                                    : merged.emplace_back(std::move(key), Tree());
            member.value.merge(std::move(value));
        }
        if (is_known)
            ++at;
    }
    std::move(at, mine.end(), std::back_inserter(merged));
    mine = std::move(merged);
}

std::optional<Tree> Tree::patch(Tree const& from, Tree const& to)
{
    if (from.kind() != Kind::object || to.kind() != Kind::object)
        return from == to ? std::nullopt : std::optional(to);
    Object changes;
    auto const& before = from.members();
    auto at = before.begin();
    auto const drop_below = [&](std::string const* key) {
        for (; at != before.end() && (!key || at->key < *key); ++at)
            changes.push_back({at->key, {}});
    };
    for (auto const& member : to.members()) {
        drop_below(&member.key);
        if (at == before.end() || at->key != member.key)
            changes.push_back(member);
        else if (auto change = patch((at++)->value, member.value))
            changes.push_back({member.key, std::move(*change)});
    }
    drop_below(nullptr);
    if (changes.empty())
        return {};
    Tree patch;
    patch.value_ = std::move(changes);
    return patch;
}

bool Tree::has_null_member() const
{
    return std::ranges::any_of(elements(), &Tree::has_null_member)
        || std::ranges::any_of(members(), [](Member const& member) {
               return member.value.kind() == Kind::null || member.value.has_null_member();
           });
}

}  // namespace gatehouse::json
